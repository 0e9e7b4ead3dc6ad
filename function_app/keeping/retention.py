"""Photos whose time is over are deleted, the oldest first."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from function_app.backend import Backend
from function_app.keeping.deletion import delete

MOST_AT_ONCE = (
    1000  # deletions in a run: a few minutes' work, and the platform ends a call at 230 s
)
_STEP = 100
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Cleanup:
    """What a run deleted (or would have), by camera, and whether more is due."""

    deleted: Mapping[str, int]
    more: bool


def clean_up(backend: Backend, now: datetime, most: int, dry_run: bool = False) -> Cleanup:
    """Delete up to `most` photos that are due; a dry run only counts them. It may be stopped at any
    point and run again. Raises StorageAwayError."""
    deleted: dict[str, int] = {}
    left = most
    for camera in sorted(backend.index.cameras()):
        kept = backend.settings.retention.of(camera)
        if kept is None:
            continue
        place = ""
        while left:
            found = backend.index.arrived(camera, now - kept, min(left, _STEP), place)
            if not found:
                break
            place = found[-1][0]
            if not dry_run:
                with ThreadPoolExecutor(_THREADS) as pool:
                    list(pool.map(lambda one: delete(one[1], backend), found))
            deleted[camera] = deleted.get(camera, 0) + len(found)
            left -= len(found)
        if not left:
            break
    return Cleanup(deleted, more=left == 0)
