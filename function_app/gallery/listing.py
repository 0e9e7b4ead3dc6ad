"""A page of the list of photos: what may be asked for, and how the next page is found."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from function_app.storage.records import Photo, PhotoIndex
from photo_wire.errors import WireError, quoted
from photo_wire.moment import format_time
from photo_wire.name import PhotoName, check_camera, parse_name

DEFAULT_LIMIT = 50
MOST_PHOTOS = 200
_PARAMETERS = ("camera", "limit", "cursor")


@dataclass(frozen=True, slots=True)
class Listing:
    """Which photos: `limit` of them, of one camera or of all, newest first, after one of them."""

    limit: int = DEFAULT_LIMIT
    camera: str | None = None
    after: PhotoName | None = None


def parse_listing(params: Mapping[str, str]) -> Listing:
    """What the query asks for. Raises WireError, naming the parameter, for anything else."""
    for parameter in params:
        if parameter not in _PARAMETERS:
            known = ", ".join(_PARAMETERS)
            raise WireError(quoted(parameter), f"is not a parameter of this list; use {known}")
    camera, cursor = params.get("camera"), params.get("cursor")
    if camera is not None:
        check_camera(camera)
    return Listing(
        limit=parse_limit(params.get("limit")),
        camera=camera,
        after=None if cursor is None else _parse_cursor(cursor, camera),
    )


def page(listing: Listing, index: PhotoIndex) -> dict[str, object]:
    """The page as the API spells it. One photo more than the page holds is asked for, which tells
    whether another page follows."""
    photos = index.newest(listing.limit + 1, listing.camera, listing.after)
    shown = photos[: listing.limit]
    more = len(photos) > len(shown)
    return {
        "photos": [describe(photo) for photo in shown],
        "next_cursor": _cursor(shown[-1].name) if more else None,
    }


def describe(photo: Photo) -> dict[str, object]:
    """A photo as the API spells it; null where nothing is known."""
    return {
        "id": str(photo.name),
        "camera": photo.name.camera,
        "captured_at": format_time(photo.name.captured_at),
        "received_at": format_time(photo.received_at),
        "trigger": photo.trigger,
        "clock": photo.clock,
        "content_type": photo.media.content_type,
        "sha256": photo.sha256,
        "size": photo.size,
        "site": photo.site,
    }


def parse_limit(text: str | None) -> int:
    """The length of a page, from the query. Raises WireError for anything but 1 to 200."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_PHOTOS):
        raise WireError("limit", f"{quoted(text)} is not a whole number from 1 to {MOST_PHOTOS}")
    return int(text[:9])


def _cursor(name: PhotoName) -> str:
    """The last photo shown; encoded, so that nobody builds one and what it holds may change."""
    return base64.urlsafe_b64encode(str(name).encode()).decode().rstrip("=")


def _parse_cursor(text: str, camera: str | None) -> PhotoName:
    """The name in a cursor. The place where a page begins is worked out from a valid name and the
    view, so that no cursor leads out of the view."""
    try:
        padded = text + "=" * (-len(text) % 4)
        name = parse_name(base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii"))
    except (binascii.Error, ValueError):  # WireError is a ValueError
        raise _bad_cursor() from None
    if camera not in (None, name.camera) or _cursor(name) != text:
        raise _bad_cursor()
    return name


def _bad_cursor() -> WireError:
    return WireError("cursor", "is not the next_cursor of a page of this list")
