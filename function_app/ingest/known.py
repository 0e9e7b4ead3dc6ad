"""The route by which a device asks whether photos that it has receipts for are still stored."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.http.parameters import photo_names, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import State
from photo_wire.known import MAX_IDS
from photo_wire.media import Media
from photo_wire.name import PhotoName

IDS = required("ids", photo_names(MAX_IDS))
KNOWN_IDS = JSONBody("KnownIds", (IDS,))
_THREADS = 8


def post_known(request: Request, services: Services, caller: Caller) -> Response:
    """200 with which of up to 100 photos are known and which are missing. The caller learns nothing
    else about a photo, and about those of another device's cameras nothing at all: 403."""
    names, now = request[IDS], datetime.now(UTC)
    services.device_keys.check_is_new(caller, now)
    for camera in sorted({name.camera for name in names}):
        if not services.device_keys.bindings.may_speak(caller, camera, now):
            raise HTTPProblemError(
                403, f"The camera {camera} belongs to a device with a key: only that one may ask."
            )
    missing = find_missing(names, services, now)
    return json_response(
        {
            "known": [str(name) for name in names if name not in missing],
            "missing": [str(name) for name in names if name in missing],
        }
    )


def find_missing(names: list[PhotoName], services: Services, now: datetime) -> set[PhotoName]:
    """Return those of these photos that have no bytes although neither a person nor retention
    deleted them. Raises StorageUnavailableError."""
    with ThreadPoolExecutor(_THREADS) as pool:
        known = pool.map(lambda name: is_known(name, services, now), names)
        return {name for name, is_there in zip(names, known, strict=True) if not is_there}


def is_known(name: PhotoName, services: Services, now: datetime) -> bool:
    """Return whether a photo is stored, or was deleted. If it is stored and not indexed, index it.

    Raises StorageUnavailableError.
    """
    row = services.index.get(name)
    if row and services.blobs.find_or_tombstone(name, row.media):
        return True
    # Retention removes the bytes first and the rows last, which also hold the photo's state.
    state = services.index.state(name)
    if state in (State.DELETED, State.EXPIRED):
        return True
    retention = services.settings.retention
    if row and retention.is_expired(name.camera, row.received_at, now):
        return True
    for media in Media:
        if photo := services.blobs.find_or_tombstone(name, media):
            if photo.deleted_at is None:
                services.notifier.tell_found(photo, now)
                services.photo_store.index_existing(photo, now)
            return True
    return False
