"""Byte ranges and cache validators of a request (RFC 9110)."""

import re
from dataclasses import dataclass

# No file needs more than nineteen digits; a longer number is malformed, and so ignored.
_RANGE = re.compile(
    r"bytes[ \t]*=[ \t]*(?:([0-9]{1,19})-([0-9]{1,19})?|-([0-9]{1,19}))[ \t]*", re.I
)


class UnsatisfiableRangeError(Exception):
    """The range begins after the end of the body: 416."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """`count` bytes, at least one, from byte `first` on."""

    first: int
    count: int

    def content_range(self, size: int) -> str:
        """Return the Content-Range header for a body of `size` bytes."""
        return f"bytes {self.first}-{self.first + self.count - 1}/{size}"


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Return the range that a Range header requests of a body of `size` bytes; None for all of it.

    A malformed header or one with several ranges requests all of it (RFC 9110, section 14.2).
    Raises UnsatisfiableRangeError.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None:
        return None
    first_text, last_text, suffix = match.groups()
    if suffix is not None:
        first, last = max(0, size - int(suffix)), size - 1
    else:
        first = int(first_text)
        last = min(size - 1, int(last_text)) if last_text else size - 1
        if last_text and int(last_text) < first:
            return None
    if first > last:
        raise UnsatisfiableRangeError
    return ByteRange(first, last - first + 1)


def is_cached(if_none_match: str | None, etag: str) -> bool:
    """Return whether If-None-Match names `etag`, or any by `*`: 304. Weak tags count (13.1.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def range_applies(if_range: str | None, etag: str, last_modified: str) -> bool:
    """Return whether a Range counts: without If-Range, or if that names this version (13.1.5)."""
    return if_range is None or if_range.strip() in (etag, last_modified)
