"""Ports of this machine that are free, and stay so."""

import fcntl
import os
import socket
import sys
import tempfile
from collections import deque
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

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


class PortLock:
    """A lock of ports among the runs of one user, until the end of the block: from the moment at
    which one finds that they are free to the moment at which its servers listen on them."""

    def __init__(self, ports: Iterable[int]) -> None:
        self._ports = sorted(set(ports))
        self._locks = ExitStack()

    def try_take(self) -> bool:
        """Take the lock, and return whether no other run has that of one of these ports."""
        folder = Path(tempfile.gettempdir()) / f"nightjar-ports-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        with ExitStack() as locks:
            for port in self._ports:
                file = locks.enter_context((folder / str(port)).open("a"))
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
            self._locks = locks.pop_all()
        return True

    def __enter__(self) -> "PortLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._locks.close()
