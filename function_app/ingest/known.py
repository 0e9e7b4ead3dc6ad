"""`POST /api/photos/known`: a device asks whether what it has receipts for is still here."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.http.parameters import photo_names, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.ingest.stored import list_found
from function_app.services import Services
from function_app.storage.models import State
from photo_wire.known import MAX_IDS
from photo_wire.media import Media
from photo_wire.name import PhotoName

IDS = required("ids", photo_names(MAX_IDS))
KNOWN_IDS = JSONBody("KnownIds", (IDS,))
_THREADS = 8


def post_known(request: Request, services: Services, caller: Caller) -> Response:
    """200 with which of up to 100 photos are known and which are missing. Whoever names an id
    learns no more of it than that."""
    names = request[IDS]
    missing = find_missing(names, services, datetime.now(UTC))
    return json_response(
        {
            "known": [str(name) for name in names if name not in missing],
            "missing": [str(name) for name in names if name in missing],
        }
    )


def find_missing(names: list[PhotoName], services: Services, now: datetime) -> set[PhotoName]:
    """Those of these photos of which there are no bytes, although nobody deleted them: neither a
    person nor retention. Raises StorageUnavailableError."""

    def look(name: PhotoName) -> bool:
        return is_known(name, services, now)

    with ThreadPoolExecutor(_THREADS) as pool:
        return {name for name, known in zip(names, pool.map(look, names), strict=True) if not known}


def is_known(name: PhotoName, services: Services, now: datetime) -> bool:
    """Whether a photo is stored, or was deleted. One that is stored and not listed is listed."""
    row = services.index.get(name)
    if row and services.blobs.find_or_tombstone(name, row.media):
        return True
    # Retention removes the bytes first and the rows last, and what came of it is noted with them.
    state = services.index.state(name)
    if state in (State.DELETED, State.EXPIRED):
        return True
    retention = services.settings.retention
    if row and retention.is_expired(name.camera, row.received_at, now):
        return True
    for media in Media:
        if photo := services.blobs.find_or_tombstone(name, media):
            if photo.deleted_at is None:
                list_found(
                    photo, services.blobs, services.index, services.loss_counts.take_back, now
                )
            return True
    return False
