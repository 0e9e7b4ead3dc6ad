"""The route for events: photos of one camera that lie close together in time."""

from dataclasses import dataclass, replace
from datetime import timedelta

from function_app.auth.caller import Caller
from function_app.browse.listing import cursor, parse_cursor
from function_app.http.parameters import (
    CAMERA_NAME,
    CURSOR,
    FROM,
    LIMIT,
    MAX_LIMIT,
    TO,
    check_range,
    defaulting,
    required,
    whole_number,
)
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.row_keys import View
from photo_wire.moment import format_time
from photo_wire.name import PhotoName

DEFAULT_GAP_SECONDS = 60
MAX_GAP_SECONDS = 3600
CAMERA = required("camera", CAMERA_NAME, "Only of this camera.")
GAP = defaulting(
    "gap",
    whole_number(1, MAX_GAP_SECONDS, "a number of seconds"),
    DEFAULT_GAP_SECONDS,
    "Longest pause within an event, in seconds.",
)
PHOTO_LIMIT = replace(LIMIT, default=MAX_LIMIT)
PARAMETERS = (CAMERA, FROM, TO, GAP, PHOTO_LIMIT, CURSOR)


@dataclass(frozen=True, slots=True)
class Event:
    """Photos of one camera, newest first. `is_whole` is False if the previous or the next page has
    more of them."""

    photos: list[Photo]
    is_whole: bool = True

    @property
    def cover(self) -> Photo:
        """The photo that stands for all: the first that shows where something moved, else the
        first. Before it there may be photos of the seconds before a trigger."""
        in_order = list(reversed(self.photos))
        moved = (photo for photo in in_order if photo.motion and photo.motion.box)
        return next(moved, in_order[0])

    def describe(self) -> dict[str, object]:
        """Return the event as the API's JSON."""
        first, last = self.photos[-1].name, self.photos[0].name
        return {
            "camera": first.camera,
            "start": format_time(first.captured_at),
            "end": format_time(last.captured_at),
            "count": len(self.photos),
            "cover": str(self.cover.name),
            "photos": [str(photo.name) for photo in reversed(self.photos)],
            "is_whole": self.is_whole,
        }


def list_events(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a page of one camera's events, newest first. `limit` counts photos, so that a page
    costs the same however large its events are."""
    camera, limit = request[CAMERA], request[PHOTO_LIMIT]
    check_range(request[FROM], request[TO])
    view = View(camera, since=request[FROM], until=request[TO])
    before = parse_cursor(request[CURSOR], camera)
    found = services.index.query(view, limit + 1, before) if caller.may_see(camera) else []
    following = found[limit].name if len(found) > limit else None
    gap = timedelta(seconds=request[GAP])
    shown = events(found[:limit], gap, before, following)
    last = shown[-1].photos[-1].name if shown else None
    return json_response(
        {
            "events": [event.describe() for event in shown],
            "next_cursor": cursor(last) if last and following else None,
        }
    )


def events(
    photos: list[Photo],
    gap: timedelta,
    before: PhotoName | None = None,
    following: PhotoName | None = None,
) -> list[Event]:
    """Return the events of a page of photos, newest first.

    `gap` is the longest pause within an event. `before` and `following` are the photos around the
    page. An event that continues on the next page is left to that page, unless it is the only one.
    """
    groups: list[list[Photo]] = []
    for photo in photos:
        if groups and _is_close(groups[-1][-1].name, photo.name, gap):
            groups[-1].append(photo)
        else:
            groups.append([photo])
    if len(groups) > 1 and _is_close(photos[-1].name, following, gap):
        groups.pop()
    return [
        Event(
            group,
            is_whole=not _is_close(before, group[0].name, gap)
            and not _is_close(group[-1].name, following, gap),
        )
        for group in groups
    ]


def _is_close(newer: PhotoName | None, older: PhotoName | None, gap: timedelta) -> bool:
    """Return whether two photos, if both are there, belong to one event."""
    return bool(newer and older and newer.captured_at - older.captured_at <= gap)
