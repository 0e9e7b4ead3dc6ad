"""A page of the list of photos: what may be asked for, and how the next page is found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from function_app.browse.merge import merge
from function_app.http import cursors
from function_app.storage.interfaces import PhotoIndex
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from photo_wire.errors import WireError, quoted
from photo_wire.headers import Trigger
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, check_camera, parse_name

DEFAULT_LIMIT = 50
MAX_PHOTOS = 200
ORDERS = ("newest", "oldest")
PARAMETERS = (
    "camera",
    "trigger",
    "from",
    "to",
    "time_from",
    "time_to",
    "zone",
    "order",
    "limit",
    "cursor",
)


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day in a zone, over midnight if they end before they begin."""

    first: time = time.min
    end: time = time.min
    zone: tzinfo = UTC

    def hold(self, moment: datetime) -> bool:
        try:
            clock = moment.astimezone(self.zone).time()
        except OverflowError:  # there it is the year 10000 already
            return False
        if self.first < self.end:
            return self.first <= clock < self.end
        return clock >= self.first or clock < self.end


@dataclass(frozen=True, slots=True)
class Listing:
    """Which photos: up to `limit` of a view, after one of them, of those that `trigger` and `hours`
    let through."""

    limit: int = DEFAULT_LIMIT
    view: View = field(default_factory=View)
    after: PhotoName | None = None
    trigger: str | None = None
    hours: Hours | None = None

    def holds(self, photo: Photo) -> bool:
        """Whether the photo passes the filters."""
        return self.trigger in (None, photo.trigger) and (
            self.hours is None or self.hours.hold(photo.name.captured_at)
        )

    @property
    def looked_at(self) -> int:
        """How many photos are looked at for a page: more than it holds where a filter may leave
        some of them out."""
        return 2 * self.limit if self.trigger or self.hours else self.limit


def parse_listing(params: Mapping[str, str]) -> Listing:
    """What the query asks for. Raises WireError, naming the parameter, for anything else."""
    check_parameters(params, PARAMETERS)
    camera, trigger = params.get("camera"), params.get("trigger")
    if camera is not None:
        check_camera(camera)
    if trigger is not None and trigger not in list(Trigger):
        raise WireError("trigger", f"{quoted(trigger)} is none of {', '.join(Trigger)}")
    order = params.get("order", ORDERS[0])
    if order not in ORDERS:
        raise WireError("order", f"{quoted(order)} is neither newest nor oldest")
    since, until = _moment(params, "from"), _moment(params, "to")
    check_range(since, until)
    return Listing(
        limit=parse_limit(params.get("limit")),
        view=View(
            camera,
            since=since,
            until=until,
            oldest_first=order == "oldest",
        ),
        after=_parse_cursor(params["cursor"], camera) if "cursor" in params else None,
        trigger=trigger,
        hours=_hours(params),
    )


def check_parameters(params: Mapping[str, str], known: tuple[str, ...]) -> None:
    """Return if all parameters of a query are known. Raises WireError, naming the first other."""
    for parameter in params:
        if parameter not in known:
            raise WireError(
                quoted(parameter), f"is not a parameter of this list; use {', '.join(known)}"
            )


def check_range(first: date | None, last: date | None) -> None:
    """Raise WireError if a list is asked for from a day or moment that is after its last one."""
    if first is not None and last is not None and last < first:
        raise WireError("to", "is before 'from', so nothing lies between them")


def page(
    listing: Listing, index: PhotoIndex, cameras: frozenset[str] | None = None
) -> dict[str, object]:
    """The page as the API spells it, for someone who may see these cameras (None: all).

    Only their photos are read: what other cameras took shows in no page, its length and its cursor
    included. One photo more than the page holds is asked for, which tells whether another page
    follows. Of a filtered list twice as many are looked at and no more, so that a page always costs
    about the same: it may hold fewer photos than asked for, even none, and still have a next one.
    """
    photos = _photos(listing, index, cameras, listing.looked_at + 1)
    shown: list[Photo] = []
    last: Photo | None = None
    for photo in photos[: listing.looked_at]:
        if len(shown) == listing.limit:
            break
        last = photo
        if listing.holds(photo):
            shown.append(photo)
    return {
        "photos": [describe(photo) for photo in shown],
        "next_cursor": cursor(last.name) if last and photos[-1] is not last else None,
    }


def _photos(
    listing: Listing, index: PhotoIndex, cameras: frozenset[str] | None, count: int
) -> list[Photo]:
    """The first `count` photos of the view behind `after`, filters aside, of these cameras."""
    view = listing.view
    if cameras is None or view.camera in cameras:
        return index.query(view, count, listing.after)
    if view.camera is not None:
        return []

    def read(camera: str, size: int, last: Photo | None) -> list[Photo]:
        own = replace(view, camera=camera)
        return index.query(own, size, last.name if last else listing.after)

    return merge(cameras, read, lambda photo: view.key(photo.name), count)


def describe(photo: Photo) -> dict[str, object]:
    """A photo as the API spells it; null where nothing is known."""
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
    }


def parse_limit(text: str | None) -> int:
    """The length of a page, from the query. Raises WireError for anything but 1 to 200."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PHOTOS):
        raise WireError("limit", f"{quoted(text)} is not a whole number from 1 to {MAX_PHOTOS}")
    return int(text[:9])


def parse_zone(text: str | None) -> tzinfo:
    """The time zone of this name; UTC for none. Raises WireError for one that is not known."""
    try:
        return ZoneInfo(text) if text else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is an OSError
        raise WireError(
            "zone", f"{quoted(text or '')} is no time zone like Europe/Berlin"
        ) from None


def _moment(params: Mapping[str, str], parameter: str) -> datetime | None:
    text = params.get(parameter)
    # A plus sign that nobody encoded arrives as a space, which no time holds.
    return None if text is None else parse_time(text.replace(" ", "+"), parameter)


def _hours(params: Mapping[str, str]) -> Hours | None:
    zone = parse_zone(params.get("zone"))
    if "time_from" not in params and "time_to" not in params:
        return None
    first = _clock(params.get("time_from", "00:00"), "time_from")
    end = _clock(params.get("time_to", "00:00"), "time_to")
    return None if first == end else Hours(first, end, zone)


def _clock(text: str, parameter: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise WireError(parameter, f"{quoted(text)} is no time of day like 22:30") from None


def cursor(name: PhotoName) -> str:
    """The cursor of the last photo looked at."""
    return cursors.encode(str(name))


def _parse_cursor(text: str, camera: str | None) -> PhotoName:
    """The name in a cursor. The place where a page begins is worked out from a valid name and the
    view, so that no cursor leads out of the view."""
    try:
        name = parse_name(cursors.decode(text))
    except WireError:
        raise cursors.bad_cursor() from None
    if camera not in (None, name.camera) or cursor(name) != text:
        raise cursors.bad_cursor()
    return name
