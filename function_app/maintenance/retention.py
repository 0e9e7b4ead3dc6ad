"""Delete photos that are older than the retention policy allows: cameras take turns, and of each
camera the oldest photos go first.

A photo that is protected stays. So that no run reads it again, a row for its camera says up to
where all photos that were left are protected, and the next run begins after it.
"""

import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain, zip_longest
from secrets import SystemRandom

from function_app.maintenance.deletion import delete
from function_app.services import Services
from function_app.storage.photo_counts import POSITION, Arrival
from function_app.storage.row_keys import arrived_at
from function_app.storage.table_store import Entity

MAX_REQUESTED = 1000  # deletions in one request
RUN_SECONDS = 150.0  # the platform ends a request at 230 s, a timer's call at 300 s or later
PAGE_SIZE = 100  # photos of a camera before it is the next one's turn
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Cleanup:
    """How many photos a run deleted (or a dry run would have) by camera, and how long ago the most
    overdue of the remaining photos should have been deleted; None if none is due."""

    deleted: Mapping[str, int]
    overdue_by: timedelta | None

    @property
    def more(self) -> bool:
        """Whether photos that are due remain."""
        return self.overdue_by is not None


class Outcome(Enum):
    """What became of a photo that was due, or would have in a dry run."""

    DELETED = "deleted"
    KEPT = "kept"  # it is protected
    ORPHAN = "orphan"


@dataclass(slots=True)
class _Turn:
    """A camera, the moment before which its photos are due, and the position up to which they are
    done. `saved` is the row with the position that an earlier run saved; `has_kept`: this run left
    a protected photo."""

    camera: str
    before: datetime
    saved: Entity | None = None
    position: str = ""
    has_kept: bool = False

    def __post_init__(self) -> None:
        self.position = self.saved.properties.get(POSITION, "") if self.saved else ""

    def next_page(self, count: int, services: Services) -> list[Arrival]:
        """Return the next photos that are due, and move the position behind them."""
        page = services.index.list_arrivals(self.camera, self.before, count, self.position)
        if page:
            self.position = page[-1][0]
        return page

    def overdue_by(self, services: Services) -> timedelta | None:
        """Return how long ago the next photo should have been deleted; None if none is due."""
        page = services.index.list_arrivals(self.camera, self.before, 1, self.position)
        return self.before - arrived_at(page[0][0]) if page else None

    def save(self, services: Services) -> None:
        """Save the position if protected photos are before it. If somebody ended a protection
        meanwhile, the next run reads them again."""
        if self.has_kept:
            services.index.save_retention_position(self.camera, self.position, self.saved)


def clean_up(
    services: Services,
    now: datetime,
    max_deleted: int = sys.maxsize,
    dry_run: bool = False,
    seconds: float = RUN_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Cleanup:
    """Delete photos that are due until none is left, `max_deleted` are deleted, or `seconds` have
    passed, measured by `clock`. A dry run only counts them. It may be stopped at any point and
    called again. Raises StorageUnavailableError."""
    end, left = clock() + seconds, max_deleted
    turns = _turns(services, now)
    deleted: Counter[str] = Counter()
    with ThreadPoolExecutor(_THREADS) as pool:
        while turns and left and clock() < end:
            group = [turns.popleft() for _ in range(min(_THREADS, left, len(turns)))]
            count = min(PAGE_SIZE, left // len(group))
            pages = list(pool.map(lambda turn: turn.next_page(count, services), group))  # noqa: B023
            arrivals = _interleave(pages)
            done = pool.map(lambda arrival: delete_due(arrival, services, dry_run), arrivals)
            outcomes = list(zip(arrivals, done, strict=True))
            kept = [
                photo.name.camera for (_, photo), outcome in outcomes if outcome is Outcome.KEPT
            ]
            deleted.update(
                photo.name.camera for (_, photo), outcome in outcomes if outcome is Outcome.DELETED
            )
            left -= len(outcomes) - len(kept)
            for turn, page in zip(group, pages, strict=True):
                turn.has_kept = turn.has_kept or turn.camera in kept
                if len(page) == count:
                    turns.append(turn)
                elif not dry_run:
                    turn.save(services)
        overdue = list(pool.map(lambda turn: turn.overdue_by(services), turns))
    for turn in () if dry_run else turns:
        turn.save(services)
    return Cleanup(deleted, max((one for one in overdue if one is not None), default=None))


def delete_due(arrival: Arrival, services: Services, dry_run: bool = False) -> Outcome:
    """Delete a photo that is due, unless it is protected. An orphan, a row among the arrivals that
    belongs to no indexed photo, is removed too, and subtracted from the counts. A dry run deletes
    nothing."""
    position, photo = arrival
    if services.index.position(photo.name) != position:
        if not dry_run:
            services.index.remove_orphan(photo.name.camera, position, photo)
        return Outcome.ORPHAN
    is_deleted = not photo.is_protected and (dry_run or delete(photo, services))
    return Outcome.DELETED if is_deleted else Outcome.KEPT


def _turns(services: Services, now: datetime) -> deque[_Turn]:
    """Return the cameras whose photos are not kept for ever. The order is random, so that it is not
    always the same cameras that wait for the next run."""
    retention = services.settings.retention
    times = {camera: retention.for_camera(camera) for camera in services.index.cameras()}
    saved = services.index.retention_positions()
    turns = [
        _Turn(camera, now - time, saved.get(camera))
        for camera, time in times.items()
        if time is not None
    ]
    SystemRandom().shuffle(turns)
    return deque(turns)


def _interleave(pages: list[list[Arrival]]) -> list[Arrival]:
    """Return one photo of each camera, then the next of each: those of one camera share the row of
    its counts, and would make each other wait."""
    rounds = chain.from_iterable(zip_longest(*pages))
    return [arrival for arrival in rounds if arrival is not None]
