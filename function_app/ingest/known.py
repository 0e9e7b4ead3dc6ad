"""`POST /api/photos/known`: a device asks whether what it has receipts for is still here."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import azure.functions as func

from function_app.alerts.taken_back import taking_back
from function_app.auth.caller import Caller
from function_app.backend import Backend
from function_app.body import read_object
from function_app.ingest.stored import list_found
from function_app.maintenance.retention import is_due
from function_app.replies import Reply, json_reply
from function_app.storage.photo_state import State
from photo_wire.errors import WireError
from photo_wire.known import MAX_IDS
from photo_wire.media import Media
from photo_wire.name import PhotoName, parse_name

_THREADS = 8


def post_known(req: func.HttpRequest, backend: Backend, caller: Caller) -> Reply:
    """200 with which of up to 100 photos are known and which are missing. Whoever names an id
    learns no more of it than that."""
    ids = read_object(req, ("ids",)).get("ids")
    if not isinstance(ids, list) or len(ids) > MAX_IDS:
        raise WireError("ids", f"is not a list of at most {MAX_IDS} photos' ids")
    names = list(dict.fromkeys(parse_name(str(one), "ids") for one in ids))
    missing = find_missing(names, backend, datetime.now(UTC))
    return json_reply(
        {
            "known": [str(name) for name in names if name not in missing],
            "missing": [str(name) for name in names if name in missing],
        }
    )


def find_missing(names: list[PhotoName], backend: Backend, now: datetime) -> set[PhotoName]:
    """Those of these photos of which there are no bytes, although nobody deleted them: neither a
    person nor retention. Raises StorageUnavailableError."""

    def look(name: PhotoName) -> bool:
        return is_known(name, backend, now)

    with ThreadPoolExecutor(_THREADS) as pool:
        return {name for name, known in zip(names, pool.map(look, names), strict=True) if not known}


def is_known(name: PhotoName, backend: Backend, now: datetime) -> bool:
    """Whether a photo is stored, or was deleted. One that is stored and not listed is listed."""
    row = backend.index.get(name)
    if row and backend.blobs.find_or_tombstone(name, row.media):
        return True
    # Retention removes the bytes first and the rows last, and what came of it is noted with them.
    state = backend.index.state(name)
    if state in (State.DELETED, State.EXPIRED) or (row and is_due(row, backend, now)):
        return True
    for media in Media:
        if photo := backend.blobs.find_or_tombstone(name, media):
            if photo.deleted_at is None:
                list_found(photo, backend.blobs, backend.index, taking_back(backend), now)
            return True
    return False
