"""How many photos there are, by camera and day, without counting them all again.

For each camera a record says up to which place photos are counted, in the order in which they were
listed, and a record for each month has its days' counts (UTC). Whoever asks counts on from there
and moves the place forward; so the cost is that of the photos which came since somebody asked.

Every change of a camera's counts, by counting and by deletion, is one transaction that writes the
first record, and is refused if that was changed since it was read. A deletion writes it even if the
photo was not counted yet, since a count that is under way may have met it; and it writes there up
to which place photos were deleted, which says whether the last that came may be among them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from function_app.backend import Backend
from function_app.storage.records import Photo, StorageAwayError
from function_app.storage.rows import Rewrite, Row
from function_app.storage.views import PHOTOS, count_up, tallies_of, tally_key

AT_ONCE = 1000
# Photos of a device with a wild clock may be of many months; a transaction takes 100 records.
MOST_MONTHS = 50
# A photo may be listed a little after the moment that its place says: a request ends by then.
SETTLED = timedelta(minutes=5)
_TRIES = 5

Arrival = tuple[str, Photo]  # with its place


@dataclass(frozen=True, slots=True)
class Count:
    """Photos, and the bytes that they have together."""

    photos: int = 0
    size: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.photos + other.photos, self.size + other.size)


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a camera by day, up to `place` in the order of its photos' arrival; `head` is
    the record that says so, if there is one."""

    days: Mapping[date, Count]
    place: str = ""
    head: Row | None = None

    @property
    def gone(self) -> str:
        """Of the photos behind this place none was deleted."""
        return self.head.words.get("gone", "") if self.head else ""

    @property
    def total(self) -> Count:
        return sum(self.days.values(), Count())

    def with_photos(self, found: Iterable[Arrival]) -> "Tally":
        """With these arrivals, which follow its place."""
        days, place = dict(self.days), self.place
        for place, photo in found:  # noqa: B007
            day = photo.name.captured_at.date()
            days[day] = days.get(day, Count()) + Count(1, photo.size)
        return Tally(days, place, self.head)


def tallies(backend: Backend, now: datetime) -> dict[str, Tally]:
    """The tally of each camera at this moment: two requests (and one for each further thousand
    months that cameras have photos of), and those for what is not counted."""
    kept = _kept("n~", "n~~", backend)
    return {
        camera: _up_to_date(camera, kept.get(camera, Tally({})), seen.listed_at, backend, now)
        for camera, seen in sorted(backend.index.cameras().items())
    }


def uncounted(photo: Photo, place: str, backend: Backend) -> Rewrite:
    """What changes when a photo is deleted that is at this place among its camera's arrivals."""
    camera, day = photo.name.camera, photo.name.captured_at.date()
    head = _head(camera, backend)
    words = {**head.words, "gone": max(head.words.get("gone", ""), place)}
    row = None
    if place <= head.words["place"]:
        row = backend.tally.get(PHOTOS, tally_key(camera, _month(day)))
    if row is None or row.words["since"] != head.words["since"]:
        return Rewrite(head, words)
    days = _days(row)
    days[day] = days.get(day, Count()) + Count(-1, -photo.size)
    left = {day: one for day, one in days.items() if one.photos > 0}
    return Rewrite(head, words, {row.key: _words(head, left) if left else None})


def recount(camera: str, backend: Backend, until: datetime) -> None:
    """Have everything counted anew when somebody asks. Photos that came until then may be gone."""
    words = {**_nothing(), "gone": _behind(count_up(until))}
    backend.tally.put(PHOTOS, tally_key(camera), words)


def _up_to_date(
    camera: str, tally: Tally, last_listed: datetime, backend: Backend, now: datetime
) -> Tally:
    settled, tries = now - SETTLED, _TRIES
    while tries and tally.place < _behind(count_up(min(last_listed, settled))):
        if tally.head is None:
            _head(camera, backend)
            tally = _again(camera, backend)
        page = backend.index.arrived(camera, settled, AT_ONCE, tally.place)
        if not page:
            break
        found = _of_few_months(page)
        counted = tally.with_photos(found)
        is_all = len(found) < AT_ONCE and len(found) == len(page)
        if is_all:
            counted = replace(counted, place=_behind(counted.place[:15]))
        if not _save(camera, counted, found, backend):
            tries -= 1  # somebody else counted or deleted meanwhile: go on from there
        elif is_all:
            tally = counted
            break
        tally = _again(camera, backend)
    if tries and last_listed < settled:
        return tally
    for page in _arrived(camera, now + SETTLED, tally.place, backend):
        tally = tally.with_photos(page)
    return tally


def _arrived(
    camera: str, before: datetime, place: str, backend: Backend
) -> Iterator[list[Arrival]]:
    """The camera's photos behind this place, page by page."""
    while found := backend.index.arrived(camera, before, AT_ONCE, place):
        yield found
        if len(found) < AT_ONCE:
            return
        place = found[-1][0]


def _behind(moment: str) -> str:
    """The place behind all that was listed in this millisecond."""
    return f"{moment}~~"


def _of_few_months(page: list[Arrival]) -> list[Arrival]:
    """The first of these, as many as may be saved together."""
    months: set[str] = set()
    for number, (_, photo) in enumerate(page):
        months.add(_month(photo.name.captured_at.date()))
        if len(months) > MOST_MONTHS:
            return page[:number]
    return page


def _save(camera: str, counted: Tally, found: list[Arrival], backend: Backend) -> bool:
    """Write the place and the months of what was found; False if the record was changed."""
    head = counted.head
    if head is None:
        return False
    months: dict[str, dict[date, Count]] = {
        _month(photo.name.captured_at.date()): {} for _, photo in found
    }
    for day, count in counted.days.items():
        if _month(day) in months:
            months[_month(day)][day] = count
    others = {tally_key(camera, month): _words(head, days) for month, days in months.items()}
    words = {**head.words, "place": counted.place}
    return backend.tally.rewrite(PHOTOS, Rewrite(head, words, others))


def _again(camera: str, backend: Backend) -> Tally:
    """The camera's tally as it is kept now."""
    first = tallies_of(camera)
    return _kept(first, f"{first}~", backend).get(camera, Tally({}))


def _kept(first: str, end: str, backend: Backend) -> dict[str, Tally]:
    """The tallies whose records lie between two keys, by camera."""
    found: dict[str, tuple[Row, dict[date, Count]]] = {}
    while rows := backend.tally.walk(PHOTOS, AT_ONCE, first, end):
        for row in rows:
            camera = row.key.split("~")[1]
            if row.key == tally_key(camera):
                found[camera] = (row, {})
            elif camera in found and row.words["since"] == found[camera][0].words["since"]:
                found[camera][1].update(_days(row))
        if len(rows) < AT_ONCE:
            break
        first = rows[-1].key
    return {
        camera: Tally(days, head.words["place"], head) for camera, (head, days) in found.items()
    }


def _head(camera: str, backend: Backend) -> Row:
    """The camera's first record, which is made if there is none."""
    key = tally_key(camera)
    head = backend.tally.get(PHOTOS, key)
    if head is None:
        backend.tally.insert(PHOTOS, key, _nothing())
        head = backend.tally.get(PHOTOS, key)
    if head is None:
        raise StorageAwayError(f"the record {key} was there and is gone")
    return head


def _nothing() -> dict[str, str]:
    """The first record before anything is counted. Months that were counted before it had this
    `since` are not counted any more, though their records are there."""
    return {"place": "", "since": uuid4().hex}


def _words(head: Row, days: Mapping[date, Count]) -> dict[str, str]:
    """A month's record."""
    counts = {f"{day}": [one.photos, one.size] for day, one in sorted(days.items())}
    return {"since": head.words["since"], "days": json.dumps(counts, separators=(",", ":"))}


def _days(row: Row) -> dict[date, Count]:
    counts = json.loads(row.words["days"])
    return {date.fromisoformat(day): Count(*one) for day, one in counts.items()}


def _month(day: date) -> str:
    return f"{day}"[:7]
