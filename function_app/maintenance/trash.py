"""The trash: what a person deleted stays there for a week, and can be restored. And photos that are
protected from retention.

What is stored of a photo decides (PhotoBlobs.update): it says whether the photo is in the trash,
and whether it is protected. The index and the list of the trash follow, and a repair has them
follow after a crash in between.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from function_app.days.upkeep import rebuild_day
from function_app.services import Services
from function_app.storage.errors import DamagedRecordError
from function_app.storage.models import Photo
from function_app.storage.row_keys import trash_position, trash_position_before
from photo_wire.moment import to_milliseconds
from photo_wire.name import PhotoName

TRASH_TTL = timedelta(days=7)
RUN_SECONDS = 60.0  # of the hourly timer, after retention
_PAGE_SIZE = 100
_THREADS = 8


def move_to_trash(photo: Photo, services: Services, now: datetime) -> bool:
    """Move a photo from the index into the trash; return False if it is not stored any more. One
    that is in the trash already stays there. May be stopped at any point and called again. Raises
    StorageUnavailableError."""
    deleted_at = to_milliseconds(now)

    def mark(stored: Photo) -> Photo:
        return (
            stored if stored.deleted_at else replace(stored, deleted_at=deleted_at, is_trashed=True)
        )

    stored = _update(photo, services, mark)
    return stored is not None and stored.deleted_at is not None


def restore(name: PhotoName, services: Services) -> bool:
    """Restore a photo from the trash; return False if it is not there. It is as before, in each
    list and in the counts. May be stopped at any point and called again. Raises
    StorageUnavailableError."""
    photo = services.index.get_trashed(name)
    if photo is None:
        return False

    def unmark(stored: Photo) -> Photo:
        return replace(stored, deleted_at=None, is_trashed=False) if stored.is_trashed else stored

    stored = _update(photo, services, unmark)
    # Another photo of that day may have been deleted since the last count: then its counts are as
    # before.
    rebuild_day(services, name.camera, name.captured_at.date())
    return stored is not None and stored.deleted_at is None


def protect(photo: Photo, services: Services, is_protected: bool) -> bool:
    """Protect a photo from retention, or no longer; return False if it was deleted. Raises
    StorageUnavailableError."""

    def mark(stored: Photo) -> Photo:
        return stored if stored.deleted_at else replace(stored, is_protected=is_protected)

    stored = _update(photo, services, mark)
    return stored is not None and stored.deleted_at is None


def delete_trashed(photo: Photo, services: Services) -> bool:
    """Delete a photo of the list of the trash for good, and leave a tombstone; return False if it
    is not in the trash any more. Its row is removed last: after a crash the next run finishes the
    work. Raises StorageUnavailableError."""

    def empty(stored: Photo) -> Photo:
        is_same = stored.is_trashed and stored.deleted_at == photo.deleted_at
        return replace(stored, is_trashed=False) if is_same else stored

    try:
        stored = services.blobs.update(photo.name, photo.media, empty)
    except DamagedRecordError:
        stored = None
    if stored is None or stored.is_tombstone:
        services.thumbnails.remove(photo.name)
    services.photo_store.settle(photo)
    services.index.forget_trashed(photo)  # unless it was done: the row of an earlier deletion
    return stored is None or stored.is_tombstone


def empty_trash(
    services: Services,
    now: datetime,
    seconds: float = RUN_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Delete for good what has been in the trash for TRASH_TTL, until nothing is left or `seconds`
    have passed, measured by `clock`. Return how many photos. May be stopped at any point and called
    again. Raises StorageUnavailableError."""
    end, count = clock() + seconds, 0
    position = trash_position_before(now - TRASH_TTL)
    with ThreadPoolExecutor(_THREADS) as pool:
        while clock() < end and (page := services.index.list_trash(_PAGE_SIZE, position)):
            count += sum(pool.map(lambda photo: delete_trashed(photo, services), page))
            position = trash_position(page[-1].name, page[-1].deleted_at or now)
    return count


def _update(photo: Photo, services: Services, change: Callable[[Photo], Photo]) -> Photo | None:
    """As PhotoStore.update; None also for a blob that somebody changed by hand."""
    try:
        return services.photo_store.update(photo, change)
    except DamagedRecordError:
        return None
