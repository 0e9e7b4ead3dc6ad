"""Logs of photos: those of the last receipts, and those that the backend has lost since.

    receipts.log    the name of the photo's file in the spool, a line for each receipt
    missing.log     the same for each photo that the backend no longer has

The spool does not depend on these files. They are never flushed: a power cut may take the last
lines, and then a few photos are not checked.
"""

import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pi_uploader import state_files
from pi_uploader.spool import SpooledPhoto
from pi_uploader.spool.photo import parse_file_name

MAX_RECEIPTS = 1000
RECEIPTS_FILE = "receipts.log"  # in the spool's folder
MISSING_FILE = "missing.log"


class PhotoLog:
    """The last photos of a kind, in a small file. `max_photos` are kept. Threads share it."""

    def __init__(self, file: Path, max_photos: int = MAX_RECEIPTS) -> None:
        self._file = file
        self._max_photos = max_photos
        self._lock = threading.Lock()
        self._photos: dict[str, SpooledPhoto] = {}  # by id, the newest last
        self._line_count = 0  # of the file
        try:
            lines = state_files.read_state_file(file).decode(errors="replace").splitlines()
        except OSError as error:
            if not isinstance(error, FileNotFoundError) or file.is_symlink():
                self._line_count = 2 * max_photos  # so that the first receipt replaces the file
            return
        self._line_count = len(lines)
        for photo in filter(None, map(parse_file_name, lines)):
            self._insert(photo)

    def add(self, photo: SpooledPhoto) -> None:
        """Add a photo as the newest."""
        with self._lock:
            self._insert(photo)
            if self._line_count >= 2 * self._max_photos:
                self._rewrite()
                return
            with suppress(OSError):  # a full disk: the photos matter more
                state_files.append(self._file, f"{photo.file_name}\n".encode())
                self._line_count += 1

    def remove(self, ids: Iterable[str]) -> None:
        """Remove the photos with these ids, if they are here."""
        with self._lock:
            removed = [one for one in ids if self._photos.pop(one, None)]
            if removed:
                self._rewrite()

    def photos(self) -> list[SpooledPhoto]:
        """Return the photos, the newest first."""
        with self._lock:
            return list(reversed(self._photos.values()))

    def _insert(self, photo: SpooledPhoto) -> None:
        self._photos.pop(str(photo.name), None)
        self._photos[str(photo.name)] = photo
        while len(self._photos) > self._max_photos:
            del self._photos[next(iter(self._photos))]

    def _rewrite(self) -> None:
        lines = "".join(f"{one.file_name}\n" for one in self._photos.values())
        with suppress(OSError):
            state_files.write_atomically(self._file, lines.encode())
            self._line_count = len(self._photos)


def count_missing(folder: Path) -> int:
    """Return how many photos of the spool in `folder` the backend is known to have lost."""
    return len(PhotoLog(folder / MISSING_FILE).photos())
