"""Receive a photo: check it, name it, store its bytes, index it.

The bytes are stored first, and the index follows. Every step may be repeated: a client that sends
the same photo again, at the same moment or after a crash at any point, gets the same receipt.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from function_app.ingest.checks import check_digest, check_media
from function_app.media import exif, previews, xmp
from function_app.media.mp4_movie import Movie
from function_app.media.sources import bytes_source
from function_app.problems import HTTPProblemError
from function_app.storage.errors import DamagedRecordError, StorageUnavailableError
from function_app.storage.models import EXIF_CLOCK, SERVER_CLOCK, NameReservation, Photo, Sender
from function_app.storage.photo_store import PhotoStore
from photo_wire.errors import WireError, quoted
from photo_wire.headers import PhotoHeaders, Trigger
from photo_wire.media import Media
from photo_wire.moment import EPOCH, to_milliseconds
from photo_wire.motion import Motion
from photo_wire.name import PhotoName, new_name
from photo_wire.receipt import Receipt

CAMERA_NAME = "cameraName"  # query parameters of old clients
WEBSITE_ID = "websiteId"

_MAX_DISPLACED = 5  # each means that somebody took the name meanwhile
_DEFAULT_CAMERA = "camera"
_MAX_CAMERA_LENGTH = 32
_MAX_SITE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo and what its client states about it.

    `camera_name` and `website_id` are the query parameters of old clients; None if absent.
    `uses_exif_time`: whether a photo that is sent without a time gets the one that its file states.
    The clock of a phone is set; that of an old device may not be. `sender` is the device that sent
    it, and `sha256` (hex) that of the body, if it was computed already.
    """

    body: bytes
    headers: PhotoHeaders
    camera_name: str | None = None
    website_id: str | None = None
    uses_exif_time: bool = False
    sender: Sender | None = None
    sha256: str | None = None


class RepeatedRequestError(Exception):
    """A request that stored a photo came again, with the same signature: a recorded one, or one
    that a proxy repeated."""


class Intake(NamedTuple):
    """The result: the receipt, and whether the photo is new. A photo that was stored before has the
    receipt that it got then."""

    receipt: Receipt
    is_new: bool


def receive(
    upload: Upload,
    store: PhotoStore,
    now: datetime,
    displace: Callable[[Photo], bool] = lambda earlier: False,
    telling: Callable[[PhotoName], AbstractContextManager[None]] = lambda name: nullcontext(),
) -> Intake:
    """Store the photo that arrived at `now`, once, and index it. `displace` is asked to free the
    photo's name if another photo, or a tombstone, has it; it returns whether it did. The photo is
    stored within `telling`, which tells that it came in before this returns, so that no photo has
    a receipt of which nobody is told.

    Nothing is stored before all checks have passed. Raises RepeatedRequestError if this very
    request has stored the photo already, HTTPProblemError (409, 415, 422), WireError if something
    that the client states is malformed, and StorageUnavailableError.
    """
    photo = _check_and_name(upload, store, to_milliseconds(now))
    with telling(photo.name):
        return _store_under_its_name(photo, upload, store, now, displace)


def _check_and_name(upload: Upload, store: PhotoStore, arrived_at: datetime) -> Photo:
    """Return the photo under the name that it gets, which is reserved if it depends on when the
    photo arrived. Raises HTTPProblemError (409, 415, 422), WireError and
    StorageUnavailableError."""
    camera = camera_of(upload)
    site = _parse_site(upload.website_id)
    sha256 = check_digest(upload.body, upload.headers, upload.sha256)
    media = check_media(upload.body, upload.headers)
    exif_time = _exif_time(upload, media, arrived_at)
    proposed = _propose_name(upload, camera, sha256, arrived_at, exif_time)
    reservation = store.index.reserve_name(proposed) if _is_time_unknown(upload) else proposed
    return Photo(
        name=reservation.name,
        media=media,
        sha256=sha256,
        size=len(upload.body),
        received_at=reservation.received_at,
        trigger=upload.headers.trigger,
        clock=_clock(upload.headers, reservation, exif_time),
        site=site,
        preview=previews.find(upload.body) if media is Media.JPEG else None,
        sender=upload.sender,
        motion=_motion(upload.headers),
        labels=upload.headers.labels,
    )


def _motion(headers: PhotoHeaders) -> Motion | None:
    """Return what moved in the picture. Nothing has to move for a photo of a schedule or on demand:
    one that says so is no stub, which would hide it."""
    is_asked_for = headers.trigger in (Trigger.SCHEDULE, Trigger.DEMAND)
    return None if is_asked_for and headers.motion == Motion() else headers.motion


def _store_under_its_name(
    photo: Photo,
    upload: Upload,
    store: PhotoStore,
    now: datetime,
    displace: Callable[[Photo], bool],
) -> Intake:
    """Store and index a photo that passed the checks, after `displace` has freed its name if that
    is taken. Raises HTTPProblemError (409), RepeatedRequestError and StorageUnavailableError."""
    is_stored = False
    for _ in range(_MAX_DISPLACED):
        try:
            return _store(photo, upload, store, now, is_stored)
        except _NameTakenError as error:
            is_stored = error.is_stored
            if not displace(error.earlier):
                if is_stored:
                    store.blobs.remove(photo)
                raise _problem(error.earlier) from None
    raise StorageUnavailableError(f"other photos take the id {photo.name} each time")


class _NameTakenError(Exception):
    """Another photo, or its tombstone, has the name. `is_stored`: the bytes are stored all the
    same, because the other one has another format."""

    def __init__(self, earlier: Photo, is_stored: bool) -> None:
        super().__init__(str(earlier.name))
        self.earlier, self.is_stored = earlier, is_stored


def _store(
    photo: Photo,
    upload: Upload,
    store: PhotoStore,
    now: datetime,
    is_stored: bool,
) -> Intake:
    """Store and index a photo, unless its name is taken; `is_stored`: this request has stored its
    bytes already. Raises _NameTakenError, and what `_store_under_its_name` raises."""
    try:
        earlier = store.blobs.add(photo, upload.body)
    except DamagedRecordError:
        raise _id_taken(photo.name) from None
    if earlier and earlier.sha256 != photo.sha256:
        raise _NameTakenError(earlier, is_stored=False)
    if earlier and not is_stored and _have_one_signature(photo, earlier):
        raise RepeatedRequestError(str(photo.name))
    stored = earlier or photo
    if stored.deleted_at:
        return Intake(stored.receipt(), is_new=False)  # it arrived, and was deleted since
    # Index it also if the blob was there: a crash may have prevented that.
    add = store.index_existing if earlier else store.index_photo
    indexed = add(stored, now, upload.headers.waiting)
    if indexed and indexed.sha256 != stored.sha256:
        # Same id, other format, so another path: the indexed one was first.
        raise _NameTakenError(indexed, is_stored=True)
    return Intake(stored.receipt(), is_new=is_stored or earlier is None)


def _have_one_signature(photo: Photo, earlier: Photo) -> bool:
    ours, theirs = photo.sender, earlier.sender
    return bool(ours and theirs and ours.signature and ours.signature == theirs.signature)


def _problem(earlier: Photo) -> HTTPProblemError:
    return _id_of_deleted(earlier.name) if earlier.deleted_at else _id_taken(earlier.name)


def _id_taken(name: PhotoName) -> HTTPProblemError:
    return HTTPProblemError(
        409, f"The id {name} belongs to a photo with other bytes: give this photo a new id."
    )


def _id_of_deleted(name: PhotoName) -> HTTPProblemError:
    return HTTPProblemError(
        409,
        f"The photo {name} was deleted. Its id cannot be reused: give this photo a new id.",
    )


def _propose_name(
    upload: Upload, camera: str, sha256: str, arrived_at: datetime, exif_time: datetime | None
) -> NameReservation:
    """Return a name for the photo: the one that its client gives it, or one of its time (that of
    EXIF or of its arrival if unknown) and of the first digits of its digest."""
    name = upload.headers.name
    if name is None:
        captured_at = upload.headers.captured_at or exif_time or arrived_at
        name = new_name(camera, captured_at, sha256[:8])
    return NameReservation(name, sha256, arrived_at)


def _is_time_unknown(upload: Upload) -> bool:
    """Return whether the name depends on when the photo arrived. The first to send these bytes then
    reserves the name, for all who send them again."""
    return not (upload.headers.name or upload.headers.captured_at)


def _exif_time(upload: Upload, media: Media, now: datetime) -> datetime | None:
    """Return when the photo was taken, by its own file; None if the client states a time, if the
    file states none, or if that is in the future: then its zone is most likely missing."""
    if not upload.uses_exif_time or not _is_time_unknown(upload):
        return None
    captured_at = _stated_time(upload.body, media)
    return to_milliseconds(captured_at) if captured_at and EPOCH <= captured_at <= now else None


def _stated_time(body: bytes, media: Media) -> datetime | None:
    """Return when the photo was taken, in UTC, by its EXIF, its XMP or a clip's description."""
    match media:
        case Media.JPEG:
            return exif.capture_time(body) or xmp.capture_time(body)
        case Media.DNG:
            return exif.capture_time(body)
        case Media.MP4:
            return Movie(bytes_source(body), len(body)).capture_time()


def _clock(
    headers: PhotoHeaders, reservation: NameReservation, exif_time: datetime | None
) -> str | None:
    """Return which clock the photo's time is from."""
    if headers.name is not None or headers.captured_at is not None:
        return headers.clock
    return EXIF_CLOCK if reservation.name.captured_at == exif_time else SERVER_CLOCK


def camera_of(upload: Upload) -> str:
    """Return the name of the camera that took the photo. Raises WireError."""
    if upload.headers.name:
        return upload.headers.name.camera
    if upload.headers.camera:
        return upload.headers.camera
    if upload.camera_name is None:
        return _DEFAULT_CAMERA
    camera = re.sub("[^a-z0-9]+", "-", upload.camera_name.lower()).strip("-")
    camera = camera[:_MAX_CAMERA_LENGTH].rstrip("-")
    if not camera:
        raise WireError(
            CAMERA_NAME, f"{quoted(upload.camera_name)} has no letter a-z and no digit in it"
        )
    return camera


def _parse_site(text: str | None) -> str | None:
    site = (text or "").strip()
    if len(site) > _MAX_SITE_LENGTH or not site.isprintable():
        raise WireError(
            WEBSITE_ID,
            f"must be a string of up to {_MAX_SITE_LENGTH} printable characters, "
            f"not {quoted(site)}",
        )
    return site or None
