"""Small files of state beside the photos: JSON objects, and logs of lines.

A damaged file system may show anything under their names: a pipe, a device, a file as large as the
disk. Reading and writing here neither waits for such a thing nor fills the memory with it. Nothing
here is flushed: none of these files is worth a write to the card.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

MAX_STATE_FILE = 2 * 1024 * 1024  # bytes; the largest, with 2,000 receipts, has 400 KB


def open_regular_file(path: Path) -> BinaryIO:
    """Open a file for reading. Raises OSError, also for anything but a regular file: opening a pipe
    would wait for a writer, and a device never ends."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(0, "it is not a regular file")
        return os.fdopen(file, "rb")
    except BaseException:
        os.close(file)
        raise


def read_state_file(path: Path) -> bytes:
    """Return the content of a state file. Raises OSError, also if it has more than 2 MiB."""
    with open_regular_file(path) as file:
        content = file.read(MAX_STATE_FILE + 1)
    if len(content) > MAX_STATE_FILE:
        raise OSError(0, f"it has more than {MAX_STATE_FILE} bytes")
    return content


def read_json(path: Path) -> Any:
    """Return the JSON value in a state file. Raises OSError as `read_state_file` does, and
    ValueError if the content is not JSON."""
    try:
        return json.loads(read_state_file(path))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def write_json_atomically(path: Path, value: Any) -> None:
    """Replace a state file by this value as JSON. Raises OSError."""
    write_atomically(path, json.dumps(value).encode())


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a state file: a reader sees all of the old content or all of the new. Raises
    OSError. Whatever a crash or somebody else left under the name of the new one is removed, and
    not written into: it may be a link to another file."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(new, flags, 0o666), "wb") as file:
        file.write(content)
    new.replace(path)


def append(path: Path, content: bytes) -> None:
    """Append to a state file. Raises OSError, also for a link. A disk that fills up may take a part
    only."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    file = os.open(path, flags, 0o666)
    try:
        os.write(file, content)
    finally:
        os.close(file)
