"""What devices report of themselves, what people ask of them, and when they are silent."""
