"""Delete photos for good, and cameras with everything that they sent. (trash.py moves photos into
the trash.)

Of a photo the bytes go first, then the thumbnail, and last the rows by which it is found: after a
crash in between, the photo is still indexed, and deleting it again finishes the work. In the other
order its bytes would be left, and a repair would index them again. The index subtracts the photo
from the counts in the transaction that removes the rows: another deletion at that moment removes
nothing, and subtracts nothing.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from function_app.auth import links, tokens, users
from function_app.auth.audit_log import Log
from function_app.days.upkeep import forget
from function_app.devices.removal import remove_camera
from function_app.maintenance.trash import delete_trashed
from function_app.services import Services
from function_app.storage.errors import DamagedRecordError
from function_app.storage.models import Photo, State
from function_app.storage.row_keys import View
from photo_wire.moment import to_milliseconds

TOMBSTONE_TTL = timedelta(days=365)  # longer than a photo waits in a spool or stays on an SD card
CAMERA_SECONDS = 120.0  # for a camera; the platform ends the request after 230
_PAGE_SIZE = 100
_THREADS = 8


@dataclass(frozen=True, slots=True)
class CameraDeletion:
    """How many photos and alerts of a camera were deleted. `more`: it timed out before everything
    was deleted."""

    photos: int
    alerts: int
    more: bool


def delete(photo: Photo, services: Services, deleted_at: datetime | None = None) -> bool:
    """Delete a photo for good; parts that are already deleted are no error. Return whether it is
    deleted: without `deleted_at` retention deletes it, and leaves one that is protected alone.
    Raises StorageUnavailableError.

    `deleted_at` leaves a tombstone with this time: a device that sends the photo again, because it
    never got the receipt, gets one then, and the photo does not come back, in this format or in
    another (docs/decisions/0012-deleted-is-deleted.md).
    """
    left: Photo | None = None
    if deleted_at:
        services.blobs.write_tombstone(photo, deleted_at)
    elif (left := _remove_expired(photo, services)) and not left.is_tombstone:
        services.photo_store.settle(photo)
        return False
    # A photo with a preview has no other thumbnail, unless an older version made one: then a repair
    # removes it. What a person deletes has to be gone at once.
    if deleted_at or photo.preview is None:
        services.thumbnails.remove(photo.name)
    services.index.remove(photo, State.DELETED if deleted_at or left else State.EXPIRED)
    # Somebody else may have moved it into the trash just before.
    if deleted_at and (trashed := services.index.get_trashed(photo.name)):
        services.index.forget_trashed(trashed)
    return True


def _remove_expired(photo: Photo, services: Services) -> Photo | None:
    """Remove the bytes of a photo that retention no longer keeps. Return what is stored afterwards:
    a photo that is protected, although its rows may not say so yet, or that a person deleted."""
    try:
        return services.blobs.update(
            photo.name,
            photo.media,
            lambda stored: stored if stored.is_protected or stored.deleted_at else None,
        )
    except DamagedRecordError:
        services.blobs.remove(photo)
        return None


def is_tombstone_expired(tombstone: Photo, now: datetime) -> bool:
    """Return whether a tombstone has been kept for TOMBSTONE_TTL. A photo in the trash is none."""
    if tombstone.is_trashed:
        return False
    return tombstone.deleted_at is not None and now - tombstone.deleted_at > TOMBSTONE_TTL


def camera_exists(camera: str, services: Services) -> bool:
    """Return whether anything of this camera is stored. Raises StorageUnavailableError."""
    return (
        services.index.last_seen(camera) is not None
        or services.index.is_first_seen_known(camera)
        or bool(services.alerts.newest_of(camera, 1, None))
    )


def delete_camera_data(
    camera: str,
    services: Services,
    now: datetime,
    log: Log,
    seconds: float = CAMERA_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> CameraDeletion:
    """Delete a camera: its photos, also those in the trash, with tombstones, then its alerts, then
    the links to it, its name in what viewers and tokens may see, its counts and what else is stored
    of it. If it sends something afterwards, it is a new camera, which no link of before opens and
    no viewer of before sees. `log` is called before each of these is changed. Raises
    StorageUnavailableError.

    It may be stopped at any point and called again. It stops by itself after `seconds`, measured by
    `clock`.
    """
    end, alerts = clock() + seconds, 0
    photos, are_all = _delete_photos(
        camera, services, to_milliseconds(now), is_over=lambda: clock() >= end
    )
    if not are_all:
        return CameraDeletion(photos, alerts, more=True)
    while removed := services.alerts.remove_some_of(camera):
        alerts += removed
        if clock() >= end:
            return CameraDeletion(photos, alerts, more=True)
    for remove_from in (links.remove_camera, users.remove_camera, tokens.remove_camera):
        for _ in remove_from(services.accounts, camera, log):
            if clock() >= end:
                return CameraDeletion(photos, alerts, more=True)
    _forget_camera(camera, services, now)
    return CameraDeletion(photos, alerts, more=False)


def _delete_photos(
    camera: str, services: Services, deleted_at: datetime, is_over: Callable[[], bool]
) -> tuple[int, bool]:
    """Delete a camera's photos, its stubs and what it has in the trash, until `is_over`. Return how
    many were deleted, and whether none are left."""
    count = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for view in (View(camera), View(camera, stubs=True)):
            while page := services.index.query(view, _PAGE_SIZE):
                if is_over():
                    return count, False
                list(pool.map(lambda photo: delete(photo, services, deleted_at), page))
                count += len(page)
        while page := services.index.list_trash(_PAGE_SIZE, camera=camera):
            if is_over():
                return count, False
            list(pool.map(lambda photo: delete_trashed(photo, services), page))
            count += len(page)
    return count, True


def _forget_camera(camera: str, services: Services, now: datetime) -> None:
    """Remove what else is stored of a camera whose photos and alerts are deleted."""
    services.loss_counts.forget(camera)
    services.index.forget_camera(camera)
    forget(services, camera, now)  # by its figures: before they are removed
    services.figures.remove(camera)
    remove_camera(camera, services)
    services.known_cameras.remove(camera)
    services.device_keys.bindings.forget(camera)
