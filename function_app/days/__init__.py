"""What each camera did in each minute, and how many photos it took in each quarter hour."""
