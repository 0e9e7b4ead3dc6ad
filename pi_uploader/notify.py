"""What systemd is told: ready, alive, stopping (sd_notify(3), without its library)."""

import os
import socket


def notify(state: str) -> None:
    """Send a state such as READY=1 to the service manager; nothing happens where there is none."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
            manager.connect("\0" + address[1:] if address.startswith("@") else address)
            manager.send(state.encode())
