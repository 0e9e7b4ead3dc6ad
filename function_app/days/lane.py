"""The lane of a camera: what it did in each minute of a span, and why
(docs/decisions/0122-a-minute-says-what-became-of-its-photos.md).

What is known is given for parts of the span, one after the other, such as the days (UTC) that have
rows. A minute has one condition, by the first of these rules:

1. A photo of it was lost, or is missing in the store: lost.
2. A photo of it is stored that came within ten minutes: recorded. So is one whose time is
   uncertain, with that as the reason.
3. A photo of it is stored, and came later: late.
4. Retention deleted its photos: expired.
5. A person deleted its photos: unknown.
6. Otherwise it has the state that its device reported: silent, disarmed, failing, quiet or unknown.
   Minutes after the last heartbeat, or after the oldest photo that waits on the device, are
   unknown, unless the device is silent: nobody has said yet that nothing happened.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from function_app.days.device_runs import DeviceRun
from function_app.days.minutes import Facts, PhotoMinute, minute_of, start_of
from function_app.devices import conditions
from function_app.devices.conditions import NOT_HEARD_YET, PHOTOS_WAIT, State
from photo_wire.moment import format_time

NOT_COUNTED_YET = conditions.Condition(State.UNKNOWN, "not-counted-yet")
TOO_OLD = conditions.Condition(State.EXPIRED, "older-than-kept")
TIME_UNCERTAIN = "time-uncertain"
MISSING = "missing"
DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class LaneCondition:
    """What a camera did. `details` are the numbers and moments behind it, by name; the moments as
    the wire has them."""

    state: State
    reason: str | None = None
    details: Mapping[str, int | str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interval:
    """A camera's condition from the beginning of a minute until that of another."""

    start: datetime
    end: datetime
    condition: LaneCondition

    def describe(self) -> dict[str, object]:
        """Return the interval as the API's JSON."""
        return {
            "from": format_time(self.start),
            "to": format_time(self.end),
            "state": self.condition.state,
            "reason": self.condition.reason,
            "details": dict(self.condition.details),
        }


@dataclass(frozen=True, slots=True)
class Lane:
    """The intervals of a camera, without gaps; as of which moment they are, None if never; and how
    many stubs are stored of this time."""

    camera: str
    intervals: list[Interval]
    as_of: datetime | None = None
    stubs: int = 0


class Known(NamedTuple):
    """What is known of a camera in the minutes from `first` to before `end`: what its device said,
    what became of photos, and before which minute that is so: all photos that were taken before
    `settled` have arrived, a heartbeat came after `heard`, and `as_of` is when all of this was
    read."""

    first: int
    end: int
    device: Sequence[DeviceRun] = ()
    photos: Sequence[PhotoMinute] = ()
    settled: int = 0
    heard: int = 0
    as_of: int = 0


class _Piece(NamedTuple):
    """Minutes with one condition; of a silence its beginning and end, and what became of photos."""

    first: int
    end: int
    state: State
    reason: str | None
    since: datetime | None = None
    until: datetime | None = None
    facts: Facts | None = None

    @property
    def look(self) -> tuple[object, ...]:
        """What it has in common with a neighbour that belongs to the same interval."""
        return self.state, self.reason, self.since, self.until


def intervals(
    known: Iterable[Known], first: int, end: int, kept_from: int, shows_deleted: bool
) -> list[Interval]:
    """Return the intervals from the minute `first` to before `end`. Minutes before `kept_from` of
    which nothing is known any more are expired. `shows_deleted` says that a person deleted the
    photos of a minute, where that is the reason."""
    pieces: list[_Piece] = []
    for piece in chain.from_iterable(_pieces(one, first, end, kept_from) for one in known):
        if piece.reason == DELETED and not shows_deleted:
            piece = piece._replace(reason=None)
        last = pieces[-1] if pieces else None
        if last and last.end == piece.first and last.look == piece.look:
            facts = last.facts + piece.facts if last.facts and piece.facts else None
            pieces[-1] = last._replace(end=piece.end, facts=facts)
        else:
            pieces.append(piece)
    return [
        Interval(start_of(one.first), start_of(one.end), _condition(one, pieces, shows_deleted))
        for one in pieces
    ]


def _pieces(known: Known, first: int, end: int, kept_from: int) -> Iterator[_Piece]:
    """Yield what is known as pieces: those of photos in place of what the device said."""
    first, end = max(known.first, first), min(known.end, end)
    at = first
    for minute, facts in known.photos:
        if at <= minute < min(end, known.as_of):
            yield from _device_pieces(known, at, minute, kept_from)
            at = minute + 1
            yield _Piece(minute, at, *_photo_condition(facts), facts=facts)
    yield from _device_pieces(known, at, end, kept_from)


def _photo_condition(facts: Facts) -> tuple[State, str | None]:
    if facts.lost or facts.missing:
        return State.LOST, None if facts.lost else MISSING
    if facts.recorded or facts.uncertain:
        return State.RECORDED, None if facts.recorded else TIME_UNCERTAIN
    if facts.late:
        return State.LATE, None
    return (State.EXPIRED, None) if facts.expired else (State.UNKNOWN, DELETED)


def _device_pieces(known: Known, first: int, end: int, kept_from: int) -> Iterator[_Piece]:
    """Yield what the device said of some minutes."""
    if first < min(end, kept_from):
        yield _Piece(first, min(end, kept_from), *TOO_OLD)
        first = min(end, kept_from)
    ends = [*(run.first for run in known.device[1:]), known.end]
    for run, run_end in zip(known.device, ends, strict=False):
        start, stop = max(run.first, first), min(run_end, end, known.as_of)
        if start >= stop:
            continue
        if run.condition.state in (State.SILENT, State.UNKNOWN):
            yield _Piece(start, stop, *run.condition, run.since, run.until)
            continue
        for bound, condition in (
            (known.settled, run.condition),
            (known.heard, PHOTOS_WAIT),
            (stop, NOT_HEARD_YET),
        ):
            if start < min(bound, stop):
                yield _Piece(start, min(bound, stop), *condition)
                start = min(bound, stop)
    if max(first, known.as_of) < end:
        yield _Piece(max(first, known.as_of), end, *NOT_COUNTED_YET)


def _condition(piece: _Piece, pieces: Sequence[_Piece], shows_deleted: bool) -> LaneCondition:
    """Return the condition of a piece, with its details."""
    if piece.state is State.SILENT and piece.since:
        return LaneCondition(piece.state, piece.reason, _silence_details(piece, pieces))
    if piece.facts is None or piece.state is State.UNKNOWN:
        return LaneCondition(piece.state, piece.reason)
    return LaneCondition(piece.state, piece.reason, _photo_details(piece.facts, shows_deleted))


def _photo_details(facts: Facts, shows_deleted: bool) -> dict[str, int | str | None]:
    """Return how many photos are stored, and how many of them came late, were lost, are missing or
    were deleted, if any."""
    details: dict[str, int | str | None] = {
        "photos": facts.recorded + facts.uncertain + facts.late,
        "late": facts.late,
        "lost": facts.lost,
        "missing": facts.missing,
        "expired": facts.expired,
        "deleted": facts.deleted if shows_deleted else 0,
        **_came(facts),
    }
    return {name: value for name, value in details.items() if value}


def _silence_details(piece: _Piece, pieces: Sequence[_Piece]) -> dict[str, int | str | None]:
    """Return between which heartbeats the silence was, and how many photos of it came, and when;
    of those in the lane that is shown."""
    assert piece.since
    since, until = minute_of(piece.since), minute_of(piece.until) if piece.until else None
    facts = Facts()
    for one in pieces:
        if one.facts and since <= one.first and (until is None or one.end <= until + 1):
            facts += one.facts
    return {
        "from": format_time(piece.since),
        "to": format_time(piece.until) if piece.until else None,
        "photos": facts.recorded + facts.uncertain + facts.late,
        **_came(facts),
    }


def _came(facts: Facts) -> dict[str, int | str | None]:
    """Return in which minutes the first and the last of the late photos came."""
    if not facts.late:
        return {}
    first, last = start_of(facts.came_first), start_of(facts.came_last)
    return {"came_from": format_time(first), "came_to": format_time(last)}
