"""The Pi's services: as files, and as they run under a real systemd."""
