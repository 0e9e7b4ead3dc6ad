"""How many photos there are, by camera and day, without counting them all again.

For each camera a record says up to which place photos are counted, in the order in which they were
listed, and a record for each month has its days' counts (UTC). Whoever asks counts on from there
and moves the place forward; so the cost is that of the photos which came since somebody asked.

Every change of a camera's counts, by counting and by deletion, is one transaction that writes the
first record, and is refused if that was changed since it was read. A deletion writes it even if the
photo was not counted yet, since a count that is under way may have met it; and it writes there up
to which place photos were deleted, which says whether the last that came may be among them.

How many photos were deleted is counted up beside that, in all and by day: with those that are there
they are the photos that ever came. It is a count of its own, which no counting anew begins again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from function_app.services import Services
from function_app.storage.models import Photo, Seen, StorageUnavailableError
from function_app.storage.row_keys import PHOTOS, count_up, tallies_of, tally_key
from function_app.storage.table_store import ConditionalUpdate, Entity

AT_ONCE = 1000
# Photos of a device with a wild clock may be of many months; a transaction takes 100 records.
MAX_MONTHS = 50
# A photo may be listed a little after the moment that its place says: a request ends by then.
SETTLED = timedelta(minutes=5)
_TRIES = 5
_THREADS = 16
_MAX_TRIES = 20  # where each that fails means that another's change was made
ASKED_FOR = timedelta(days=400)  # by day, nobody is told how many were deleted before that
_MAX_FORGOTTEN = 90  # months, in a transaction

Arrival = tuple[str, Photo]  # with its place


@dataclass(frozen=True, slots=True)
class Count:
    """Photos, and the bytes that they have together."""

    photos: int = 0
    size: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.photos + other.photos, self.size + other.size)


@dataclass(frozen=True, slots=True)
class PhotoCounts:
    """The counts of a camera by day, up to `place` in the order of its photos' arrival; `head` is
    the record that says so, if there is one. `deleted`: how many photos of a day were, lately."""

    days: Mapping[date, Count]
    place: str = ""
    head: Entity | None = None
    deleted: Mapping[date, int] = field(default_factory=dict)

    @property
    def gone(self) -> str:
        """Of the photos behind this place none was deleted."""
        return self.head.properties.get("gone", "") if self.head else ""

    @property
    def total(self) -> Count:
        return sum(self.days.values(), Count())

    @property
    def received(self) -> int:
        """How many photos ever came, those that were deleted since among them."""
        return self.total.photos + (_all_deleted(self.head.properties) if self.head else 0)

    def received_on(self, day: date) -> int:
        """How many photos of this day, one of the last 366, ever came."""
        return self.days.get(day, Count()).photos + self.deleted.get(day, 0)

    def with_photos(self, found: Iterable[Arrival]) -> "PhotoCounts":
        """With these arrivals, which follow its place."""
        days, place = dict(self.days), self.place
        for place, photo in found:  # noqa: B007
            day = photo.name.captured_at.date()
            days[day] = days.get(day, Count()) + Count(1, photo.size)
        return replace(self, days=days, place=place)


def tallies(
    services: Services,
    now: datetime,
    save: bool = True,
    seen: Mapping[str, Seen] | None = None,
) -> dict[str, PhotoCounts]:
    """Return the tally of each camera at this moment: one request for what was counted before (and
    one for each further thousand months that cameras have photos of), and one or two for each
    camera of which something came since, several cameras at once. `save` writes down what was
    counted, so that the next count goes on from there. `seen`: the cameras, if the caller has read
    them; else that is one more request. Raises StorageUnavailableError."""
    cameras = sorted((services.index.cameras() if seen is None else seen).items())
    kept = _kept("n~", "n~~", services)

    def count(camera: str, last_listed: datetime) -> PhotoCounts:
        return _up_to_date(
            camera, kept.get(camera, PhotoCounts({})), last_listed, services, now, save
        )

    if len(cameras) <= 1:
        return {camera: count(camera, one.listed_at) for camera, one in cameras}
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda one: count(one[0], one[1].listed_at), cameras)
        return dict(zip((camera for camera, _ in cameras), found, strict=True))


def uncounted(
    photo: Photo, place: str, services: Services, is_stray: bool = False
) -> ConditionalUpdate:
    """What changes when a photo is deleted that is at this place among its camera's arrivals; or a
    stray, which is no photo that came."""
    camera, day = photo.name.camera, photo.name.captured_at.date()
    head, key = _head(camera, services), tally_key(camera, _month(day))
    properties = {**head.properties, "gone": max(head.properties.get("gone", ""), place)}
    row = services.tally.get(PHOTOS, key)
    days, deleted = _days(row, head), _deleted(row)
    if place <= head.properties["place"] and day in days:
        days[day] += Count(-1, -photo.size)
    if not is_stray:
        properties["deleted"] = str(_all_deleted(properties) + 1)
        deleted[day] = deleted.get(day, 0) + 1
    left = {day: one for day, one in days.items() if one.photos > 0}
    if left or deleted:
        return ConditionalUpdate(head, properties, {key: _words(head, left, deleted)})
    return ConditionalUpdate(head, properties, {key: None} if row else {})


def recount(camera: str, services: Services, until: datetime) -> None:
    """Have everything counted anew when somebody asks. Photos that came until then may be gone.
    Months without photos are forgotten when nobody asks any more how many of theirs were."""
    for _ in range(_MAX_TRIES):
        head = _head(camera, services)
        properties = {**head.properties, **_nothing(), "gone": _behind(count_up(until))}
        others = dict.fromkeys(_forgotten(camera, head, services, until.date()))
        if services.tally.rewrite(PHOTOS, ConditionalUpdate(head, properties, others)):
            return
    raise StorageUnavailableError(f"others were faster each time when {head.key} was to be written")


def _forgotten(camera: str, head: Entity, services: Services, today: date) -> list[str]:
    """The keys of those months."""
    first, last = (
        tally_key(camera, _month(day)) for day in (today - ASKED_FOR, today + timedelta(days=31))
    )
    months = services.tally.query(PHOTOS, AT_ONCE, head.key, f"{tallies_of(camera)}~")
    old = [row for row in months if not first <= row.key <= last]
    return [row.key for row in old if not _days(row, head)][:_MAX_FORGOTTEN]


def _up_to_date(
    camera: str,
    tally: PhotoCounts,
    last_listed: datetime,
    services: Services,
    now: datetime,
    save: bool,
) -> PhotoCounts:
    settled, tries = now - SETTLED, _TRIES
    while tally.place < _behind(count_up(min(last_listed, settled))):
        page = services.index.arrived(camera, settled, AT_ONCE, tally.place)
        if not page:
            break
        if not (save and tries):
            tally = tally.with_photos(page)
            if len(page) < AT_ONCE:
                break
            continue
        if tally.head is None:
            _head(camera, services)
            tally = _again(camera, services)
            continue
        found = _of_few_months(page)
        counted = tally.with_photos(found)
        is_all = len(found) < AT_ONCE and len(found) == len(page)
        if is_all:
            counted = replace(counted, place=_behind(counted.place[:15]))
        if not _save(camera, counted, found, services):
            tries -= 1  # somebody else counted or deleted meanwhile: go on from there
        elif is_all:
            tally = counted
            break
        tally = _again(camera, services)
    if last_listed < settled:
        return tally
    for page in _arrived(camera, now + SETTLED, tally.place, services):
        tally = tally.with_photos(page)
    return tally


def _arrived(
    camera: str, before: datetime, place: str, services: Services
) -> Iterator[list[Arrival]]:
    """The camera's photos behind this place, page by page."""
    while found := services.index.arrived(camera, before, AT_ONCE, place):
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
        if len(months) > MAX_MONTHS:
            return page[:number]
    return page


def _save(camera: str, counted: PhotoCounts, found: list[Arrival], services: Services) -> bool:
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
    others = {
        tally_key(camera, month): _words(
            head, days, {day: one for day, one in counted.deleted.items() if _month(day) == month}
        )
        for month, days in months.items()
    }
    properties = {**head.properties, "place": counted.place}
    return services.tally.rewrite(PHOTOS, ConditionalUpdate(head, properties, others))


def _again(camera: str, services: Services) -> PhotoCounts:
    """The camera's tally as it is kept now."""
    first = tallies_of(camera)
    return _kept(first, f"{first}~", services).get(camera, PhotoCounts({}))


def _kept(first: str, end: str, services: Services) -> dict[str, PhotoCounts]:
    """The tallies whose records lie between two keys, by camera."""
    found: dict[str, tuple[Entity, dict[date, Count], dict[date, int]]] = {}
    while rows := services.tally.query(PHOTOS, AT_ONCE, first, end):
        for row in rows:
            camera = row.key.split("~")[1]
            if row.key == tally_key(camera):
                found[camera] = (row, {}, {})
            elif camera in found:
                head, days, deleted = found[camera]
                days.update(_days(row, head))
                deleted.update(_deleted(row))
        if len(rows) < AT_ONCE:
            break
        first = rows[-1].key
    return {
        camera: PhotoCounts(days, head.properties["place"], head, deleted)
        for camera, (head, days, deleted) in found.items()
    }


def _head(camera: str, services: Services) -> Entity:
    """The camera's first record, which is made if there is none."""
    key = tally_key(camera)
    head = services.tally.get(PHOTOS, key)
    if head is None:
        services.tally.insert(PHOTOS, key, _nothing())
        head = services.tally.get(PHOTOS, key)
    if head is None:
        raise StorageUnavailableError(f"the record {key} was there and is gone")
    return head


def _nothing() -> dict[str, str]:
    """The first record before anything is counted. Months that were counted before it had this
    `since` are not counted any more, though their records are there."""
    return {"place": "", "since": uuid4().hex}


def _words(head: Entity, days: Mapping[date, Count], deleted: Mapping[date, int]) -> dict[str, str]:
    """A month's record."""
    counts = {f"{day}": [one.photos, one.size] for day, one in sorted(days.items())}
    gone = {f"{day}": count for day, count in sorted(deleted.items())}
    return {"since": head.properties["since"], "days": _compact(counts), "deleted": _compact(gone)}


def _compact(counts: object) -> str:
    return json.dumps(counts, separators=(",", ":"))


def _days(row: Entity | None, head: Entity) -> dict[date, Count]:
    """The counts in a month's record, if they were counted since everything was counted anew."""
    if row is None or row.properties["since"] != head.properties["since"]:
        return {}
    counts = json.loads(row.properties["days"])
    return {date.fromisoformat(day): Count(*one) for day, one in counts.items()}


def _deleted(row: Entity | None) -> dict[date, int]:
    """How many photos of each day of a month were deleted; an older version did not count them."""
    counts = json.loads(row.properties.get("deleted", "{}")) if row else {}
    return {date.fromisoformat(day): count for day, count in counts.items()}


def _all_deleted(properties: Mapping[str, str]) -> int:
    """How many of a camera's photos were deleted, from the words of its first record."""
    return int(properties.get("deleted", "0"))


def _month(day: date) -> str:
    return f"{day}"[:7]
