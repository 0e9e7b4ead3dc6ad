"""The page at `/days/{date}`: what cameras did on a day of the viewer's zone, and its photos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from function_app.auth.caller import Caller
from function_app.browse.day import (
    FIRST_DAY,
    LAST_DAY,
    MAX_PHOTOS,
    Part,
    day_bounds,
    find_day,
    read_part,
)
from function_app.browse.events import Event
from function_app.browse.listing import ONLY
from function_app.days.lanes import lanes_if_few
from function_app.devices.conditions import State
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response, redirect
from function_app.localization.label_text import label_text
from function_app.localization.quantities import duration
from function_app.localization.translation import Translation
from function_app.services import Services
from function_app.web import lane_svg
from function_app.web.assets import asset_path
from function_app.web.day_filter import DATE, MINUTE, Filter, read_shown_until
from function_app.web.day_lanes import DayLanes, sentences
from function_app.web.followed import etag_of, if_unchanged, with_etag
from function_app.web.layout import render_page
from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.moment import format_time
from photo_wire.motion import MAX_LABELS, UNKNOWN
from photo_wire.name import PhotoName

_TEN_MINUTES = 600  # seconds
_KINDS = {Media.JPEG: "picture", Media.MP4: "clip", Media.DNG: "raw"}  # ends of keys, and classes
OLDER, NEWER = "older", "newer"  # of `seek`


class Hour(NamedTuple):
    """An hour of the day, and the events that began in it."""

    start: datetime
    events: list[Event]


@dataclass(frozen=True, slots=True)
class DayPage:
    """What the page shows of a day. `shown_until` is the moment at which its part of the photos
    begins, None for that of the latest ones."""

    day: date
    zone: tzinfo
    start: datetime
    end: datetime
    filter: Filter
    shown_until: datetime | None
    part: Part
    lanes: DayLanes

    @property
    def hours(self) -> list[Hour]:
        """The hours with events, the latest first."""
        return [Hour(start, list(some)) for start, some in groupby(self.part.events, self._hour_of)]

    @property
    def cameras(self) -> list[str]:
        """The cameras of which a viewer may choose one."""
        known = {lane.camera for lane in self.lanes.all} | self.seen_cameras
        return sorted(known | ({self.filter.camera} if self.filter.camera else set()))

    @property
    def seen_cameras(self) -> set[str]:
        """The cameras of which it shows photos, or what they did."""
        events = {event.photos[0].name.camera for event in self.part.events}
        return events | {lane.camera for lane in self.lanes.shown}

    @property
    def is_whole_day(self) -> bool:
        """Whether it lists all of the day that the filter matches."""
        return self.shown_until is None and self.part.continues_before is None

    @property
    def lists_all(self) -> bool:
        """Whether it lists all photos that the shown lanes have, as of now."""
        return self.is_whole_day and not self.filter.is_narrowed

    @property
    def lanes_have_deleted(self) -> bool:
        """Whether the lanes show photos that were deleted since they were counted. Viewers are not
        told that a person did so: the page says that they are not there."""
        photos = (photo for event in self.part.events for photo in event.photos)
        return self.lists_all and self.lanes.draw_more_than(photos)

    @property
    def until(self) -> str:
        """The time of day of the last minute that it shows, as a form has it; "" for that of the
        whole day."""
        if self.shown_until is None:
            return ""
        return f"{(self.shown_until - timedelta(milliseconds=1)).astimezone(self.zone):%H:%M}"

    @property
    def labels(self) -> list[str]:
        """The labels of its photos."""
        photos = (photo for event in self.part.events for photo in event.photos)
        found = {label.word for photo in photos for label in photo.labels}
        return sorted(found | ({self.filter.label} if self.filter.label else set()))

    def is_open(self, event: Event) -> bool:
        """Return whether the event was asked for by its time."""
        if self.shown_until is None:
            return False
        first, last = event.photos[-1].name.captured_at, event.photos[0].name.captured_at
        return first < self.shown_until and last >= self.shown_until - MINUTE

    def _hour_of(self, event: Event) -> datetime:
        """Return when the viewer's hour began in which the event did."""
        first = event.photos[-1].name.captured_at.astimezone(self.zone)
        return first.replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def get_day(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page of a day; with `?part` what changes of it alone, and 304 if it is as
    before. With `seek` 303 to the nearest day with photos."""
    params, now, day = request.http.params, datetime.now(UTC), request[DATE]
    preferences = Preferences.read(request)
    chosen = Filter.read(request, caller)
    start, end = day_bounds(day, preferences.zone)
    if seek := params.get("seek"):
        return _seek(services, caller, chosen, day, seek == NEWER, preferences)
    shown_until = read_shown_until(params, day, preferences)
    # Lanes first: they do not show a photo that comes meanwhile, and is not listed.
    found = lanes_if_few(services, caller, (start, end), now) if start < min(end, now) else []
    part = read_part(services.index, chosen.selection(caller), start, end, shown_until or end)
    lanes = DayLanes(found or [], chosen.camera)
    page = DayPage(day, preferences.zone, start, end, chosen, shown_until, part, lanes)
    etag = _etag(preferences, page)
    is_part = "part" in params
    if is_part and (unchanged := if_unchanged(request, etag)):
        return unchanged
    if request.method != "HEAD":
        services.day_views.record(
            services.audit_log, request.headers, caller.actor, page.seen_cameras, day, now
        )
    reply = render_page(
        "day_part.html" if is_part else "day.html",
        request,
        caller,
        {
            "page": page,
            "svg": lane_svg.render(lanes.shown, start, end, preferences) if lanes.shown else None,
            "etag": etag,
            "is_today": start <= now < end,
            "is_future": now < start,
            "today": now.astimezone(preferences.zone).date(),
            "none_found": params.get("none"),
            "previous": max(day - timedelta(days=1), FIRST_DAY),
            "next": min(day + timedelta(days=1), LAST_DAY),
            "triggers": list(Trigger),
            "path": chosen.path(day, **{"from": params.get("from")}),
            "states": list(State),
            "sentences": partial(sentences, preferences),
            "too_many": found is None or len(lanes.shown) < len(lanes.chosen),
            "max_photos": MAX_PHOTOS,
            "max_labels": MAX_LABELS,
            "format_time": format_time,
            **_describe_events(chosen, Translation(preferences.language)),
        },
    )
    return with_etag(reply, etag)


def _describe_events(chosen: Filter, t: Translation) -> dict[str, Callable[..., object]]:
    """Return what the template asks about an event or one of its photos."""
    return {
        "photo_path": partial(photo_path, camera=chosen.camera, is_stub=chosen.stubs),
        "triggers_of": _triggers_of,
        "labels_of": labels_of,
        "word": partial(label_text, t),
        "ids_of": lambda event: " ".join(str(photo.name) for photo in reversed(event.photos)),
        "files_of": _files_of,
        "is_uncertain": _is_uncertain,
        "is_clips": lambda event: all(photo.media is Media.MP4 for photo in event.photos),
        "kind_of": lambda photo: _KINDS[photo.media],
        "duration": partial(duration, t),
    }


def photo_path(name: PhotoName, camera: str | None = None, is_stub: bool = False) -> str:
    """Return the address of the page that shows a photo, and leads to others of this camera; of
    stubs to other stubs."""
    values = {"camera": camera, "stubs": ONLY if is_stub else None}
    query = urlencode({name: value for name, value in values.items() if value})
    return f"/photos/{name}?{query}" if query else f"/photos/{name}"


def _seek(
    services: Services,
    caller: Caller,
    chosen: Filter,
    day: date,
    is_later: bool,
    preferences: Preferences,
) -> Response:
    """303 to the nearest day with photos after this one, or before it; back to this one if there
    is none. One request."""
    start, end = day_bounds(day, preferences.zone)
    selection, bound = chosen.selection(caller), end if is_later else start
    found = find_day(services.index, selection, bound, preferences.zone, is_later)
    if found is None:
        return redirect(chosen.path(day, none=NEWER if is_later else OLDER))
    return redirect(chosen.path(found))


def labels_of(event: Event) -> list[str]:
    """Return what a model found in the photos of an event, the surest first, and last that it did
    not look."""
    best: dict[str, float] = {}
    for label in (one for photo in event.photos for one in photo.labels):
        best[label.word] = max(label.score, best.get(label.word, 0.0))
    return sorted(best, key=lambda word: (word == UNKNOWN.word, -best[word], word))


def _triggers_of(event: Event) -> list[str]:
    """Return for which reasons the photos were taken."""
    known = {photo.trigger for photo in event.photos}
    return [trigger for trigger in Trigger if trigger in known]


def _files_of(event: Event) -> str:
    """Return how large each photo is, in bytes, and the end of its file's name, as `12345.jpg`."""
    return " ".join(f"{photo.size}.{photo.media.suffix}" for photo in reversed(event.photos))


def _is_uncertain(event: Event) -> bool:
    """Return whether a device's clock was not set when it took photos of an event."""
    return any(photo.clock == ClockStatus.UNSYNCED for photo in event.photos)


def _etag(preferences: Preferences, page: DayPage) -> str:
    """Return the digest of all from which the part is made. The lanes grow each minute, also while
    nothing happens: that counts every ten minutes."""
    intervals: Sequence[object] = [
        (lane.camera, one.start, one.end.timestamp() // _TEN_MINUTES, one.condition)
        for lane in page.lanes.all
        for one in lane.intervals
    ]
    photos = [photo for event in page.part.events for photo in event.photos]
    ids = [(photo.name, photo.trigger, photo.is_protected) for photo in photos]
    shown = (page.day, page.filter, page.shown_until, page.part.continues_before)
    stubs = page.lanes.stubs
    return etag_of(preferences, shown, stubs, ids, intervals, asset_path("day.js"))
