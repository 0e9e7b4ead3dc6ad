"""`GET /api/events`: photos of one camera that lie close together in time, as one event each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import azure.functions as func

from function_app.auth.caller import Caller
from function_app.browse.listing import MAX_PHOTOS, Listing, cursor, parse_listing
from function_app.http.responses import Response, json_response
from function_app.services import Services
from function_app.storage.models import Photo
from photo_wire.errors import WireError, quoted
from photo_wire.moment import format_time
from photo_wire.name import PhotoName

DEFAULT_GAP = 60  # seconds
MAX_GAP = 3600
GAP = "gap"


@dataclass(frozen=True, slots=True)
class Event:
    """Photos of one camera, newest first. `is_whole` is False if others of it are on the page
    before or the next one."""

    photos: list[Photo]
    is_whole: bool = True

    def describe(self) -> dict[str, object]:
        first, last = self.photos[-1].name, self.photos[0].name
        return {
            "camera": first.camera,
            "start": format_time(first.captured_at),
            "end": format_time(last.captured_at),
            "count": len(self.photos),
            "cover": str(first),
            "photos": [str(photo.name) for photo in reversed(self.photos)],
            "is_whole": self.is_whole,
        }


def list_events(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with a page of one camera's events, newest first. `limit` counts photos: a page reads no
    more of them, however large the events are."""
    gap = parse_gap(req.params.get(GAP))
    listing = _listing(req.params)
    found: list[Photo] = []
    if caller.may_see(listing.view.camera or ""):
        found = services.index.query(listing.view, listing.limit + 1, listing.after)
    behind = found[listing.limit].name if len(found) > listing.limit else None
    shown = events(found[: listing.limit], gap, listing.after, behind)
    last = shown[-1].photos[-1].name if shown else None
    return json_response(
        {
            "events": [event.describe() for event in shown],
            "next_cursor": cursor(last) if last and behind else None,
        }
    )


def events(
    photos: list[Photo],
    gap: timedelta,
    before: PhotoName | None = None,
    behind: PhotoName | None = None,
) -> list[Event]:
    """The events of a page of photos, newest first, which lie between these two. If the last event
    goes on behind the page, it is left to the next one, unless it is the only one."""
    groups: list[list[Photo]] = []
    for photo in photos:
        if groups and _is_close(groups[-1][-1].name, photo.name, gap):
            groups[-1].append(photo)
        else:
            groups.append([photo])
    if len(groups) > 1 and _is_close(photos[-1].name, behind, gap):
        groups.pop()
    return [
        Event(
            group,
            is_whole=not _is_close(before, group[0].name, gap)
            and not _is_close(group[-1].name, behind, gap),
        )
        for group in groups
    ]


def _is_close(newer: PhotoName | None, older: PhotoName | None, gap: timedelta) -> bool:
    """Whether two photos, if both are there, belong to one event."""
    return bool(newer and older and newer.captured_at - older.captured_at <= gap)


def parse_gap(text: str | None) -> timedelta:
    """The longest pause within an event, in seconds. Raises WireError."""
    if text is None:
        return timedelta(seconds=DEFAULT_GAP)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_GAP):
        raise WireError(GAP, f"{quoted(text)} is not a number of seconds from 1 to {MAX_GAP}")
    return timedelta(seconds=int(text[:9]))


def _listing(params: Mapping[str, str]) -> Listing:
    for parameter in ("trigger", "time_from", "time_to", "zone", "order"):
        if parameter in params:
            raise WireError(parameter, "is not a parameter of events")
    listing = parse_listing(
        {"limit": str(MAX_PHOTOS)} | {name: text for name, text in params.items() if name != GAP}
    )
    if listing.view.camera is None:
        raise WireError("camera", "is missing: events are one camera's")
    return listing
