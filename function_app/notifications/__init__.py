"""The routes of notifications: channels, their rules, tests, snooze, and messages."""
