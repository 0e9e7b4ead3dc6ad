"""Pages of the list of photos: the parameters, the filters, and the cursor of the next page."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, tzinfo
from itertools import chain
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from function_app.http import json_schema
from function_app.http.pagination import (
    decode_cursor,
    encode_cursor,
    merge,
    take_page,
    wrong_cursor,
)
from function_app.http.parameters import (
    CAMERA,
    CURSOR,
    DEFAULT_LIMIT,
    FROM,
    LIMIT,
    TO,
    Kind,
    check_range,
    choice,
    defaulting,
    optional,
)
from function_app.http.request import Request
from function_app.storage.models import Photo
from function_app.storage.photo_interfaces import PhotoIndex
from function_app.storage.row_keys import View
from photo_wire.errors import WireError, quoted
from photo_wire.headers import Trigger
from photo_wire.moment import format_time
from photo_wire.motion import MAX_WORD, TYPED_WORD, parse_typed_word
from photo_wire.name import PhotoName, parse_name


def _parse_time_of_day(value: str, name: str) -> time:
    try:
        return datetime.strptime(value, "%H:%M").time()
    except ValueError:
        raise WireError(name, f"must be a time of day such as 22:30, not {quoted(value)}") from None


def _parse_zone(value: str, name: str) -> tzinfo:
    try:
        return ZoneInfo(value) if value else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is an OSError
        raise WireError(
            name, f"must be a time zone such as Europe/Berlin, not {quoted(value)}"
        ) from None


_TIME_OF_DAY = Kind(
    json_schema.text(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    "a time of day such as 22:30",
    _parse_time_of_day,
)
_ZONE: Kind[tzinfo] = Kind(
    json_schema.text(examples=["Europe/Berlin"]), "a time zone such as Europe/Berlin", _parse_zone
)
NEWEST, OLDEST = "newest", "oldest"
TRIGGER = optional("trigger", choice(Trigger), "Taken for this reason.")
TIME_FROM = optional("time_from", _TIME_OF_DAY, "From this time of day on.")
TIME_TO = optional(
    "time_to", _TIME_OF_DAY, "Before this time of day; over midnight if it is the earlier one."
)
ZONE = defaulting("zone", _ZONE, UTC, "The time zone of the times of day; UTC by default.")
ORDER = defaulting("order", choice((NEWEST, OLDEST)), NEWEST, "Which photos come first.")
INCLUDE, ONLY = "include", "only"
STUBS = optional("stubs", choice((INCLUDE, ONLY)), "Also triggers without motion, or only those.")
LABEL = optional(
    "label",
    Kind(
        json_schema.text(pattern=f"^{TYPED_WORD}$", maxLength=MAX_WORD),
        "a word such as person",
        parse_typed_word,
    ),
    "Its device's model found this.",
)
PARAMETERS = (
    *(CAMERA, TRIGGER, LABEL, STUBS, FROM, TO, TIME_FROM, TIME_TO, ZONE, ORDER, LIMIT, CURSOR),
)


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day in a time zone. They extend over midnight if they end before they begin."""

    first: time = time.min
    end: time = time.min
    zone: tzinfo = UTC

    def contain(self, moment: datetime) -> bool:
        """Return whether a moment is in these hours."""
        try:
            clock = moment.astimezone(self.zone).time()
        except OverflowError:  # in that zone it is the year 10000 already
            return False
        if self.first < self.end:
            return self.first <= clock < self.end
        return clock >= self.first or clock < self.end


@dataclass(frozen=True, slots=True)
class Listing:
    """Which photos a page shows: up to `limit` of a view, after one of them, filtered by `trigger`,
    `label` and `hours`. `with_stubs`: also the stubs of a view that has none."""

    limit: int = DEFAULT_LIMIT
    view: View = field(default_factory=View)
    after: PhotoName | None = None
    trigger: str | None = None
    hours: Hours | None = None
    label: str | None = None
    with_stubs: bool = False

    def matches(self, photo: Photo) -> bool:
        """Return whether the photo passes the filters."""
        return (
            self.trigger in (None, photo.trigger)
            and has_label(photo, self.label)
            and (self.hours is None or self.hours.contain(photo.name.captured_at))
        )

    @property
    def scan_limit(self) -> int:
        """How many photos are read for a page: more than it shows if there is a filter."""
        return 2 * self.limit if self.trigger or self.label or self.hours else self.limit


def read_listing(request: Request) -> Listing:
    """Return what the query asks for. Raises WireError for a range that ends before it begins, and
    for a cursor that is not one of this list."""
    check_range(request[FROM], request[TO])
    return Listing(
        limit=request[LIMIT],
        view=View(
            request[CAMERA],
            since=request[FROM],
            until=request[TO],
            oldest_first=request[ORDER] == OLDEST,
            stubs=request[STUBS] == ONLY,
        ),
        after=parse_cursor(request[CURSOR], request[CAMERA]),
        trigger=request[TRIGGER],
        hours=_hours(request[TIME_FROM], request[TIME_TO], request[ZONE]),
        label=request[LABEL],
        with_stubs=request[STUBS] == INCLUDE,
    )


def page(
    listing: Listing, index: PhotoIndex, cameras: frozenset[str] | None = None
) -> dict[str, object]:
    """Return the page as the API's JSON, for a caller who may see these cameras (None: all).

    Only photos of theirs are read: what other cameras took shows in no page, its length and its
    cursor included.
    """
    views = [listing.view]
    if listing.with_stubs:
        views.append(replace(listing.view, stubs=True))
    parts = [
        find_photos(index, view, cameras, listing.scan_limit + 1, listing.after) for view in views
    ]
    found = sorted(chain(*parts), key=lambda photo: listing.view.key(photo.name))
    found = found[: listing.scan_limit + 1]
    shown = take_page(found, listing.limit, listing.scan_limit, listing.matches)
    return {
        "photos": [describe(photo) for photo in shown.entries],
        "next_cursor": cursor(shown.last.name) if shown.last else None,
    }


def find_photos(
    index: PhotoIndex,
    view: View,
    cameras: frozenset[str] | None,
    count: int,
    after: PhotoName | None = None,
) -> list[Photo]:
    """Return the first `count` photos of a view after the photo `after`, of those cameras (None:
    all)."""
    if cameras is None or view.camera in cameras:
        return index.query(view, count, after)
    if view.camera is not None:
        return []

    def read(camera: str, size: int, last: Photo | None) -> list[Photo]:
        own = replace(view, camera=camera)
        return index.query(own, size, last.name if last else after)

    return merge(cameras, read, lambda photo: view.key(photo.name), count)


def has_label(photo: Photo, word: str | None) -> bool:
    """Return whether the device's model found what this word says, or no word is asked for."""
    return word is None or any(one.word == word for one in photo.labels)


def describe(photo: Photo) -> dict[str, object]:
    """Return a photo as the API's JSON, with null for what is not known."""
    return {
        "id": str(photo.name),
        "camera": photo.name.camera,
        "captured_at": format_time(photo.name.captured_at),
        "received_at": format_time(photo.received_at),
        "trigger": photo.trigger,
        "clock": photo.clock,
        "content_type": photo.media.content_type,
        "sha256": photo.sha256,
        "size": photo.size,
        "site": photo.site,
        "device": photo.sender.device if photo.sender else None,
        "standing": photo.sender.standing if photo.sender else None,
        "protected": photo.is_protected,
        "motion": photo.motion.to_json() if photo.motion else None,
        "labels": [{"word": one.word, "score": one.score} for one in photo.labels],
    }


def cursor(name: PhotoName) -> str:
    """Return the cursor of the last photo that a page passed."""
    return encode_cursor(str(name))


def parse_cursor(text: str | None, camera: str | None) -> PhotoName | None:
    """Return the photo in a cursor of a list of this camera's photos (None: of all cameras'). Where
    the page begins follows from its name and the view, so that no cursor leads out of the view.
    Raises WireError."""
    if text is None:
        return None
    try:
        name = parse_name(decode_cursor(text))
    except WireError:
        raise wrong_cursor() from None
    if camera not in (None, name.camera) or cursor(name) != text:
        raise wrong_cursor()
    return name


def _hours(first: time | None, end: time | None, zone: tzinfo) -> Hours | None:
    """Return the hours between two times of day, of which each may be left out; None for a whole
    day."""
    first, end = first or time.min, end or time.min
    return None if first == end else Hours(first, end, zone)
