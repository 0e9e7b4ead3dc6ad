"""Alerts come in from the devices, losses above all, and are listed for people."""
