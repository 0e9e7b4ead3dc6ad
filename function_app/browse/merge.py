"""One list made of several cameras' own lists, without reading a row of any other camera.

So whoever may see some cameras learns nothing of the others, not even when they took photos
(docs/decisions/0036-a-list-of-ones-own-rows.md).
"""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

MAX_READS_AT_ONCE = 8

Entry = TypeVar("Entry")
Read = Callable[[str, int, Entry | None], list[Entry]]
"""Up to so many entries of a camera's list, in order, behind an entry of it, or (None) from where
the page begins. Fewer mean that the list ends there."""


def merge(
    cameras: Collection[str], read: Read[Entry], key: Callable[[Entry], str], count: int
) -> list[Entry]:
    """The first `count` entries of all these cameras' lists together, in the order of `key`.

    Each list is read at least once, and at first only for its share of the page; then more of those
    of which entries may be missing, twice as many each time. So a page costs one request a camera
    and a few, and about three times its size in entries, however long the lists are.
    """
    if len(cameras) < 2:
        return [entry for camera in cameras for entry in read(camera, count, None)]
    size = min(count, 2 * count // len(cameras) + 1)
    found: dict[str, list[Entry]] = {camera: [] for camera in cameras}
    behind = sorted(cameras)  # of which the next entries are read

    def read_on(camera: str) -> list[Entry]:
        return read(camera, size, found[camera][-1] if found[camera] else None)

    with ThreadPoolExecutor(min(MAX_READS_AT_ONCE, len(cameras))) as pool:
        while behind:
            more = dict(zip(behind, pool.map(read_on, behind), strict=True))
            for camera, entries in more.items():
                found[camera] += entries
            merged = sorted((one for entries in found.values() for one in entries), key=key)
            end = key(merged[count - 1]) if len(merged) >= count else None
            behind = [
                camera
                for camera, entries in more.items()
                if len(entries) == size and (end is None or key(entries[-1]) < end)
            ]
            size = min(2 * size, count)
    return merged[:count]
