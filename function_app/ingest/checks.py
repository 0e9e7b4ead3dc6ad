"""Check the bytes of a photo against what its client states about them."""

import hashlib

from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.inspection import inspect
from function_app.problems import HTTPProblemError
from photo_wire.errors import quoted
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media

# Clients use any other type for photos, such as jpeg, "image/jpeg" in quotes, photo/jpeg, image/*,
# binary/octet-stream, application/x-www-form-urlencoded, which is curl's default, and
# multipart/form-data without a form: the bytes decide. These name formats that are not supported,
# so the client sent something by mistake.
_UNSUPPORTED_FAMILIES = {"audio", "font", "message", "model", "text"}
_UNSUPPORTED_TYPES = {
    f"image/{name}" for name in ("png", "gif", "webp", "heic", "heif", "avif", "svg+xml")
}


def check_size(size: int, max_size: int) -> None:
    """Return if a photo may have `size` bytes. Raises HTTPProblemError: 411 for none, 413 for more
    than `max_size`."""
    if size == 0:
        raise HTTPProblemError(
            411,
            "The body is empty: send the photo's bytes with a Content-Length; "
            "a chunked body does not get through the Functions host.",
        )
    if size > max_size:
        raise HTTPProblemError(
            413,
            f"The photo is {size} bytes; the maximum is {max_size}: "
            "send a smaller one, or raise the setting MAX_PHOTO_MB.",
        )


def check_digest(body: bytes, headers: PhotoHeaders, computed: str | None) -> str:
    """Return the body's SHA-256 in hex, which is `computed` if that was done already. Raises
    HTTPProblemError (422) if another is stated."""
    sha256 = computed or hashlib.sha256(body).hexdigest()
    if headers.sha256 not in (None, sha256):
        raise HTTPProblemError(
            422, "The body does not match its Content-Digest, so it was damaged: send it again."
        )
    return sha256


def check_media(body: bytes, headers: PhotoHeaders) -> Media:
    """Return the body's format. Raises HTTPProblemError: 415 if it is not supported, 422 if the
    photo is not complete or its format is not the stated one."""
    essence = (headers.content_type or "").partition(";")[0].strip().lower()
    types = ", ".join(media.content_type for media in Media)
    try:
        media = inspect(body)
    except NotAPhotoError as error:
        raise HTTPProblemError(415, f"The body {error}: send {types}.") from None
    except TruncatedError as error:
        raise HTTPProblemError(422, f"The body {error}: send the whole photo.") from None
    declared = headers.media
    family, slash, _ = essence.partition("/")
    if (slash and family in _UNSUPPORTED_FAMILIES) or essence in _UNSUPPORTED_TYPES:
        raise HTTPProblemError(
            415, f"Content-Type {quoted(essence)} is not a supported format: use one of {types}."
        )
    if declared not in (None, media):
        raise HTTPProblemError(
            422, f"The body is {media.content_type}, not {essence}: correct the Content-Type."
        )
    return media
