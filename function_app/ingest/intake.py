"""The rules for a photo that comes in: what is refused, what it is called, and what is stored.

The bytes go first and the index follows. Every step may be repeated: whoever sends the same photo
again, at the same moment or after a crash at any point, gets the same receipt.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from function_app.ingest.stored import TakeBack, list_found, list_photo
from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.exif import capture_time
from function_app.media.inspection import inspect
from function_app.problems import HTTPProblemError
from function_app.storage.interfaces import PhotoBlobs, PhotoIndex
from function_app.storage.models import (
    EXIF_CLOCK,
    SERVER_CLOCK,
    DamagedRecordError,
    NameReservation,
    Photo,
)
from photo_wire.errors import WireError, quoted
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media
from photo_wire.moment import EPOCH, to_milliseconds
from photo_wire.name import PhotoName, new_name
from photo_wire.receipt import Receipt

CAMERA_NAME = "cameraName"  # query parameters of old clients
WEBSITE_ID = "websiteId"

_DEFAULT_CAMERA = "camera"
_MAX_CAMERA = 32
_MAX_SITE = 64
# Under these a client may say anything: image/jpg, image/*, video/quicktime, binary/octet-stream,
# application/x-www-form-urlencoded, which curl says by itself, multipart/form-data without a form.
# The bytes decide.
_PHOTO_TYPES = {"", "*", "image", "video", "binary", "application", "multipart"}
# These name other kinds, so what was sent is not what was meant.
_OTHER_KINDS = {
    f"image/{kind}" for kind in ("png", "gif", "webp", "heic", "heif", "avif", "svg+xml")
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo and what its client said of it. `camera_name` and `website_id` are the query
    parameters of old clients; None if absent. `uses_exif_time`: whether a photo that comes without
    a time has that of its EXIF. A phone's clock is set; that of an old device may not be."""

    body: bytes
    said: PhotoHeaders
    camera_name: str | None = None
    website_id: str | None = None
    uses_exif_time: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """`is_new` is False if the photo was stored already; its receipt is then the first one's."""

    receipt: Receipt
    is_new: bool


def check_size(size: int, most: int) -> None:
    """Return if a body of `size` bytes may come in. Raises HTTPProblemError: 411 or 413."""
    if size == 0:
        raise HTTPProblemError(
            411,
            "The body is empty: send the photo's bytes with a Content-Length; "
            "a chunked body does not get through the Functions host.",
        )
    if size > most:
        raise HTTPProblemError(
            413,
            f"The photo has {size} bytes and may have {most}: "
            "send a smaller one, or raise the setting MAX_PHOTO_MB.",
        )


def receive(
    upload: Upload,
    blobs: PhotoBlobs,
    index: PhotoIndex,
    now: datetime,
    take_back: TakeBack = lambda name: None,
) -> Intake:
    """Store the photo that arrived at `now`, once, and list it. `take_back` is called with its name
    if its device had reported it lost.

    Raises HTTPProblemError (409, 415, 422), WireError (what the client said of it is malformed) and
    StorageUnavailableError. Nothing is stored before all that can be refused has been.
    """
    camera = camera_of(upload)
    site = _site(upload.website_id)
    sha256 = _checked_digest(upload)
    media = _checked_media(upload)

    now_on_the_wire = to_milliseconds(now)
    exif_time = _exif_time(upload, media, now_on_the_wire)
    claim = _claim(upload, camera, sha256, index, now_on_the_wire, exif_time)
    photo = Photo(
        name=claim.name,
        media=media,
        sha256=sha256,
        size=len(upload.body),
        received_at=claim.received_at,
        trigger=upload.said.trigger,
        clock=_clock(upload.said, claim, exif_time),
        site=site,
    )
    return _store(photo, upload, blobs, index, now, take_back)


def _store(
    photo: Photo,
    upload: Upload,
    blobs: PhotoBlobs,
    index: PhotoIndex,
    now: datetime,
    take_back: TakeBack,
) -> Intake:
    try:
        earlier = blobs.add(photo, upload.body)
    except DamagedRecordError:
        raise _taken(photo.name) from None
    if earlier and earlier.sha256 != photo.sha256:
        raise _deleted(photo.name) if earlier.deleted_at else _taken(photo.name)
    stored = earlier or photo
    if stored.deleted_at:
        return Intake(stored.receipt(), is_new=False)  # it came, and somebody deleted it since
    # also if the blob was there: a crash may have come in between
    add = list_found if earlier else list_photo
    listed = add(stored, blobs, index, take_back, now, upload.said.waiting)
    if listed and listed.sha256 != stored.sha256:
        blobs.remove(stored)  # same id, another kind, so another path: the listed one was first
        raise _deleted(photo.name) if listed.deleted_at else _taken(photo.name)
    return Intake(stored.receipt(), is_new=earlier is None)


def _taken(name: PhotoName) -> HTTPProblemError:
    return HTTPProblemError(
        409, f"The id {name} belongs to a photo with other bytes: give this one an id of its own."
    )


def _deleted(name: PhotoName) -> HTTPProblemError:
    return HTTPProblemError(
        409,
        f"The photo {name} was deleted by a person and does not come back, and this is another one "
        "under its id: give it an id of its own.",
    )


def _claim(
    upload: Upload,
    camera: str,
    sha256: str,
    index: PhotoIndex,
    now: datetime,
    exif_time: datetime | None,
) -> NameReservation:
    """The photo's name, and when it first came in as far as this is known before it is stored.

    A photo of a known time is named after its bytes. One of an unknown time is named after its
    EXIF's or its arrival, which the first to bring these bytes lays down for all who bring them
    again.
    """
    if upload.said.name:
        return NameReservation(upload.said.name, sha256, now)
    tag = sha256[:8]
    if upload.said.captured_at:
        return NameReservation(new_name(camera, upload.said.captured_at, tag), sha256, now)
    return index.reserve_name(NameReservation(new_name(camera, exif_time or now, tag), sha256, now))


def _exif_time(upload: Upload, media: Media, now: datetime) -> datetime | None:
    """When the photo was taken by its own EXIF; None if the client said a time, EXIF does not, or
    it lies in the future: then its zone is most likely missing."""
    if not upload.uses_exif_time or upload.said.name or upload.said.captured_at:
        return None
    taken = capture_time(upload.body) if media is Media.JPEG else None
    return to_milliseconds(taken) if taken and EPOCH <= taken <= now else None


def _clock(said: PhotoHeaders, claim: NameReservation, exif_time: datetime | None) -> str | None:
    if said.name is not None or said.captured_at is not None:
        return said.clock
    return EXIF_CLOCK if claim.name.captured_at == exif_time else SERVER_CLOCK


def camera_of(upload: Upload) -> str:
    """Return the camera that an upload is from. Raises WireError."""
    if upload.said.name:
        return upload.said.name.camera
    if upload.said.camera:
        return upload.said.camera
    if upload.camera_name is None:
        return _DEFAULT_CAMERA
    camera = re.sub("[^a-z0-9]+", "-", upload.camera_name.lower()).strip("-")
    camera = camera[:_MAX_CAMERA].rstrip("-")
    if not camera:
        raise WireError(
            CAMERA_NAME, f"{quoted(upload.camera_name)} has no letter a-z and no digit in it"
        )
    return camera


def _site(text: str | None) -> str | None:
    site = (text or "").strip()
    if len(site) > _MAX_SITE or not site.isprintable():
        raise WireError(
            WEBSITE_ID, f"{quoted(site)} is not a text of up to {_MAX_SITE} printable letters"
        )
    return site or None


def _checked_digest(upload: Upload) -> str:
    sha256 = hashlib.sha256(upload.body).hexdigest()
    if upload.said.sha256 not in (None, sha256):
        raise HTTPProblemError(
            422, "The body does not match its Content-Digest, so it was damaged: send it again."
        )
    return sha256


def _checked_media(upload: Upload) -> Media:
    essence = (upload.said.content_type or "").partition(";")[0].strip().lower()
    kinds = ", ".join(kind.content_type for kind in Media)
    try:
        media = inspect(upload.body)
    except NotAPhotoError as error:
        raise HTTPProblemError(415, f"The body {error}: send {kinds}.") from None
    except TruncatedError as error:
        raise HTTPProblemError(422, f"The body {error}: send the whole photo.") from None
    declared = upload.said.media
    is_vague = essence.partition("/")[0] in _PHOTO_TYPES and essence not in _OTHER_KINDS
    if declared is None and not is_vague:
        raise HTTPProblemError(
            415, f"Content-Type {quoted(essence)} is no kind of photo: say one of {kinds}."
        )
    if declared not in (None, media):
        raise HTTPProblemError(
            422, f"The body is {media.content_type}, not {essence}: correct the Content-Type."
        )
    return media
