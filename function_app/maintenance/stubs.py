"""Correct the device where it was wrong: a person saw motion in a trigger without motion."""

import logging
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from function_app.days.upkeep import rebuild_day
from function_app.services import Services
from function_app.storage.command_rows import CommandRecord
from function_app.storage.commands import TooManyCommandsError
from function_app.storage.errors import DamagedRecordError
from function_app.storage.models import Photo
from photo_wire.command import MAX_OPEN, Command, Kind
from photo_wire.moment import to_milliseconds

COMMAND_TTL = timedelta(hours=1)  # the device drops old frames for new ones
MAX_OPEN_WITH_FRAMES = MAX_OPEN // 2  # the other places are for what people ask of the device

log = logging.getLogger(__name__)


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


def ask_for_frames(stub: Photo, services: Services, actor: str, now: datetime) -> bool:
    """Have the device of a stub keep the frames that it judged, from which its detector can be
    measured. Nothing is asked of a device that cannot be asked, or that has too much to do: what
    people ask of it matters more. Return False for the latter. Raises StorageUnavailableError."""
    camera, now = stub.name.camera, to_milliseconds(now)
    device = services.device_keys.bindings.device_of(camera, now)
    if device is None:
        return True
    kept = Command(
        secrets.token_hex(16), Kind.REPLAY_KEEP, now + COMMAND_TTL, camera, photo=stub.name
    )
    try:
        services.commands.ask(device, CommandRecord(kept, actor, now), now, MAX_OPEN_WITH_FRAMES)
    except TooManyCommandsError:
        log.warning("%s has too many open commands to be asked for %s", device, stub.name)
        return False
    return True
