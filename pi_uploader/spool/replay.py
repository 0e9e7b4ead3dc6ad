"""The frames around triggers that the picture did not confirm: a person may say that it was wrong.

    replay/candidates/{photo id}.npz    about ten frames, of the last triggers without motion
    replay/missed/{photo id}.npz        those in which a person saw something after all

`make bench-motion FOLDER=replay/missed` reads them: `luma` (frames x 240 x 320), `at` (seconds from
the trigger) and `gain` of each frame. They are worth no flush, and no room that a photo needs: of
each folder the oldest are deleted above a limit.
"""

import os
import shutil
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from photo_wire.errors import WireError
from photo_wire.name import PhotoName, parse_name

if TYPE_CHECKING:
    from pi_uploader.motion.frame import Frame

MAX_FILES = 200
MAX_BYTES = 20_000_000
MAX_MISSED_FILES = 1000
MAX_MISSED_BYTES = 100_000_000
MIN_FREE_BYTES = 200_000_000  # of the disk, below which there are no candidates
_SUFFIX = ".npz"
_adding = threading.Lock()  # one camera at a time: each deletes what another has half written


class ReplaySet:
    """The frames in the folder `replay` of a spool."""

    def __init__(self, spool: Path) -> None:
        self.candidates = spool / "replay" / "candidates"
        self.missed = spool / "replay" / "missed"

    def add(self, photos: Sequence[PhotoName], frames: Sequence["Frame"], moment: float) -> None:
        """Store the frames around a trigger (`moment`, monotonic seconds) under each of its photos,
        and delete the oldest candidates above MAX_FILES and MAX_BYTES. Raises OSError."""
        with _adding:
            self._add(photos, frames, moment)

    def _add(self, photos: Sequence[PhotoName], frames: Sequence["Frame"], moment: float) -> None:
        import numpy as np

        self.candidates.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.candidates).free < MIN_FREE_BYTES:
            self._purge_candidates(0, 0)
            return
        first, *others = (self.candidates / f"{name}{_SUFFIX}" for name in photos)
        new = first.with_suffix(".new")
        with new.open("wb") as file:
            np.savez_compressed(
                file,
                luma=np.stack([frame.luma for frame in frames]),
                at=np.array([frame.at - moment for frame in frames]),
                gain=np.array([frame.gain for frame in frames]),
            )
        _set_time(new)  # by which the oldest are deleted
        new.replace(first)
        for other in others:
            with suppress(OSError):  # not every file system has links
                os.link(first, other)
        self._purge_candidates(MAX_FILES, MAX_BYTES)

    def keep(self, photo: PhotoName) -> bool:
        """Move a photo's frames to those that were missed, of which the first kept are deleted
        above MAX_MISSED_FILES and MAX_MISSED_BYTES; return whether there are any. A photo that got
        its time later is found by its tag. Raises OSError."""
        if self._find(self.missed, photo):
            return True
        found = self._find(self.candidates, photo)
        if found is None:
            return False
        self.missed.mkdir(exist_ok=True)
        _set_time(found)  # the age of what is kept counts from now
        kept = found.replace(self.missed / f"{photo}{_SUFFIX}")
        _delete_oldest(self.missed, MAX_MISSED_FILES, MAX_MISSED_BYTES, but=kept)
        return True

    def _find(self, folder: Path, photo: PhotoName) -> Path | None:
        names = (f"{photo}{_SUFFIX}", f"{photo.camera}-????????T?????????Z-{photo.tag}{_SUFFIX}")
        found = (path for name in names for path in folder.glob(name) if _is_own(path))
        return next(found, None)

    def _purge_candidates(self, max_files: int, max_bytes: int) -> None:
        """Delete the oldest candidates above these limits, and what a crash has left half
        written."""
        for half_written in self.candidates.glob("*.new"):
            half_written.unlink()
        _delete_oldest(self.candidates, max_files, max_bytes)


def _set_time(path: Path) -> None:
    """Let a file have been written now. The kernel's own time of that is exact to 4 ms or so."""
    now = time.time_ns()
    os.utime(path, ns=(now, now))


def _is_own(path: Path) -> bool:
    """Return whether these are frames that were stored here, not what a person put beside them."""
    if path.suffix != _SUFFIX or path.is_symlink() or not path.is_file():
        return False
    with suppress(WireError):
        return bool(parse_name(path.stem))
    return False


def _delete_oldest(folder: Path, max_files: int, max_bytes: int, but: Path | None = None) -> None:
    """Delete the oldest frames above the limits, but not `but`: with a clock that is wrong, what
    has just come may look the oldest."""
    with_status = [(path.stat(), path) for path in folder.iterdir() if _is_own(path)]
    newest_first = sorted(
        with_status, key=lambda one: (one[1] == but, one[0].st_mtime_ns), reverse=True
    )
    total = 0
    for number, (status, path) in enumerate(newest_first, 1):
        total += status.st_size
        if path != but and (number > max_files or total > max_bytes):
            path.unlink()
