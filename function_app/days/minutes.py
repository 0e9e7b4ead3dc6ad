"""What became of the photos of each minute: how many came in time, late, or not at all.

Minutes are numbered from 1970 on (UTC).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from function_app.storage.models import PhotoTimes, State
from photo_wire.headers import ClockStatus
from photo_wire.moment import from_milliseconds, milliseconds
from photo_wire.name import PhotoName

MINUTES_A_DAY = 1440
LATE = timedelta(minutes=10)
AHEAD = timedelta(minutes=1)  # of the backend's clock: further ahead, a photo's time is wrong
_MILLISECONDS = 60_000


class Facts(NamedTuple):
    """How many photos of some minutes: are stored and came within LATE; are stored and came later,
    the first and the last of them in which minute; are stored and their time is uncertain; were
    lost by a report; are missing in the store; were deleted by retention, and by a person."""

    recorded: int = 0
    late: int = 0
    came_first: int = 0
    came_last: int = 0
    uncertain: int = 0
    lost: int = 0
    missing: int = 0
    expired: int = 0
    deleted: int = 0

    def __add__(self, other: tuple[int, ...]) -> "Facts":  # type: ignore[override]
        one = Facts(*other)
        first = min(filter(None, (self.came_first, one.came_first)), default=0)
        counts = [mine + theirs for mine, theirs in zip(self, other, strict=True)]
        return Facts(*counts)._replace(
            came_first=first, came_last=max(self.came_last, one.came_last)
        )


class PhotoMinute(NamedTuple):
    """A minute in which photos were taken, and what became of them."""

    minute: int
    facts: Facts


_FIELD_OF = {State.LOST: "lost", State.MISSING: "missing", State.EXPIRED: "expired"}


def minute_of(moment: datetime) -> int:
    """Return the number of the minute in which a moment lies."""
    return milliseconds(moment) // _MILLISECONDS


def start_of(minute: int) -> datetime:
    """Return the moment at which a minute begins."""
    return from_milliseconds(minute * _MILLISECONDS)


def facts_of(photo: PhotoTimes) -> Facts:
    """Return what is known of a stored photo. One whose clock was not set, or that was taken after
    it was received, may be of another minute: it never counts as late."""
    taken_at, received_at = photo.name.captured_at, photo.received_at
    if photo.clock == ClockStatus.UNSYNCED or taken_at > received_at + AHEAD:
        return Facts(uncertain=1)
    if received_at - taken_at > LATE:
        return Facts(late=1, came_first=minute_of(received_at), came_last=minute_of(received_at))
    return Facts(recorded=1)


def facts_of_state(state: State) -> Facts:
    """Return what is known of a photo that is not stored. A state that is unknown here counts as
    that of a photo which a person deleted: nothing is shown of it."""
    return Facts(**{_FIELD_OF.get(state, "deleted"): 1})


def photo_minutes(
    photos: Iterable[PhotoTimes], states: Iterable[tuple[PhotoName, State]]
) -> list[PhotoMinute]:
    """Return the minutes of a camera's photos, in their order: of those that are stored, and of
    others by what is known of them."""
    minutes: dict[int, Facts] = {}
    nothing = Facts()
    for photo in photos:
        minute = minute_of(photo.name.captured_at)
        minutes[minute] = minutes.get(minute, nothing) + facts_of(photo)
    for name, state in states:
        minute = minute_of(name.captured_at)
        minutes[minute] = minutes.get(minute, nothing) + facts_of_state(state)
    return [PhotoMinute(minute, minutes[minute]) for minute in sorted(minutes)]


def quarters(photos: Iterable[PhotoTimes]) -> dict[int, int]:
    """Return how many of these photos were taken in each quarter hour of the day (UTC), by its
    number from 0 to 95, if any were."""
    taken = (photo.name.captured_at.astimezone(UTC) for photo in photos)
    counts = Counter(at.hour * 4 + at.minute // 15 for at in taken)
    return dict(sorted(counts.items()))


def to_lists(minutes: Iterable[PhotoMinute], day: int) -> Iterator[list[int]]:
    """Yield each minute as JSON has it: its number, counted from the minute `day`, and its facts
    up to the last one that is not 0."""
    for minute, facts in minutes:
        numbers = [minute - day, *facts]
        while not numbers[-1] and len(numbers) > 1:
            numbers.pop()
        yield numbers


def from_list(numbers: list[int], day: int) -> PhotoMinute:
    """Return the minute that `to_lists` described. Raises TypeError or ValueError if it is none."""
    minute, *facts = map(int, numbers)
    return PhotoMinute(day + minute, Facts(*facts))
