"""Alerts: devices report them, losses above all, and people read them."""
