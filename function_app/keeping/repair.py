"""Repair: the blobs are the truth, and the index is made to say the same.

Both are walked side by side, camera by camera, in the order of the photos' time. A blob without
rows is listed, rows without a blob are taken off the list and that is told as an alert, a thumbnail
without a photo is removed. What came within the last hour may be on its way and is left alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from function_app.backend import Backend
from function_app.keeping.deletion import is_over
from function_app.keeping.tally import recount
from function_app.storage.records import KeptAlert, Photo
from function_app.storage.views import View
from photo_wire.alert import Alert
from photo_wire.name import PhotoName

ON_THE_WAY = timedelta(hours=1)
MISSING = "missing"  # the kind of the alert
_STEP = 1000


@dataclass(slots=True)
class Repair:
    """What was found and mended. `strays` are rows among the arrivals that are no listed photo's
    own, `foreign` are blobs that are no photos of Nightjar's."""

    photos: int = 0
    listed: int = 0
    unlisted: int = 0
    thumbnails: int = 0
    strays: int = 0
    foreign: int = 0
    cameras: list[str] = field(default_factory=list)


def reconcile(
    backend: Backend,
    now: datetime,
    cameras: list[str] | None = None,
    everything: bool = False,
) -> Repair:
    """Mend these cameras, or all. With `everything` each photo is listed anew, as after the loss of
    the whole index. It may be stopped at any point and run again. Raises StorageAwayError."""
    listed = set(backend.index.cameras())
    known = listed | set(backend.blobs.cameras())
    repair = Repair()
    for camera in sorted(known if cameras is None else known & set(cameras)):
        newest = _mend(camera, backend, now, repair, everything)
        if newest and (everything or camera not in listed):
            backend.index.note(newest)
        for place in backend.index.strays(camera):
            backend.index.forget(camera, place)
            repair.strays += 1
        recount(camera, backend)
        repair.cameras.append(camera)
    return repair


def _mend(
    camera: str, backend: Backend, now: datetime, repair: Repair, everything: bool
) -> Photo | None:
    """Mend a camera; returns the newest of its stored photos."""
    newest: Photo | None = None
    rows = _listed(camera, backend)
    row = next(rows, None)
    thumbnails = backend.thumbnails.walk(camera)
    small = next(thumbnails, None)

    for _path, photo in backend.blobs.walk(camera):
        if photo is None:
            repair.foreign += 1
            continue
        while row and _order(row.name) < _order(photo.name):
            _unlist(row, backend, now, repair)
            row = next(rows, None)
        while small and _order(small) < _order(photo.name):
            _remove_thumbnail(small, backend, repair)
            small = next(thumbnails, None)
        is_listed = row is not None and row.name == photo.name
        if photo.deleted_at:
            _finish_deletion(photo, is_listed, backend, now, repair)
            row = next(rows, None) if is_listed else row
            continue
        repair.photos += 1
        newest = photo
        if everything or (not is_listed and now - photo.received_at > ON_THE_WAY):
            backend.index.relist(photo)
            repair.listed += not is_listed
        if is_listed:
            row = next(rows, None)
        if small == photo.name:
            small = next(thumbnails, None)
    while row:
        _unlist(row, backend, now, repair)
        row = next(rows, None)
    while small:
        _remove_thumbnail(small, backend, repair)
        small = next(thumbnails, None)
    return newest


def _listed(camera: str, backend: Backend) -> Iterator[Photo]:
    """The camera's photos as the index has them, the oldest first."""
    after: PhotoName | None = None
    while found := backend.index.walk(View(camera, oldest_first=True), _STEP, after):
        yield from found
        after = found[-1].name


def _unlist(photo: Photo, backend: Backend, now: datetime, repair: Repair) -> None:
    """Rows without a blob. The blob may have come since the walk began, so it is looked for."""
    if now - photo.received_at <= ON_THE_WAY or backend.blobs.find(photo.name, photo.media):
        return
    alert = Alert(photo.name, MISSING, "its bytes are gone from the store")
    backend.alerts.add([KeptAlert(alert, now)])  # first: a photo that is gone is counted
    backend.thumbnails.remove(photo.name)
    backend.index.remove(photo)
    repair.unlisted += 1


def _finish_deletion(
    mark: Photo, is_listed: bool, backend: Backend, now: datetime, repair: Repair
) -> None:
    """Of a deleted photo there is a mark: that is no loss. What else is left of it goes, its
    thumbnail as one without a photo, and in the end the mark."""
    if is_listed:
        backend.index.remove(mark)
        repair.unlisted += 1
    if is_over(mark, now):
        backend.blobs.remove(mark)


def _remove_thumbnail(name: PhotoName, backend: Backend, repair: Repair) -> None:
    backend.thumbnails.remove(name)
    repair.thumbnails += 1


def _order(name: PhotoName) -> tuple[datetime, str]:
    """Blobs, thumbnails and rows of a camera are all in this order: by time, then by id."""
    return name.captured_at, str(name)
