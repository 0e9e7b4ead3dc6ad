"""Where a clip lies while it is recorded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

DISK = Path("/var/tmp")  # noqa: S108  /tmp is memory on many systems (Debian 13), of which a Pi has little


@contextmanager
def clip_folder() -> Iterator[Path]:
    """A folder for a clip, on the disk where there is one for such files, until the end of the
    block. TMPDIR, if it is set, says where else."""
    is_ours = DISK.is_dir() and os.access(DISK, os.W_OK) and not os.environ.get("TMPDIR")
    with TemporaryDirectory(prefix="nightjar-", dir=DISK if is_ours else None) as folder:
        yield Path(folder)


def take_out(file: Path) -> bytes:
    """Return what is in a file, and delete it: its content then is in memory only."""
    content = file.read_bytes()
    file.unlink()
    return content
