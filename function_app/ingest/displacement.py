"""Give a photo's name to its camera's device, if somebody else has taken it.

Whoever has a function key may store a photo under any id, also under one that a device has in its
spool. The device's own photo would be rejected then. So the photo of the unknown sender gets
another name, and is kept (docs/decisions/0086-the-devices-photo-keeps-its-name.md).
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from function_app.services import Services
from function_app.storage.errors import DamagedRecordError
from function_app.storage.models import Photo, State
from photo_wire.name import PhotoName, new_name

log = logging.getLogger(__name__)


def displace(earlier: Photo, services: Services, now: datetime) -> bool:
    """Free the name of a photo of an unknown sender, or of its tombstone; return False, and change
    nothing, if it is of somebody else, or if there is no other name for it.

    The photo is stored and indexed under the other name first. May be stopped at any point and
    called again. Raises StorageUnavailableError.
    """
    if earlier.sender is None or not earlier.sender.is_unknown:
        return False
    body = None if earlier.deleted_at else services.blobs.read(earlier, 0, earlier.size)
    if body is not None and not _keep(earlier, body, services, now):
        return False
    services.blobs.remove_unchanged(earlier)
    if earlier.deleted_at is None:
        services.thumbnails.remove(earlier.name)
        services.index.remove(earlier, State.EXPIRED)
    # When the photo of the unknown sender was indexed, the report of a loss stayed.
    services.loss_counts.take_back(earlier.name)
    log.warning("%s was the id of a photo of an unknown sender", earlier.name)
    return True


def _keep(photo: Photo, body: bytes, services: Services, now: datetime) -> bool:
    """Store a photo under another name. Return False if there is none."""
    last_seen = services.index.last_seen(photo.name.camera)
    waiting = last_seen.waiting if last_seen else None
    for name in _other_names(photo):
        moved = replace(photo, name=name)
        try:
            taken_by = services.blobs.add(moved, body)
        except DamagedRecordError:
            continue
        if taken_by in (None, moved):
            store = replace(services.photo_store, take_back=lambda name: None)
            indexed = store.index_existing(moved, now, waiting)
            if indexed in (None, moved):
                return True
            services.blobs.remove_unchanged(moved)  # a photo of another format has the id
    return False


def _other_names(photo: Photo) -> Iterator[PhotoName]:
    """Yield names of the same camera and time. They follow from the bytes, so that a repetition
    finds the same one."""
    for start in range(0, len(photo.sha256) - 7, 8):
        name = new_name(photo.name.camera, photo.name.captured_at, photo.sha256[start : start + 8])
        if name != photo.name:
            yield name
