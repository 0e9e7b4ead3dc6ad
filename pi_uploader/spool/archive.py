"""The archive: kept photos, which were uploaded, or are not to be (CAMERA_UPLOAD=off).

    kept/entry/2026-11-20/entry-20261120T120134567Z-5f3a9c2e.jpg

They are out of the spool. The oldest are deleted when they reach their maximum age, when the
archive is larger than its limit, and before any other photo when the spool needs space.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.name import CAMERA_AND_DAY, PhotoName, is_day, parse_name
from pi_uploader.clock import FIRST_VALID_YEAR
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.folders import list_names
from pi_uploader.spool.photo import SpooledPhoto

_COUNTED = rf"/{CAMERA_AND_DAY}\.(?:{'|'.join(media.suffix for media in Media)})(?=/|\Z)"


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo in the archive, and its file."""

    name: PhotoName
    media: Media
    file: Path


class Archive:
    """The kept photos in `folder`. `max_age`: how long they are kept, None for ever; `max_bytes`:
    how much they may take, None for no limit."""

    def __init__(
        self,
        folder: Path,
        disk: Disk,
        max_age: timedelta | None = None,
        max_bytes: int | None = None,
    ) -> None:
        self.folder = folder
        self._disk = disk
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._sizes: dict[Path, tuple[int | None, int]] = {}  # day: when changed, bytes in it

    def path_of(self, photo: SpooledPhoto) -> Path:
        """Return where a photo is kept."""
        name = photo.name
        file_name = f"{name}.{photo.media.suffix}"
        return self.folder / name.camera / f"{name.captured_at:%Y-%m-%d}" / file_name

    def purge(self, now: datetime | None) -> int:
        """Delete photos older than `max_age`, then the oldest above `max_bytes`; return how many.
        `now` (UTC) is None while the clock is not set: then no age is known.

        A photo that cannot be deleted stays, and the others are deleted.
        """
        deleted = 0
        if self._max_age is not None and now is not None:
            for file in self._older_than(now - self._max_age):
                deleted += self._delete(file)
        if self._max_bytes is not None:
            files = (file for _, file in self._oldest_first())
            sizes = [(file, size) for file in files if (size := _size(file)) is not None]
            excess = sum(size for _, size in sizes) - self._max_bytes
            for file, size in sizes:
                if excess <= 0:
                    break
                if self._delete(file):
                    excess -= size
                    deleted += 1
        return deleted

    def _older_than(self, earliest: datetime) -> Iterator[Path]:
        for name, file in self._oldest_first():
            if name.captured_at.year < FIRST_VALID_YEAR:
                continue  # its age is not known
            if name.captured_at >= earliest:
                return
            yield file

    def photos(self) -> Iterator[KeptPhoto]:
        """Yield the kept photos, the oldest day first."""
        for day, camera in self._days():
            folder = self.folder / camera / day
            for file_name in sorted(list_names(folder, self._disk)):
                if photo := _parse(folder / file_name):
                    yield photo

    def count(self) -> int:
        """Return how many photos are kept. No name is parsed."""
        folders = (self.folder / camera / day for day, camera in self._days())
        return sum(_count_photos(list_names(folder, self._disk)) for folder in folders)

    def free_space(self, missing: int, files: int = 0) -> tuple[int, int]:
        """Delete the oldest photos until `missing` bytes and `files` files are freed; return how
        many bytes and files were. A photo that cannot be deleted stays."""
        freed, deleted = 0, 0
        for _, file in self._oldest_first():
            if freed >= missing and deleted >= files:
                break
            size = _size(file)
            if size is not None and self._delete(file):
                freed += size
                deleted += 1
        return freed, deleted

    def bytes_used(self) -> int:
        """Return the bytes that kept photos take. The sizes of unchanged days are cached."""
        sizes: dict[Path, tuple[int | None, int]] = {}
        for day, camera in self._days():
            folder = self.folder / camera / day
            with suppress(OSError):  # deleted a moment ago, or a folder that cannot be read
                changed_at = self._disk.changed_at(folder)
                known = self._sizes.get(folder)
                if not known or changed_at is None or known[0] != changed_at:
                    files = list_names(folder, self._disk)
                    known = changed_at, sum(_size(folder / file) or 0 for file in files)
                sizes[folder] = known
        self._sizes = sizes
        return sum(size for _, size in sizes.values())

    def _days(self) -> list[tuple[str, str]]:
        """Return each day and camera, the oldest day first."""
        return sorted(
            (day, camera)
            for camera in list_names(self.folder, self._disk)
            for day in list_names(self.folder / camera, self._disk)
        )

    def _oldest_first(self) -> Iterator[tuple[PhotoName, Path]]:
        """Yield each photo's name and file, holding one day in memory, and remove empty days."""
        for day, camera in self._days():
            folder = self.folder / camera / day
            for file_name in sorted(list_names(folder, self._disk)):
                if photo := _parse(folder / file_name):
                    yield photo.name, photo.file
            with suppress(OSError):  # not empty
                self._disk.remove_folder(folder)

    def _delete(self, file: Path) -> bool:
        """Delete a file and return whether that worked."""
        try:
            self._disk.remove(file)
        except OSError:
            return False
        return True


def _parse(file: Path) -> KeptPhoto | None:
    """Return the photo that a file's name describes; None if the spool did not give that name."""
    stem, _, suffix = file.name.partition(".")
    media = Media.of_suffix(suffix)
    if media is None:
        return None
    try:
        return KeptPhoto(parse_name(stem), media, file)
    except WireError:
        return None


def _count_photos(file_names: Iterable[str]) -> int:
    """Return for how many of these names `_parse` returns a photo."""
    found = re.findall(_COUNTED, "/" + "/".join(file_names))  # a slash is in no file name
    return sum(is_day(day) for _, day in found)


def _size(file: Path) -> int | None:
    """Return the bytes of a file; None if they cannot be known, for instance if it is missing."""
    try:
        return file.stat().st_size
    except OSError:
        return None
