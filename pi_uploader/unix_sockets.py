"""Unix sockets in a folder: their addresses, and what processes that are gone have left."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_ADDRESS = 107  # bytes of a path; unix(7)


@contextmanager
def address_of(path: Path) -> Iterator[bytes]:
    """Yield the address of the socket at this path. A path that is too long for one is given by the
    descriptor of its folder."""
    encoded = os.fsencode(path)
    if len(encoded) <= MAX_ADDRESS:
        yield encoded
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/".encode() + os.fsencode(path.name)
    finally:
        os.close(folder)


def bind(server: socket.socket, path: Path, process: str) -> int:
    """Bind a socket to a path, and return the inode of its file.

    A socket that a killed process left is replaced, and so is that of another user in a folder of
    this one (sudo pi-uploader run). Raises OSError if a file of another program has the name,
    another `process` (such as "capture") listens, or the file system has no sockets.
    """
    try:
        with address_of(path) as address:
            if _is_abandoned(path, address, server.type):
                path.unlink(missing_ok=True)
            server.bind(address)
        return path.lstat().st_ino
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(errno.EADDRINUSE, _who_uses(path, process)) from None
        raise


def _who_uses(path: Path, process: str) -> str:
    """Return who has the place of the socket, for a message."""
    if path.is_socket():
        return f"another {process} process runs on this spool: end one of them"
    return f"{path} is a file of another program: move it away"


def _is_abandoned(path: Path, address: bytes, kind: int) -> bool:
    """Return whether the socket was left by a process that is gone. One of another user, to which
    this one may not connect, counts as left if the folder is this user's, whose process it is for.
    """
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX, kind) as probe:
            probe.setblocking(False)
            probe.connect(address)
    except ConnectionRefusedError:
        return True
    except PermissionError:
        return _owner(path) != os.geteuid() == _owner(path.parent)
    except OSError:  # it is gone, or of another kind, or as many wait for it as it allows
        return False
    return False


def _owner(path: Path) -> int:
    """Return the id of the user to whom a file belongs."""
    return path.stat().st_uid
