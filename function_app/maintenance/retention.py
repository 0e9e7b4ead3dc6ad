"""Photos whose time is over are deleted: cameras in turns, of each camera the oldest first."""

import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from secrets import SystemRandom

from function_app.maintenance.deletion import delete
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.row_keys import arrived_at

MAX_AT_ONCE = 1000  # deletions that a person asks for in a request
SECONDS = 150.0  # of a run: the platform ends a request at 230, a timer's call at 300 or later
STEP = 100  # photos of a camera, before it is the next one's turn
_THREADS = 8

Arrival = tuple[str, Photo]  # a photo, behind its place among its camera's arrivals


@dataclass(frozen=True, slots=True)
class Cleanup:
    """What a run deleted (or would have), by camera, and how long ago the photo that is most behind
    should have been deleted; None if nothing more is due."""

    deleted: Mapping[str, int]
    behind: timedelta | None

    @property
    def more(self) -> bool:
        return self.behind is not None


@dataclass(slots=True)
class _Turn:
    """A camera, the moment before which its photos are due, and up to where it is done."""

    camera: str
    before: datetime
    place: str = ""

    def take(self, count: int, services: Services) -> list[Arrival]:
        found = services.index.list_arrivals(self.camera, self.before, count, self.place)
        if found:
            self.place = found[-1][0]
        return found

    def behind(self, services: Services) -> timedelta | None:
        """How long ago the next of its photos should have been deleted."""
        found = services.index.list_arrivals(self.camera, self.before, 1, self.place)
        return self.before - arrived_at(found[0][0]) if found else None


def clean_up(
    services: Services,
    now: datetime,
    most: int = sys.maxsize,
    dry_run: bool = False,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Cleanup:
    """Delete photos that are due until there are none, or `most` are deleted, or `seconds` are over
    by `clock`; a dry run only counts them. It may be stopped at any point and run again. Raises
    StorageUnavailableError."""
    end, left = clock() + seconds, most
    turns = _turns(services, now)
    deleted: Counter[str] = Counter()
    with ThreadPoolExecutor(_THREADS) as pool:
        while turns and left and clock() < end:
            some = [turns.popleft() for _ in range(min(_THREADS, left, len(turns)))]
            step = min(STEP, left // len(some))
            found = list(pool.map(lambda turn: turn.take(step, services), some))  # noqa: B023
            for camera in pool.map(
                lambda one: delete_due(one, services, dry_run), _interleave(found)
            ):
                if camera:
                    deleted[camera] += 1
            for turn, arrivals in zip(some, found, strict=True):
                left -= len(arrivals)
                if len(arrivals) == step:
                    turns.append(turn)
        behind = list(pool.map(lambda turn: turn.behind(services), turns))
    return Cleanup(deleted, max((one for one in behind if one is not None), default=None))


def _turns(services: Services, now: datetime) -> deque[_Turn]:
    """The cameras whose photos are not kept for ever. Chance says who begins, so that it is not
    always the same cameras that wait for the next run."""
    retention = services.settings.retention
    kept = {camera: retention.for_camera(camera) for camera in services.index.cameras()}
    turns = [_Turn(camera, now - time) for camera, time in kept.items() if time is not None]
    SystemRandom().shuffle(turns)
    return deque(turns)


def delete_due(arrival: Arrival, services: Services, dry_run: bool = False) -> str | None:
    """Delete a photo whose time is over; returns its camera, or None if it was no photo, only a row
    that was left among the arrivals, which goes too, and is counted out. A dry run deletes none."""
    place, photo = arrival
    camera = photo.name.camera
    is_there = services.index.position(photo.name) == place
    if is_there and not dry_run:
        delete(photo, services)
    elif not dry_run:
        services.index.remove_orphan(camera, place, photo)
    return camera if is_there else None


def _interleave(found: list[list[Arrival]]) -> list[Arrival]:
    """A photo of each camera, and again: those of one camera share a row, its tally."""
    rounds = chain.from_iterable(zip_longest(*found))
    return [arrival for arrival in rounds if arrival is not None]
