"""Repair: the blobs are the truth, and the index is made to say the same.

Both are walked side by side, camera by camera, in the order of the photos' time. A deletion that
was stopped is finished, rows without a blob are taken off the list and that is told as an alert, a
blob without rows is listed, a thumbnail without a photo is removed, and so is what else the index
says and should not. What came within the last hour may be on its way and is left alone.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import SystemRandom

from function_app.ingest.stored import unlist_deleted
from function_app.maintenance.deletion import TOMBSTONE_TTL, is_over
from function_app.maintenance.merge_join import merge_join
from function_app.maintenance.retention import SECONDS
from function_app.services import Services
from function_app.storage.models import KeptAlert, Photo, Relisted, State
from function_app.storage.row_keys import View
from photo_wire.alert import MISSING as MISSING
from photo_wire.alert import Alert
from photo_wire.name import PhotoName

ON_THE_WAY = timedelta(hours=1)
_STEP = 1000


@dataclass(slots=True)
class Repair:
    """What was found and mended. `strays` are rows among the arrivals that are no listed photo's
    own, `foreign` are blobs that are no photos of Nightjar's, or have the id of a listed one.
    `cameras` were mended, and for those in `left` there was no time."""

    photos: int = 0
    listed: int = 0
    unlisted: int = 0
    thumbnails: int = 0
    strays: int = 0
    foreign: int = 0
    cameras: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def reconcile(
    services: Services,
    now: datetime,
    cameras: Collection[str] | None = None,
    everything: bool = False,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Repair:
    """Mend these cameras, or all. With `everything` each photo is listed anew, as after the loss of
    the whole index. It may be stopped at any point and run again; when `seconds` are over by
    `clock`, no further camera is begun. Chance says who comes first, so that it is not always the
    same cameras that are left. Raises StorageUnavailableError."""
    end = clock() + seconds
    listed = set(services.index.cameras())
    known = listed | set(services.blobs.cameras())
    turns = sorted(known if cameras is None else known & set(cameras))
    SystemRandom().shuffle(turns)
    repair = Repair()
    while turns and clock() < end:
        camera = turns.pop()
        newest = _reconcile(camera, services, now, repair, everything)
        if newest and (everything or camera not in listed):
            services.index.update_last_seen(newest)
        services.index.purge_states(camera, now - TOMBSTONE_TTL)
        services.index.invalidate_counts(camera, now + ON_THE_WAY)  # so much may come meanwhile
        repair.cameras.append(camera)
    repair.cameras.sort()
    repair.left = sorted(turns)
    return repair


def _reconcile(
    camera: str, services: Services, now: datetime, repair: Repair, everything: bool
) -> Photo | None:
    """Mend a camera; returns the newest of its stored photos."""
    newest: Photo | None = None
    blobs, rows = _stored(camera, services, repair), _listed(camera, services)
    for found in merge_join(blobs, rows, services.thumbnails.list_names(camera)):
        for mark in found.marks:
            _finish_deletion(mark, found.row, services, now, repair)
        if found.row and not found.row_has_blob:
            _unlist(found.row, services, now, repair)
        repair.foreign += len(found.others)
        if found.marks and found.photo and not found.is_listed:
            repair.foreign += 1  # a person deleted what had this id, in another format
        elif photo := found.photo:
            repair.photos += 1
            newest = photo
            is_old = now - photo.received_at > ON_THE_WAY
            if everything or (not found.is_listed and is_old):
                _list(photo, found.row is not None, services, repair)
        elif found.has_thumbnail:
            services.thumbnails.remove(found.name)
            repair.thumbnails += 1
    for place in services.index.list_orphans(camera):
        services.index.remove_orphan(camera, place)
        repair.strays += 1
    return newest


def _stored(camera: str, services: Services, repair: Repair) -> Iterator[Photo]:
    """The camera's blobs, photos and marks, the oldest first."""
    for photo in services.blobs.list_photos(camera):
        if photo:
            yield photo
        else:
            repair.foreign += 1


def _listed(camera: str, services: Services) -> Iterator[Photo]:
    """The camera's photos as the index has them, the oldest first."""
    after: PhotoName | None = None
    while found := services.index.query(View(camera, oldest_first=True), _STEP, after):
        yield from found
        after = found[-1].name


def _list(photo: Photo, has_row: bool, services: Services, repair: Repair) -> None:
    """A blob without rows, or one whose rows are written anew. The walk read of it a while ago: if
    it was deleted since, it stays so. Who deletes it just now removes its bytes first and its rows
    last. Rows that were there are that deletion's to remove, and to count; those that were written
    here are removed here."""
    if not services.blobs.find(photo.name, photo.media):
        return
    if not has_row and services.index.state(photo.name) is State.LOST:
        services.loss_counts.take_back(photo.name)
    done = services.index.relist(photo)
    if done is Relisted.OTHER_FORMAT:
        repair.foreign += 1
    elif done is Relisted.REWRITTEN:
        return
    elif services.blobs.find(photo.name, photo.media):
        repair.listed += 1
    else:
        unlist_deleted(photo, services.blobs, services.index)


def _unlist(row: Photo, services: Services, now: datetime, repair: Repair) -> None:
    """Rows without a blob. The blob may have come since the walk began, so it is looked for. If the
    photo's time is over, retention is at work, or storage itself was: that is no loss."""
    if now - row.received_at <= ON_THE_WAY or services.blobs.find(row.name, row.media):
        return
    retention = services.settings.retention
    is_expired = retention.is_expired(row.name.camera, row.received_at, now)
    if not is_expired:
        alert = Alert(row.name, MISSING, "its bytes are gone from the store")
        services.alerts.add([KeptAlert(alert, now)])  # first: a photo that is gone is counted
    services.thumbnails.remove(row.name)
    state = State.EXPIRED if is_expired else State.MISSING
    services.index.remove(row, state)
    repair.unlisted += 1


def _finish_deletion(
    mark: Photo, row: Photo | None, services: Services, now: datetime, repair: Repair
) -> None:
    """Of a deleted photo there is a mark: that is no loss. What else is left of it goes, its
    thumbnail as one without a photo, and in the end the mark."""
    if row and row.path == mark.path:
        services.index.remove(mark, State.DELETED)
        repair.unlisted += 1
    if is_over(mark, now):
        services.blobs.remove(mark)
