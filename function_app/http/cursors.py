"""Cursors: where a list's next page begins, encoded so that what they hold may change."""

import base64
import binascii
import re

from photo_wire.errors import WireError


def encode(place: str) -> str:
    """The cursor of a place, which is ASCII."""
    return base64.urlsafe_b64encode(place.encode("ascii")).decode().rstrip("=")


def decode(cursor: str, form: re.Pattern[str] = re.compile(".*", re.DOTALL)) -> str:
    """The place of a cursor, which has this form. Raises WireError if it is none."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if not form.fullmatch(place) or encode(place) != cursor:
        raise bad_cursor()
    return place


def bad_cursor() -> WireError:
    return WireError("cursor", "is not the next_cursor of a page of this list")
