"""Photos that stay on the device: those that were uploaded, or are not to be.

    kept/entry/2026-11-20/entry-20261120T120134567Z-5f3a9c2e.jpg

They are out of the spool and none of them is owed to anybody: the oldest go when their time is
over, when they take more than their share, and first of all when the spool needs room.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.name import PhotoName, parse_name
from pi_uploader.spool import shards
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.entry import SpooledPhoto

CLOCK_WAS_SET = "2024"
"""Days before this year are of a clock that was never set, and say nothing of a photo's age."""


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo that stays on the device, and its file."""

    name: PhotoName
    media: Media
    file: Path


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

    def tidy(self, now: datetime | None) -> int:
        """Delete what is older than it may be, and the oldest of what is too much; returns how
        many. `now` is in UTC; None while the clock is not set, and then no age is known.

        What cannot be deleted stays, and stops nothing else.
        """
        deleted = 0
        if self._longest is not None and now is not None:
            for file in self._older_than(now - self._longest):
                deleted += self._delete(file)
        if self._budget is not None:
            files = (file for _, file in self._oldest_first())
            sizes = [(file, size) for file in files if (size := _size(file)) is not None]
            excess = sum(size for _, size in sizes) - self._budget
            for file, size in sizes:
                if excess <= 0:
                    break
                if self._delete(file):
                    excess -= size
                    deleted += 1
        return deleted

    def _older_than(self, earliest: datetime) -> Iterator[Path]:
        for name, file in self._oldest_first():
            if f"{name.captured_at:%Y}" < CLOCK_WAS_SET:
                continue
            if name.captured_at >= earliest:
                return
            yield file

    def photos(self) -> Iterator[KeptPhoto]:
        """The photos that are kept, the oldest day first."""
        for day, camera in self._days():
            folder = self.folder / camera / day
            for file_name in sorted(shards.names(folder, self._disk)):
                if photo := _parse(folder / file_name):
                    yield photo

    def free_space(self, missing: int, files: int = 0) -> tuple[int, int]:
        """Delete the oldest until the disk has `missing` bytes more, and room for `files` more;
        returns how many bytes and files it has. What cannot be deleted stays."""
        given, deleted = 0, 0
        for _, file in self._oldest_first():
            if given >= missing and deleted >= files:
                break
            size = _size(file)
            if size is not None and self._delete(file):
                given += size
                deleted += 1
        return given, deleted

    def bytes_held(self) -> int:
        """The bytes that they take; a day that is as it was is not looked at again."""
        sizes: dict[Path, tuple[int, int]] = {}
        for day, camera in self._days():
            folder = self.folder / camera / day
            with suppress(OSError):  # deleted just now, or a folder that cannot be read
                changed_at = self._disk.changed_at(folder)
                known = self._sizes.get(folder)
                if not known or known[0] != changed_at:
                    files = shards.names(folder, self._disk)
                    known = changed_at, sum(_size(folder / file) or 0 for file in files)
                sizes[folder] = known
        self._sizes = sizes
        return sum(size for _, size in sizes.values())

    def _days(self) -> list[tuple[str, str]]:
        """Each day and camera, the oldest day first."""
        return sorted(
            (day, camera)
            for camera in shards.names(self.folder, self._disk)
            for day in shards.names(self.folder / camera, self._disk)
        )

    def _oldest_first(self) -> Iterator[tuple[PhotoName, Path]]:
        """One day in memory at a time. Days of which nothing is left are tidied away."""
        for day, camera in self._days():
            folder = self.folder / camera / day
            for file_name in sorted(shards.names(folder, self._disk)):
                if photo := _parse(folder / file_name):
                    yield photo.name, photo.file
            with suppress(OSError):  # not empty
                self._disk.remove_folder(folder)

    def _delete(self, file: Path) -> bool:
        """Whether the file is gone by this."""
        try:
            self._disk.remove(file)
        except OSError:
            return False
        return True


def _parse(file: Path) -> KeptPhoto | None:
    """The photo that a file's name describes; None for a file of somebody else."""
    stem, _, suffix = file.name.partition(".")
    media = Media.of_suffix(suffix)
    if media is None:
        return None
    try:
        return KeptPhoto(parse_name(stem), media, file)
    except WireError:
        return None


def _size(file: Path) -> int | None:
    """The bytes of a file; None if they cannot be known, as of one that is gone."""
    try:
        return file.stat().st_size
    except OSError:
        return None
