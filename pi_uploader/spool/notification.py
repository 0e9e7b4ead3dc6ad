"""Notify the upload process that something was put into a spool, without waiting for anything.

A notification is a datagram of one byte to a Unix socket in the spool's folder. It may be lost:
when nobody listens, when the buffer is full, when the file system has no sockets. So the upload
process also looks into the spool once a minute.
"""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

SOCKET_NAME = "upload.sock"
MAX_ADDRESS = 107  # bytes of a path; unix(7)


def notify(spool: Path) -> None:
    """Notify the upload process of the spool in this folder, if it listens. Ignores all errors."""
    with suppress(OSError), _new_socket() as sender, _address(spool) as address:
        sender.setblocking(False)
        sender.sendto(b"\0", address)


class Listener:
    """Receives the notifications of the spool in a folder, from when it is made until it is closed.

    Raises OSError if it cannot: a file of another program has the name of the socket, another
    process listens, or the file system has no sockets. A socket that a killed process left is
    replaced, and so is that of another user in a folder of this one (sudo pi-uploader run).
    """

    def __init__(self, spool: Path) -> None:
        self._path = spool / SOCKET_NAME
        self._socket = _new_socket()
        try:
            with _address(spool) as address:
                if _is_abandoned(self._path, address):
                    self._path.unlink(missing_ok=True)
                self._socket.bind(address)
            self._inode = self._path.lstat().st_ino
        except OSError as error:
            self._socket.close()
            if error.errno == errno.EADDRINUSE:
                raise OSError(errno.EADDRINUSE, _who_uses(self._path)) from None
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


@contextmanager
def _address(spool: Path) -> Iterator[bytes]:
    """Yield the address of the spool's socket. A path that is too long for one is given by the
    descriptor of its folder."""
    path = os.fsencode(spool / SOCKET_NAME)
    if len(path) <= MAX_ADDRESS:
        yield path
        return
    folder = os.open(spool, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET_NAME}".encode()
    finally:
        os.close(folder)


def _who_uses(path: Path) -> str:
    """Return who has the place of the socket, for a message."""
    if path.is_socket():
        return "another upload process runs on this spool: end one of them"
    return f"{path} is a file of another program: move it away"


def _is_abandoned(path: Path, address: bytes) -> bool:
    """Return whether the socket was left by a process that is gone. One of another user, to which
    this one may not connect, counts as left if the folder is this user's, whose upload it is for.
    """
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
        with _new_socket() as probe:
            probe.connect(address)
    except ConnectionRefusedError:
        return True
    except PermissionError:
        return _owner(path) != os.geteuid() == _owner(path.parent)
    except FileNotFoundError:
        return False
    return False


def _owner(path: Path) -> int:
    """Return the id of the user to whom a file belongs."""
    return path.stat().st_uid
