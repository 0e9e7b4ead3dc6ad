"""Photos that stay on the device: those that were uploaded, or are not to be.

    kept/entry/2026-11-20/entry-20261120T120134567Z-5f3a9c2e.jpg

They are out of the spool and none of them is owed to anybody: the oldest go when their time is
over, when they take more than their share, and first of all when the spool needs room.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from photo_wire.errors import WireError
from photo_wire.name import PhotoName, parse_name
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import SpooledPhoto

CLOCK_WAS_SET = "2024"
"""Days before this year are of a clock that was never set, and say nothing of a photo's age."""


class Kept:
    """The photos in `folder`. `longest`: for how long they are kept, None for ever; `budget`: the
    most bytes they may take, None for no such limit."""

    def __init__(
        self,
        folder: Path,
        disk: Disk,
        longest: timedelta | None = None,
        budget: int | None = None,
    ) -> None:
        self.folder = folder
        self._disk = disk
        self._longest = longest
        self._budget = budget
        self._sizes: dict[Path, tuple[int, int]] = {}  # day: when it changed, bytes in it then

    def path(self, photo: SpooledPhoto) -> Path:
        """Where a photo is kept."""
        name = photo.name
        file_name = f"{name}.{photo.media.suffix}"
        return self.folder / name.camera / f"{name.captured_at:%Y-%m-%d}" / file_name

    def tidy(self, now: datetime) -> int:
        """Delete what is older than it may be, and the oldest of what is too much; returns how
        many. `now` is in UTC; call this only while the clock is set."""
        deleted = 0
        if self._longest is not None:
            earliest = now - self._longest
            for name, file in self._oldest_first():
                if f"{name.captured_at:%Y}" < CLOCK_WAS_SET:
                    continue
                if name.captured_at >= earliest:
                    break
                deleted += self._delete(file)
        if self._budget is not None:
            sizes = [(file, file.stat().st_size) for _, file in self._oldest_first()]
            excess = sum(size for _, size in sizes) - self._budget
            for file, size in sizes:
                if excess <= 0:
                    break
                excess -= size
                deleted += self._delete(file)
        return deleted

    def give_back(self, missing: int) -> int:
        """Delete the oldest until the disk has `missing` bytes more; returns how many it has."""
        given = 0
        for _, file in self._oldest_first():
            if given >= missing:
                break
            with suppress(FileNotFoundError):
                size = file.stat().st_size
                self._delete(file)
                given += size
        return given

    def bytes_held(self) -> int:
        """The bytes that they take; a day that is as it was is not looked at again."""
        sizes: dict[Path, tuple[int, int]] = {}
        for camera in self._disk.names(self.folder):
            for day in self._disk.names(self.folder / camera):
                folder = self.folder / camera / day
                with suppress(FileNotFoundError):  # deleted just now
                    changed_at = self._disk.changed_at(folder)
                    known = self._sizes.get(folder)
                    if not known or known[0] != changed_at:
                        known = changed_at, sum(one.stat().st_size for one in folder.iterdir())
                    sizes[folder] = known
        self._sizes = sizes
        return sum(size for _, size in sizes.values())

    def _oldest_first(self) -> Iterator[tuple[PhotoName, Path]]:
        """One day in memory at a time."""
        days = sorted(
            (day, camera)
            for camera in self._disk.names(self.folder)
            for day in self._disk.names(self.folder / camera)
        )
        for day, camera in days:
            folder = self.folder / camera / day
            for file_name in sorted(self._disk.names(folder)):
                with suppress(WireError):
                    yield parse_name(file_name.partition(".")[0]), folder / file_name
            with suppress(OSError):  # not empty
                self._disk.remove_folder(folder)

    def _delete(self, file: Path) -> int:
        with suppress(FileNotFoundError):
            self._disk.remove(file)
        return 1
