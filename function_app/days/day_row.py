"""The row of a camera and a day (UTC): what its device said, what became of its photos, and what
both were derived from."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import NamedTuple

from function_app.days import device_runs, minutes, quarter_rows
from function_app.days.device_runs import DeviceRun
from function_app.days.lane import Known
from function_app.days.minutes import MINUTES_A_DAY, PhotoMinute, minute_of
from photo_wire.moment import format_time, parse_time

# Columns. The minutes of photos have one for each quarter of a day, since a column holds 32 Ki
# characters: each minute may take 60.
SOURCE, COUNTED, SETTLED, HEARD = "source", "counted", "settled", "heard"
RUNS = "labels"  # what a condition was called
STUBS = "stubs"  # by quarter hour, such as `37:2 38:1`; only if there are some
PHOTOS = ("photos0", "photos1", "photos2", "photos3")
_QUARTER = MINUTES_A_DAY // len(PHOTOS)
AS_OF = "as_of"  # of a header
FIRST_DAY = "first_day"  # of the guard: the first day with a stored photo, empty if there is none
CAMERAS = "cameras"  # of the guard, with a number: the names of all, of at most 32 characters each
_NAMES = 900  # in a column, which holds 32 Ki characters
# Of older minutes a lane shows nothing but photos. What became of a photo that was deleted is known
# for 365 days, and what devices said for 400.
KEPT = timedelta(days=365)
QUARTER_HOUR = timedelta(minutes=15)
MALFORMED = (KeyError, TypeError, ValueError)


class Source(NamedTuple):
    """What the device's row said when a camera's row was derived from it: when its last heartbeat
    came, when it last changed what its cameras do, whether it is silent, before when no photo
    waits, and whether it has other cameras. `device` is empty if no device has the camera."""

    device: str = ""
    received_at: str = ""
    changed_at: str = ""
    is_silent: str = ""
    settled_until: str = ""
    is_shared: str = ""

    @property
    def conditions(self) -> tuple[str, ...]:
        """What changes whenever the conditions of the device's cameras do."""
        return self.device, self.changed_at, self.is_silent


class DayCounts(NamedTuple):
    """How many photos of a day ever came, are stored, and were lost, and how many stubs are
    stored."""

    received: int = 0
    stored: int = 0
    lost: int = 0
    stubs: int = 0


class DayRow(NamedTuple):
    """What is known of a camera on a day. `counted` are the counts as of which `photos` and `stubs`
    are. Stubs are counted by quarter hours, by their numbers from 0 to 95. `settled` and `heard`
    are minutes of the day, as in `Known`."""

    source: Source
    runs: Sequence[DeviceRun]
    settled: int
    heard: int
    photos: Sequence[PhotoMinute] = ()
    counted: DayCounts = DayCounts()
    stubs: Mapping[int, int] = {}

    def known(self, day: date, as_of: int, sees_all: bool) -> Known:
        """Return what the row says, as of this minute. Whoever does not see all cameras is not told
        that photos wait on a device with other cameras: they may be of those."""
        first = first_minute(day)
        settled = self.heard if self.source.is_shared and not sees_all else self.settled
        end = first + MINUTES_A_DAY
        return Known(first, end, self.runs, self.photos, settled, self.heard, as_of)

    def stubs_between(self, day: date, start: datetime, end: datetime) -> int:
        """Return how many stubs were taken from `start` until before `end`, of whole quarters of an
        hour: so days begin in all zones of today."""
        midnight = start_of_day(day)
        return sum(
            count
            for quarter, count in self.stubs.items()
            if start <= midnight + quarter * QUARTER_HOUR < end
        )

    def to_properties(self, day: date) -> dict[str, str]:
        """Return the columns."""
        first = first_minute(day)
        lists: list[list[list[int]]] = [[] for _ in PHOTOS]
        numbers_of_day = self.counted if self.counted.stubs else self.counted[:3]
        for numbers in minutes.to_lists(self.photos, first):
            lists[numbers[0] // _QUARTER].append(numbers)
        return {
            SOURCE: _dump(self.source),
            COUNTED: " ".join(map(str, numbers_of_day)),  # older versions had three
            RUNS: _dump(device_runs.to_lists(self.runs, first)),
            SETTLED: str(self.settled - first),
            HEARD: str(self.heard - first),
            **{name: _dump(one) for name, one in zip(PHOTOS, lists, strict=True) if one},
            **({STUBS: quarter_rows.to_text(self.stubs)} if self.stubs else {}),
        }


def parse_source(properties: Mapping[str, str]) -> Source | None:
    """Return what a row was derived from; None if somebody changed it by hand."""
    try:
        return Source(*json.loads(properties[SOURCE]))
    except MALFORMED:
        return None


def parse_day_row(properties: Mapping[str, str], day: date) -> DayRow | None:
    """Return the row that `DayRow.to_properties` described; None if somebody changed it by hand: it
    is built again."""
    first = first_minute(day)
    try:
        received, stored, lost, *stubs = map(int, properties[COUNTED].split())
        counted = DayCounts(received, stored, lost, stubs[0] if stubs else 0)
        photos = [
            minutes.from_list(numbers, first)
            for name in PHOTOS
            for numbers in json.loads(properties.get(name, "[]"))
        ]
        runs = device_runs.from_lists(json.loads(properties[RUNS]), first)
        return DayRow(
            Source(*json.loads(properties[SOURCE])),
            runs,
            first + int(properties[SETTLED]),
            first + int(properties[HEARD]),
            photos,
            counted,
            quarter_rows.parse_text(properties.get(STUBS, "")),
        )
    except MALFORMED:
        return None


def first_minute(day: date) -> int:
    """Return the first minute of a day (UTC)."""
    return minute_of(start_of_day(day))


def start_of_day(day: date) -> datetime:
    """Return the moment at which a day begins (UTC)."""
    return datetime.combine(day, time(), UTC)


def end_of_day(day: date) -> datetime:
    """Return the moment at which the next day begins (UTC); of the last day that there is, its last
    moment."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of_day(day + timedelta(days=1))


def header(as_of: datetime) -> dict[str, str]:
    """Return the columns of a day's header."""
    return {AS_OF: format_time(as_of)}


def as_of(properties: Mapping[str, str]) -> datetime | None:
    """Return as of which moment the rows of the day with this header are, if it says so."""
    try:
        return parse_time(properties[AS_OF])
    except MALFORMED:  # WireError is a ValueError
        return None


def first_day(properties: Mapping[str, str]) -> date | None:
    """Return the first day with a stored photo, if the guard with these columns says it."""
    try:
        return date.fromisoformat(properties[FIRST_DAY])
    except MALFORMED:
        return None


def camera_columns(cameras: Iterable[str]) -> dict[str, str]:
    """Return the columns of the guard with the names of these cameras."""
    names = sorted(cameras)
    return {
        f"{CAMERAS}{place // _NAMES}": " ".join(names[place : place + _NAMES])
        for place in range(0, len(names), _NAMES)
    }


def cameras(properties: Mapping[str, str]) -> list[str]:
    """Return the cameras of which the guard with these columns has the names."""
    columns = (text for name, text in properties.items() if name.startswith(CAMERAS))
    return sorted(chain.from_iterable(map(str.split, columns)))


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
