"""The photos of one day in a time zone, as events, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from function_app.browse.events import DEFAULT_GAP_SECONDS, Event, events
from function_app.browse.listing import find_photos, has_label
from function_app.storage.models import Photo
from function_app.storage.photo_interfaces import PhotoIndex
from function_app.storage.row_keys import View
from function_app.storage.table_store import PAGE_SIZE
from photo_wire.moment import EPOCH

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
MAX_PHOTOS = PAGE_SIZE  # of a part: one request
GAP = timedelta(seconds=DEFAULT_GAP_SECONDS)
NEAR = timedelta(days=7)  # how far the photos of all cameras are looked through
_ONE_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which photos a page shows: those of one camera, or of these that the caller may see (None:
    all), for whatever reason or for one, with whatever labels or with one. With `stubs` it shows
    stubs in place of photos."""

    cameras: frozenset[str] | None = None
    camera: str | None = None
    trigger: str | None = None
    label: str | None = None
    stubs: bool = False

    @property
    def is_filtered(self) -> bool:
        """Whether it shows less than it reads."""
        return bool(self.trigger or self.label)

    def matches(self, photo: Photo) -> bool:
        """Return whether a photo was taken for the reason, and has the label."""
        return self.trigger in (None, photo.trigger) and has_label(photo, self.label)

    def read(
        self, index: PhotoIndex, since: datetime | None, until: datetime | None, count: int
    ) -> list[Photo]:
        """Return the newest photos of the cameras between two moments; the oldest ones if there is
        only a first moment. One request for each thousand. For a caller who may see only some
        cameras one looks for theirs among those of all cameras, up to NEAR away if there is only
        one moment; if it does not find them, each camera takes one more. Raises
        StorageUnavailableError."""
        view = View(self.camera, since, until, oldest_first=until is None, stubs=self.stubs)
        if self.camera is None and self.cameras is not None and len(self.cameras) > 1:
            near = _near(view)
            found = index.query_some(near, self.cameras, count)
            if found is not None and (near == view or len(found) == count):
                return found
        return find_photos(index, view, self.cameras, count)


@dataclass(frozen=True, slots=True)
class Part:
    """Events of a day, in the order of their first photos, the latest first. `continues_before` is
    the moment before which the day may have more photos; None if these are all."""

    events: list[Event]
    continues_before: datetime | None = None

    @property
    def count(self) -> int:
        """The number of photos."""
        return sum(len(event.photos) for event in self.events)


def _near(view: View) -> View:
    """Return the part of a view that is NEAR its only moment; one between two moments as it is."""
    if view.since and not view.until:
        return replace(view, until=view.since + NEAR)
    if view.until and not view.since:
        return replace(view, since=max(view.until - NEAR, EPOCH))
    return view


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when a day begins in a time zone, and when the next one does (UTC). Where the clocks
    are changed it has 23 or 25 hours; one that a zone left out has none."""
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + _ONE_DAY, time(), zone).astimezone(UTC)
    return max(start, EPOCH), max(end, EPOCH)


def day_of(moment: datetime, zone: tzinfo) -> date | None:
    """Return the day of a moment in a time zone; None if no page shows that day: a clock was wrong
    by centuries."""
    try:
        day = moment.astimezone(zone).date()
    except OverflowError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def read_part(
    index: PhotoIndex, selection: Selection, start: datetime, end: datetime, shown_until: datetime
) -> Part:
    """Return the events between `start` and `end` as far as they began before `shown_until`, at
    most MAX_PHOTOS photos. Raises StorageUnavailableError."""
    until = min(end, shown_until)
    if until <= start:
        return Part([])
    found = selection.read(index, start, until, MAX_PHOTOS)
    # Photos of the same millisecond would be left out if the next part began before this one.
    oldest = found[-1].name.captured_at if len(found) == MAX_PHOTOS else None
    shown = [photo for photo in found if selection.matches(photo)]
    return Part(_events_of_all(shown), oldest + _MILLISECOND if oldest else None)


def find_day(
    index: PhotoIndex, selection: Selection, moment: datetime, zone: tzinfo, later: bool
) -> date | None:
    """Return the nearest day with a photo before a moment, or from it on; None if there is none.

    If MAX_PHOTOS photos were taken for other reasons, it is the day of the last of them: from there
    a person goes on. One request, as `Selection.read`. Raises StorageUnavailableError.
    """
    count = MAX_PHOTOS if selection.is_filtered else 1
    since, until = (moment, None) if later else (None, moment)
    found = selection.read(index, since, until, count)
    matching = next((photo for photo in found if selection.matches(photo)), None)
    if matching is None and len(found) == MAX_PHOTOS:
        matching = found[-1]
    return matching.name.captured_at.astimezone(zone).date() if matching else None


def _events_of_all(photos: Iterable[Photo]) -> list[Event]:
    of_camera: dict[str, list[Photo]] = {}
    for photo in photos:
        of_camera.setdefault(photo.name.camera, []).append(photo)
    found = [event for own in of_camera.values() for event in events(own, GAP)]
    return sorted(found, key=_first_photo, reverse=True)


def _first_photo(event: Event) -> tuple[datetime, str]:
    first = event.photos[-1].name
    return first.captured_at, str(first)
