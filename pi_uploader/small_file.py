"""Small files of state beside the photos. What lies in their place (a pipe, a device, a file as
large as the disk, which a damaged file system may show) costs what they hold, and nothing else."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

MAX_SMALL_FILE = 2 * 1024 * 1024  # bytes; the largest, with 2,000 receipts, has 400 KB

_NOT_REGULAR = "it is not a regular file"


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read it. Raises OSError, also for what is no regular file: opening a pipe
    would wait for somebody to write into it, and a device never ends."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(0, _NOT_REGULAR)
        return os.fdopen(file, "rb")
    except BaseException:
        os.close(file)
        raise


def read_small(path: Path) -> bytes:
    """Return what is in a small file. Raises OSError, also for one that is not small."""
    with open_regular(path) as file:
        content = file.read(MAX_SMALL_FILE + 1)
    if len(content) > MAX_SMALL_FILE:
        raise OSError(0, f"it has more than {MAX_SMALL_FILE} bytes")
    return content


def replace_small(path: Path, content: bytes) -> None:
    """Replace a small file as a whole. It is not flushed. Raises OSError."""
    new = path.with_suffix(".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NONBLOCK
    with os.fdopen(os.open(new, flags, 0o666), "wb") as file:
        file.write(content)
    new.replace(path)


def append_small(path: Path, content: bytes) -> None:
    """Append to a small file. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags, 0o666), "ab") as file:
        file.write(content)
