"""Lists in pages: cursors, pages of filtered lists, and one list made of several cameras' lists."""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from photo_wire.errors import WireError

MAX_PARALLEL_READS = 8

Entry = TypeVar("Entry")
ReadPage = Callable[[str, int, Entry | None], list[Entry]]
"""Read (camera, count, after): up to `count` entries of a camera's list, in order, after one of
them, or (None) from where the page begins. Fewer entries mean that the list ends there."""


def encode_cursor(position: str) -> str:
    """Return the cursor of a position in a list, which is ASCII. Clients need not know what it
    holds, so that this may change."""
    return base64.urlsafe_b64encode(position.encode("ascii")).decode().rstrip("=")


def decode_cursor(cursor: str, form: re.Pattern[str] = re.compile(".*", re.DOTALL)) -> str:
    """Return the position in a cursor. Raises WireError if the cursor is not one that
    `encode_cursor` made of a position of this form."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise wrong_cursor() from None
    if not form.fullmatch(position) or encode_cursor(position) != cursor:
        raise wrong_cursor()
    return position


def wrong_cursor() -> WireError:
    """Return the error for a cursor that is not one of the list."""
    return WireError("cursor", "must be the next_cursor of a page of this list")


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """The entries that a page shows, and the last one that it passed if another page follows:
    its position is the next cursor."""

    entries: list[Entry]
    last: Entry | None


def take_page(
    found: Sequence[Entry],
    limit: int,
    scan_limit: int | None = None,
    is_shown: Callable[[Entry], bool] = lambda entry: True,
) -> Page[Entry]:
    """Return the page with which a list begins. `found` are its next entries: up to one more
    than `scan_limit`, which tells whether another page follows.

    A filtered list scans more entries than a page shows (`scan_limit` instead of `limit`) and no
    more, so that each page costs about the same: it may show fewer entries than asked for, even
    none, and still have a next one.
    """
    shown: list[Entry] = []
    last: Entry | None = None
    for entry in found[: scan_limit or limit]:
        if len(shown) == limit:
            break
        last = entry
        if is_shown(entry):
            shown.append(entry)
    has_more = last is not None and found[-1] is not last
    return Page(shown, last if has_more else None)


def merge(
    cameras: Collection[str], read: ReadPage[Entry], key: Callable[[Entry], str], count: int
) -> list[Entry]:
    """Return the first `count` entries of these cameras' lists together, in the order of `key`,
    without reading an entry of any other camera. So whoever may see some cameras learns nothing of
    the others, not even when they took photos (docs/decisions/0036-a-list-of-ones-own-rows.md).

    Each list is read at least once, and at first only for its share of the page; then more of those
    of which entries may be missing, twice as many each time. So a page costs one request a camera
    and a few, and about three times its size in entries, however long the lists are.
    """
    if len(cameras) < 2:
        return [entry for camera in cameras for entry in read(camera, count, None)]
    size = min(count, 2 * count // len(cameras) + 1)
    found: dict[str, list[Entry]] = {camera: [] for camera in cameras}
    unfinished = sorted(cameras)  # the next entries of these are read

    def read_on(camera: str) -> list[Entry]:
        return read(camera, size, found[camera][-1] if found[camera] else None)

    with ThreadPoolExecutor(min(MAX_PARALLEL_READS, len(cameras))) as pool:
        while unfinished:
            more = dict(zip(unfinished, pool.map(read_on, unfinished), strict=True))
            for camera, entries in more.items():
                found[camera] += entries
            merged = sorted((one for entries in found.values() for one in entries), key=key)
            end = key(merged[count - 1]) if len(merged) >= count else None
            unfinished = [
                camera
                for camera, entries in more.items()
                if len(entries) == size and (end is None or key(entries[-1]) < end)
            ]
            size = min(2 * size, count)
    return merged[:count]
