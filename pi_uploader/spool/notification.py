"""Notify other processes that something was put into a spool, without waiting for anything.

A notification is a datagram of one byte to a Unix socket in the spool's folder: that of the upload,
and that of what looks at photos (CAMERA_DETECT). It may be lost: when nobody listens, when the
buffer is full, when the file system has no sockets. So these processes also look into the spool
once a minute.
"""

import errno
import socket
from contextlib import suppress
from pathlib import Path
from typing import Self

from pi_uploader.unix_sockets import address_of, bind

SOCKET_NAME = "upload.sock"
DETECT_SOCKET_NAME = "detect.sock"


def notify(spool: Path) -> None:
    """Notify the processes that listen to the spool in this folder. Ignores all errors."""
    for name in (SOCKET_NAME, DETECT_SOCKET_NAME):
        with suppress(OSError), _new_socket() as sender, address_of(spool / name) as address:
            sender.setblocking(False)
            sender.sendto(b"\0", address)


def is_detecting(spool: Path) -> bool:
    """Return whether a process listens that looks at the photos of this spool."""
    try:
        with _new_socket() as probe, address_of(spool / DETECT_SOCKET_NAME) as address:
            probe.connect(address)
    except OSError:
        return False
    return True


class Listener:
    """Receives the notifications of the spool in a folder, from when it is made until it is closed.
    `process` is the one that listens, in the words of an error; its socket has the `name`.

    Raises OSError if it cannot, as `bind` does: another process listens, for instance.
    """

    def __init__(self, spool: Path, name: str = SOCKET_NAME, process: str = "upload") -> None:
        self._path = spool / name
        self._socket = _new_socket()
        try:
            self._inode = bind(self._socket, self._path, process)
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def wait(self, seconds: float) -> bool:
        """Return True once a notification comes, False after `seconds`. Raises OSError if none can
        come any more, since the socket's file is gone."""
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(1)
        except TimeoutError:
            if self._path.lstat().st_ino != self._inode:
                raise FileNotFoundError(errno.ENOENT, "replaced by another", self._path) from None
            return False
        return True


def _new_socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
