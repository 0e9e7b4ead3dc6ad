"""Ports of this machine that are free, and stay so."""

import socket
import sys
from collections import deque
from contextlib import ExitStack

_HOLDS_PORTS = sys.platform == "linux"
_MAX_HELD = 100
# The sockets of the ports that were assigned last. They are this process's as the ports are: one
# that nobody holds is soon another program's.
_held: deque[socket.socket] = deque()


def free_ports(count: int, address: str = "127.0.0.1") -> list[int]:
    """Return ports on which nothing listens, as the operating system assigns them.

    On Linux it assigns them to nobody else while this process holds them; a server may listen on
    one, as it sets SO_REUSEADDR. Elsewhere that does not suffice, so there they are not held.
    """
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            if _HOLDS_PORTS:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((address, 0))
        if _HOLDS_PORTS:
            open_sockets.pop_all()
            _held.extend(sockets)
            while len(_held) > _MAX_HELD:
                _held.popleft().close()
        return [int(one.getsockname()[1]) for one in sockets]


def is_taken(port: int, address: str = "127.0.0.1") -> bool:
    """Return whether something already listens on this port."""
    with socket.socket() as probe:
        # as servers do: a port whose last connections are in TIME_WAIT is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False
