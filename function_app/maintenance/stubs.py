"""Correct the device where it was wrong: a person saw motion in a trigger without motion."""

from dataclasses import replace

from function_app.days.upkeep import rebuild_day
from function_app.services import Services
from function_app.storage.models import DamagedRecordError, Photo


def correct(stub: Photo, services: Services) -> bool:
    """Make a photo of a stub: nobody knows of its motion any more. Return False if it was deleted.
    What is a photo stays as it is. May be stopped at any point and called again. Raises
    StorageUnavailableError."""

    def without_motion(stored: Photo) -> Photo:
        is_stub = stored.is_stub and not stored.deleted_at
        return replace(stored, motion=None) if is_stub else stored

    try:
        stored = services.photo_store.update(stub, without_motion)
    except DamagedRecordError:
        return False
    if stored is None or stored.deleted_at:
        return False
    services.index.update_last_seen(stored)
    # Another photo of that day may have become a stub since the last count.
    rebuild_day(services, stored.name.camera, stored.name.captured_at.date())
    return True
