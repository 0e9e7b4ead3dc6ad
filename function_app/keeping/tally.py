"""How many photos there are, by camera and day, without counting them all again.

For each camera a record keeps the counts up to some place in the order in which photos were listed.
Whoever asks counts on from there, and moves the record's place forward; so the cost is that of the
photos which came since somebody asked. Days are those of UTC. A crash at a deletion may leave the
counts off by one until the next repair, which has everything counted anew.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from function_app.backend import Backend
from function_app.storage.records import Photo
from function_app.storage.rows import Row
from function_app.storage.views import count_up

PARTITION = "cameras"
AT_ONCE = 1000
MOST_CAMERAS = 1000
# A photo may be listed a little after the moment that its place says: a request ends by then.
SETTLED = timedelta(minutes=5)
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Count:
    """Photos, and the bytes that they have together."""

    photos: int = 0
    size: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.photos + other.photos, self.size + other.size)


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a camera by day, up to `place` in the order of its photos' arrival."""

    days: Mapping[date, Count]
    place: str = ""

    @property
    def total(self) -> Count:
        return sum(self.days.values(), Count())

    def with_photos(self, found: list[tuple[str, Photo]]) -> "Tally":
        """With these arrivals, which follow its place."""
        days = dict(self.days)
        for _, photo in found:
            day = photo.name.captured_at.date()
            days[day] = days.get(day, Count()) + Count(1, photo.size)
        return Tally(days, found[-1][0] if found else self.place)

    def without(self, photo: Photo) -> "Tally":
        day = photo.name.captured_at.date()
        days = {**self.days, day: self.days.get(day, Count()) + Count(-1, -photo.size)}
        return Tally({day: one for day, one in days.items() if one.photos > 0}, self.place)

    def to_words(self) -> dict[str, str]:
        days = {f"{day}": [one.photos, one.size] for day, one in sorted(self.days.items())}
        return {"place": self.place, "days": json.dumps(days, separators=(",", ":"))}


def tallies(backend: Backend, now: datetime) -> dict[str, Tally]:
    """The tally of each camera at this moment: two requests, and those for what is not counted."""
    rows = {row.key: row for row in backend.tally.walk(PARTITION, MOST_CAMERAS)}
    return {
        camera: _up_to_date(camera, rows.get(camera), seen.listed_at, backend, now)
        for camera, seen in sorted(backend.index.cameras().items())
    }


def uncount(photo: Photo, backend: Backend) -> None:
    """Take a photo that is about to be deleted out of its camera's tally, if it is in it."""
    camera = photo.name.camera
    for _ in range(_TRIES):
        row = backend.tally.get(PARTITION, camera)
        if row is None:
            return
        tally = _tally(row)
        place = f"{count_up(photo.received_at)}~{photo.name}"
        if place > tally.place or backend.tally.replace(
            PARTITION, row, tally.without(photo).to_words()
        ):
            return


def recount(camera: str, backend: Backend) -> None:
    """Have everything counted anew when somebody asks."""
    backend.tally.remove(PARTITION, camera)


def _up_to_date(
    camera: str, row: Row | None, last_listed: datetime, backend: Backend, now: datetime
) -> Tally:
    tally = _tally(row) if row else Tally({})
    settled = now - SETTLED
    if tally.place[:15] < count_up(min(last_listed, settled)):
        counted = tally
        while found := backend.index.arrived(camera, settled, AT_ONCE, counted.place):
            counted = counted.with_photos(found)
            if len(found) < AT_ONCE:
                break
        if counted.place != tally.place:
            tally = counted
            if row is None:
                backend.tally.insert(PARTITION, camera, tally.to_words())
            else:  # somebody else may have counted meanwhile, and that is as good
                backend.tally.replace(PARTITION, row, tally.to_words())
    if last_listed < settled:
        return tally
    fresh = backend.index.arrived(camera, now + SETTLED, AT_ONCE, tally.place)
    return Tally(tally.with_photos(fresh).days, tally.place)


def _tally(row: Row) -> Tally:
    days = json.loads(row.words["days"])
    return Tally(
        {date.fromisoformat(day): Count(*counts) for day, counts in days.items()},
        row.words["place"],
    )
