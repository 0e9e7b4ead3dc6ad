"""A machine with a real systemd, without a machine: see machine.py."""
