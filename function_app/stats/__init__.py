"""Counts of photos, bytes and losses, and the status."""
