"""Which cameras there are: how many new ones may come, and how one is removed."""
