"""A photo's one name: `{camera}-{YYYYMMDD}T{HHMMSSmmm}Z-{random 8 hex}`.

For example `entry-20261120T120134567Z-5f3a9c2e`. It is given once, when the photo is taken. It
is part of the spool's file name, of every URL, of the blob's path and of the key in the index: one
search term from the Pi's log to Storage Explorer.
"""

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache

from photo_wire.errors import WireError, quoted
from photo_wire.moment import EPOCH, to_milliseconds

_CAMERA = r"[a-z0-9][a-z0-9-]{0,31}"
_DAY, _CLOCK = r"([0-9]{4})([0-9]{2})([0-9]{2})", r"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{3})"
_NAME = re.compile(rf"({_CAMERA})-{_DAY}T{_CLOCK}Z-([0-9a-f]{{8}})")
_CAMERA_NAME, _TAG = re.compile(_CAMERA), re.compile(r"[0-9a-f]{8}")
CAMERA_AND_DAY = (
    rf"({_CAMERA})-([0-9]{{8}})T(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9][0-9]{{3}}Z-[0-9a-f]{{8}}"
)
"""A regular expression for counting: what matches is a name if `is_day` accepts its second group.
Its first group is the camera."""


@dataclass(frozen=True, slots=True)
class PhotoName:
    """The camera that took the photo, when (UTC, milliseconds), and eight hex digits (`tag`) that
    distinguish it from another photo of the same millisecond. `str(name)` is the photo's id."""

    camera: str
    captured_at: datetime
    tag: str
    _text: str | None = field(default=None, init=False, repr=False, compare=False)
    # once it was formatted: an upload needs it nine times

    def __post_init__(self) -> None:
        check_camera(self.camera)
        if self.captured_at.microsecond % 1000 or self.captured_at < EPOCH:
            raise WireError("photo id", "its time is not whole milliseconds from 1970 on")
        if not _TAG.fullmatch(self.tag):
            raise WireError("photo id", f"{quoted(self.tag)} is not eight hex digits")

    def __str__(self) -> str:
        if (text := self._text) is None:
            text = _format(self)
            object.__setattr__(self, "_text", text)
        return text


def new_name(camera: str, captured_at: datetime, tag: str | None = None) -> PhotoName:
    """Return a name for a photo that `camera` took at `captured_at` (aware; cut to milliseconds).

    `tag` is random unless it is given. Raises WireError for a camera name that is not allowed.
    """
    return PhotoName(camera, to_milliseconds(captured_at), tag or os.urandom(4).hex())


def parse_name(text: str, field: str = "photo id") -> PhotoName:
    """Return the name in `text`. Raises WireError, naming `field`, if it is not one."""
    match = _NAME.fullmatch(text)
    if match is None:
        raise _not_a_name(field, text)
    camera, *parts, tag = match.groups()
    year, month, day, hour, minute, second, ms = map(int, parts)
    try:  # not strptime: lists parse a thousand names at once, and it takes five times as long
        moment = datetime(year, month, day, hour, minute, second, ms * 1000, UTC)
        return PhotoName(camera, moment, tag)
    except ValueError:  # no such day or hour, or a moment before 1970
        raise _not_a_name(field, text) from None


@lru_cache(maxsize=1024)
def is_day(digits: str) -> bool:
    """Return whether YYYYMMDD is a day from 1970 on, as in the name of a photo."""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return day >= EPOCH.date()


def check_camera(text: str, field: str = "camera") -> str:
    """Return `text` if it can be a camera's name. Raises WireError, naming `field`, if not."""
    if not _CAMERA_NAME.fullmatch(text):
        raise WireError(
            field,
            f"{quoted(text)} is not a camera's name; use 1 to 32 of a-z, 0-9 and -, "
            "beginning with a letter or digit",
        )
    return text


def _format(name: PhotoName) -> str:
    at = name.captured_at.astimezone(UTC)
    # by hand: strftime takes three times as long
    day = f"{at.year:04d}{at.month:02d}{at.day:02d}"
    time = f"{at.hour:02d}{at.minute:02d}{at.second:02d}{at.microsecond // 1000:03d}"
    return f"{name.camera}-{day}T{time}Z-{name.tag}"


def _not_a_name(field: str, text: str) -> WireError:
    return WireError(
        field,
        f"{quoted(text)} is not a photo's name; expected e.g. entry-20261120T120134567Z-5f3a9c2e",
    )
