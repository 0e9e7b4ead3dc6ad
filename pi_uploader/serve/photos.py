"""The photos that are on this device: waiting, in quarantine, or kept. Nothing here moves one.

Lists are exact and in the order of the photos' times. Names are compared as texts, and only those
of a page are parsed: a spool of 100,000 photos is listed in a fraction of a second on a PC.
"""

import errno
import heapq
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.moment import format_time
from photo_wire.motion import Motion
from photo_wire.name import PhotoName, parse_name
from pi_uploader.local_view.problems import RequestProblemError
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.folders import WAITING_PARTS, list_names
from pi_uploader.spool.photo import SpooledPhoto, parse_file_name

KEPT, QUARANTINE = "kept", "quarantine"
_TIME_AND_TAG = len("20261120T120134567Z-5f3a9c2e")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}-([0-9]{8}T[0-9]{9}Z)-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class DevicePhoto:
    """A photo on this device, and its file. `place` is waiting, undated, quarantine or kept. The
    names of kept photos say nothing of trigger and motion."""

    name: PhotoName
    media: Media
    place: str
    file: Path
    trigger: str | None = None
    motion: Motion | None = None

    @property
    def is_stub(self) -> bool:
        """Whether it is of a trigger without motion in the picture."""
        return self.motion is not None and self.motion.box is None

    def describe(self) -> dict[str, Any]:
        """Return what is known of the photo, for JSON. The size is None if the file is gone."""
        try:
            size = self.file.stat().st_size
        except OSError:
            size = None
        return {
            "id": str(self.name),
            "camera": self.name.camera,
            "captured_at": format_time(self.name.captured_at),
            "content_type": self.media.content_type,
            "size": size,
            "place": self.place,
            "trigger": self.trigger,
            "motion": self.motion.to_json() if self.motion else None,
        }


class _Found(NamedTuple):
    """A photo by the texts of its name. The order is that of the times."""

    time_and_tag: str
    id: str
    part: str
    file: Path


class DevicePhotos:
    """Reads the spool in `folder`. One list is made at a time, however many ask."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self._folder = folder
        self._disk = disk or Disk()
        self._lock = threading.Lock()

    def newest(
        self, count: int, camera: str | None = None, before: PhotoName | None = None
    ) -> list[DevicePhoto]:
        """Return up to `count` photos, the newest first: of one camera, or of all; those that are
        older than `before`, or all."""
        limit = str(before)[-_TIME_AND_TAG:] if before else None
        with self._lock:
            found = (one for one in self._all(camera) if limit is None or one.time_and_tag < limit)
            first = heapq.nlargest(count, found)
        return _parse_all(first)

    def first_of_each_hour(self, day: datetime, camera: str | None = None) -> list[DevicePhoto]:
        """Return the first photo of each hour of a day, in the order of the hours. `day` is its
        midnight, in the zone in which the hours are counted."""
        ends = [format_name_time(day), format_name_time(_next_day(day))]
        first: dict[int, _Found] = {}
        with self._lock:
            for one in self._all(camera):
                if not ends[0] <= one.time_and_tag < ends[1]:
                    continue
                moment = _moment(one.time_and_tag)
                if moment is None:
                    continue
                hour = int((moment - day.astimezone(moment.tzinfo)).total_seconds() // 3600)
                if hour not in first or one < first[hour]:
                    first[hour] = one
        return _parse_all(first[hour] for hour in sorted(first))

    def find(self, name: PhotoName) -> DevicePhoto:
        """Return the photo of this name. Raises RequestProblemError if it is not on this device."""
        # Once more at the end: it may be kept while the folders of waiting photos are read.
        photo = self._find_kept(name) or self._find_spooled(name) or self._find_kept(name)
        if photo is None:
            raise _not_here()
        return photo

    def _find_kept(self, name: PhotoName) -> DevicePhoto | None:
        folder = self._folder / KEPT / name.camera / f"{name.captured_at:%Y-%m-%d}"
        for media in Media:
            file = folder / f"{name}.{media.suffix}"
            if file.is_file() and not file.is_symlink():
                return DevicePhoto(name, media, KEPT, file)
        return None

    def _find_spooled(self, name: PhotoName) -> DevicePhoto | None:
        mark = f"~{name}~"
        with self._lock:
            for part in (*WAITING_PARTS, QUARANTINE):
                for folder in sorted(list_names(self._folder / part, self._disk), reverse=True):
                    for file_name in list_names(self._folder / part / folder, self._disk):
                        if mark in file_name and (photo := parse_file_name(file_name)):
                            file = self._folder / part / folder / file_name
                            return _spooled(photo, part, file)
        return None

    def delete(self, name: PhotoName) -> None:
        """Delete a kept photo. Raises RequestProblemError for others: no photo is lost."""
        photo = self.find(name)
        if photo.place != KEPT:
            raise RequestProblemError(
                HTTPStatus.CONFLICT,
                "this photo was not uploaded yet, and no photo is lost: delete it in the gallery "
                "when it has arrived",
            )
        try:
            self._disk.remove(photo.file)
        except FileNotFoundError:  # deleted a moment ago
            raise _not_here() from None
        except OSError as error:
            problem = f"it cannot be deleted: {error.strerror}"
            if error.errno == errno.EROFS:  # the unit opens the folder, if it exists at the start
                problem += "; sudo systemctl restart pi-uploader-serve may help"
            raise RequestProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, problem) from None

    def _all(self, camera: str | None) -> Iterator[_Found]:
        mark = f"{camera}-" if camera else ""
        for id_, part, file in self._names(camera):
            if id_.startswith(mark) and (not camera or len(id_) == len(mark) + _TIME_AND_TAG):
                yield _Found(id_[-_TIME_AND_TAG:], id_, part, file)

    def _names(self, camera: str | None) -> Iterator[tuple[str, str, Path]]:
        """Yield the id, the part and the file of each photo, of more cameras than asked for."""
        for part in (*WAITING_PARTS, QUARANTINE):
            for name in list_names(self._folder / part, self._disk):
                folder = self._folder / part / name
                for file_name in list_names(folder, self._disk):
                    fields = file_name.split("~")
                    if len(fields) > 1 and _ID.fullmatch(fields[1]):
                        yield fields[1], part, folder / file_name
        kept = self._folder / KEPT
        for one in [camera] if camera else list_names(kept, self._disk):
            for day in list_names(kept / one, self._disk):
                for file_name in list_names(kept / one / day, self._disk):
                    stem = file_name.partition(".")[0]
                    if _ID.fullmatch(stem):
                        yield stem, KEPT, kept / one / day / file_name


def _not_here() -> RequestProblemError:
    return RequestProblemError(
        HTTPStatus.NOT_FOUND,
        "this photo is not on the device: it was uploaded, or there never was one",
    )


def format_name_time(moment: datetime) -> str:
    """Return a time as the names of photos have it: 20261120T120134567Z."""
    return re.sub("[-:.]", "", format_time(moment))


def _moment(time_and_tag: str) -> datetime | None:
    """Return a photo's time; None if it is no time, so that the name is not the spool's."""
    try:
        return datetime.strptime(f"{time_and_tag[:18]}000+0000", "%Y%m%dT%H%M%S%f%z")
    except ValueError:
        return None


def _next_day(day: datetime) -> datetime:
    """Return the next midnight; a day may have 23 or 25 hours."""
    return (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=day.tzinfo)


def _spooled(photo: SpooledPhoto, part: str, file: Path) -> DevicePhoto:
    return DevicePhoto(photo.name, photo.media, part, file, str(photo.trigger), photo.motion)


def _parse_all(found: Iterable[_Found]) -> list[DevicePhoto]:
    """Return the photos that the spool named; others have names that are merely similar."""
    return [photo for one in found if (photo := _parse(one))]


def _parse(found: _Found) -> DevicePhoto | None:
    spooled = parse_file_name(found.file.name)
    if spooled:
        return _spooled(spooled, found.part, found.file)
    media = Media.of_suffix(found.file.name.partition(".")[2])
    try:
        name = parse_name(found.id)
    except WireError:
        return None
    return DevicePhoto(name, media, KEPT, found.file) if media else None
