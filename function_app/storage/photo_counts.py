"""How many photos a camera has on each day, and the rows that keep it: a checkpoint, and a row for
each month. photo_counters.py changes them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import uuid4

from function_app.storage.errors import DamagedRecordError
from function_app.storage.models import Photo
from function_app.storage.row_keys import checkpoint_key
from function_app.storage.table_store import Entity

# The persisted columns of a checkpoint, by what they mean here.
POSITION = "place"
GENERATION = "since"  # in a month's row too
DELETED_UP_TO = "gone"
DELETED = "deleted"  # how many; in a month's row by day
RESTORED = "restored"  # how many times; it says no more than that something changed
DAYS = "days"  # in a month's row

# What code raises that reads a row which somebody changed.
MALFORMED = (AttributeError, KeyError, TypeError, ValueError)

Arrival = tuple[str, Photo]  # a photo with its position among its camera's arrivals


@dataclass(frozen=True, slots=True)
class Count:
    """A number of photos, and of stubs beside them, and the size of all of these in bytes."""

    photos: int = 0
    size: int = 0
    stubs: int = 0

    @staticmethod
    def of(photo: Photo) -> "Count":
        """Return what one photo, or one stub, adds to a count."""
        return Count(not photo.is_stub, photo.size, int(photo.is_stub))

    def __add__(self, other: "Count") -> "Count":
        return Count(self.photos + other.photos, self.size + other.size, self.stubs + other.stubs)

    def __sub__(self, other: "Count") -> "Count":
        return Count(self.photos - other.photos, self.size - other.size, self.stubs - other.stubs)


@dataclass(frozen=True, slots=True)
class PhotoCounts:
    """The counts of a camera by day, up to `position` among its arrivals. `checkpoint` is the row
    that says so, if there is one. `deleted`: how many photos of a day were deleted, of recent days.
    """

    days: Mapping[date, Count]
    position: str = ""
    checkpoint: Entity | None = None
    deleted: Mapping[date, int] = field(default_factory=dict)

    @property
    def deleted_up_to(self) -> str:
        """The position after which no photo was deleted."""
        return self.checkpoint.properties.get(DELETED_UP_TO, "") if self.checkpoint else ""

    @property
    def generation(self) -> str:
        """What changes whenever all is to be counted anew."""
        return self.checkpoint.properties[GENERATION] if self.checkpoint else ""

    @property
    def total(self) -> Count:
        """The photos of all days."""
        return sum(self.days.values(), Count())

    @property
    def received(self) -> int:
        """How many photos ever came, including those that were deleted since."""
        return self.total.photos + (total_deleted(self.checkpoint) if self.checkpoint else 0)

    def received_on(self, day: date) -> int:
        """Return how many photos of this day, one of the last 366, ever came."""
        return self.days.get(day, Count()).photos + self.deleted.get(day, 0)

    def with_photos(self, arrivals: Iterable[Arrival]) -> "PhotoCounts":
        """Return the counts with these arrivals added, the next ones after `position`."""
        days, position = dict(self.days), self.position
        for position, photo in arrivals:  # noqa: B007
            day = photo.name.captured_at.date()
            days[day] = days.get(day, Count()) + Count.of(photo)
        return replace(self, days=days, position=position)


def new_checkpoint() -> dict[str, str]:
    """Return a checkpoint before all arrivals, of a new generation: months that an earlier
    generation counted do not count any more, although their rows are still there."""
    return {POSITION: "", GENERATION: uuid4().hex}


def month_properties(
    checkpoint: Entity, days: Mapping[date, Count], deleted: Mapping[date, int]
) -> dict[str, str]:
    return {
        GENERATION: checkpoint.properties[GENERATION],
        DAYS: _to_json({f"{day}": _to_list(count) for day, count in days.items()}),
        DELETED: _to_json({f"{day}": number for day, number in deleted.items()}),
    }


def _to_list(count: Count) -> list[int]:
    """Return a count as JSON has it: versions without stubs wrote two numbers."""
    return [count.photos, count.size, *([count.stubs] if count.stubs else [])]


def _to_json(by_day: Mapping[str, object]) -> str:
    return json.dumps(by_day, separators=(",", ":"), sort_keys=True)


def days_in(row: Entity | None, checkpoint: Entity) -> dict[date, Count]:
    """Return the counts in a month's row; none if they are of an earlier generation."""
    if row is None or row.properties[GENERATION] != checkpoint.properties[GENERATION]:
        return {}
    counts = json.loads(row.properties[DAYS])
    return {
        date.fromisoformat(day): Count(int(photos), int(size), *map(int, stubs))
        for day, (photos, size, *stubs) in counts.items()
    }


def deleted_in(row: Entity | None) -> dict[date, int]:
    """Return how many photos of each day of a month were deleted; older versions did not count
    them."""
    counts = json.loads(row.properties.get(DELETED, "{}")) if row else {}
    return {date.fromisoformat(day): int(number) for day, number in counts.items()}


def counts_in(rows: Iterable[Entity], camera: str) -> PhotoCounts:
    """Return the counts of a camera in these rows, its checkpoint first; none if there is no
    checkpoint. Raises DamagedRecordError."""
    checkpoint, *months = rows
    if checkpoint.key != checkpoint_key(camera):
        return PhotoCounts({})
    days: dict[date, Count] = {}
    deleted: dict[date, int] = {}
    key = checkpoint.key
    try:
        position = checkpoint.properties[POSITION]
        total_deleted(checkpoint)
        for row in months:
            key = row.key
            days.update(days_in(row, checkpoint))
            deleted.update(deleted_in(row))
    except MALFORMED as error:
        raise DamagedRecordError(f"the row {key} is damaged ({type(error).__name__})") from None
    return PhotoCounts(days, position, checkpoint, deleted)


def restorations(checkpoint: Entity) -> int:
    """Return how many times a photo of a camera was restored after it was deleted."""
    return int(checkpoint.properties.get(RESTORED, "0"))


def total_deleted(checkpoint: Entity) -> int:
    """Return how many photos of a camera were deleted."""
    return int(checkpoint.properties.get(DELETED, "0"))
