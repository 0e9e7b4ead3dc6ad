"""`/photos/{id}`: one photo, its neighbours, and what is known of it."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from function_app.auth.caller import Caller, Scope
from function_app.browse.day import day_of
from function_app.browse.listing import ONLY, STUBS
from function_app.browse.neighbours import find_neighbours
from function_app.browse.thumbnails import CHUNK_SIZE, open_photo
from function_app.days.lateness import why_late
from function_app.http.authorization import unknown_photo
from function_app.http.parameters import PHOTO
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response, redirect
from function_app.localization.label_text import label_text
from function_app.localization.translation import Translation
from function_app.maintenance.trash import TRASH_TTL
from function_app.media.technical import TechnicalData, read_technical_data
from function_app.services import Services
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import EXIF_CLOCK, SERVER_CLOCK, Photo, State
from function_app.storage.row_keys import View
from function_app.web.layout import render_page
from photo_wire.headers import ClockStatus
from photo_wire.media import Media
from photo_wire.moment import format_time, just_after
from photo_wire.name import PhotoName

CAMERA = "camera"  # the query's parameter: leaf through the photos of this one's camera alone
GO = "go"  # and the one that leads to the first or the last photo of the list of the day
NEWEST, OLDEST = "newest", "oldest"
CORRECTED = "corrected"  # the one to which the correction of a stub leads
RESTORED = "restored"  # and the one to which a restored photo does
WHY = "why"  # and the one of the part that says why the photo came late
ON_TIME = timedelta(minutes=1)  # what comes within it is not called late
_UNSURE = (ClockStatus.UNSYNCED, SERVER_CLOCK, EXIF_CLOCK)  # how late it came is not known then
_EXPLAINED = (State.DELETED, State.EXPIRED, State.LOST, State.MISSING)
_MOTIONS = {(False, False): None, (True, False): "seen", (True, True): "none"}
_UNITS = (("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1))


def get_photo_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; 303 to the newest or the oldest photo of the day with `?go=`; 404 with a
    page that says what became of a photo that is not there. With `?why` 200 with a part that says
    why the photo came late, if that is known. Raises HTTPProblemError (404) for one of a camera
    that the caller may not see."""
    name = request[PHOTO]
    if not caller.may_see(name.camera):
        raise unknown_photo(name)
    camera = _walked_camera(request, caller, name)
    stubs = request.http.params.get(STUBS.name) == ONLY
    if WHY in request.http.params:
        lateness = why_late(services, caller, name, datetime.now(UTC))
        return render_page("photo_why.html", request, caller, {"lateness": lateness})
    go = request.http.params.get(GO)
    if go in (NEWEST, OLDEST):
        found = _end_of_day(request, services, name, camera, go == OLDEST)
        return redirect(f"/photos/{found or name}{_query(request, camera, stubs)}")
    around = find_neighbours(services.index, name, camera, stubs)
    state = None if around.photo else services.index.state(name)
    if state is State.LISTED:  # it is a stub, or was one when the link was made
        around = find_neighbours(services.index, name, camera, not stubs)
    query = _query(request, camera, around.photo.is_stub if around.photo else stubs)
    values = {
        "name": name,
        "query": query,
        "around": around,
        "place": _place(name, query, Preferences.read(request)),
        "day": day_of(name.captured_at, Preferences.read(request).zone),
        "word": partial(label_text, Translation(Preferences.read(request).language)),
        "may_delete": Scope.DELETE in caller.scopes,
        "is_utc": _is_utc(name, Preferences.read(request)),
    }
    if around.photo is None:
        values |= _what_became(name, state, services, caller)
        return render_page("no_photo.html", request, caller, values, 404)
    values["was_corrected"] = CORRECTED in request.http.params and not around.photo.is_stub
    values["was_restored"] = RESTORED in request.http.params
    return render_page(
        "photo.html", request, caller, values | _facts(around.photo, services, caller)
    )


def _what_became(
    name: PhotoName, state: State | None, services: Services, caller: Caller
) -> dict[str, object]:
    """Return what the page says of a photo that is not there, and until when it can be restored, if
    the caller may do that."""
    is_restorable = state is State.DELETED and Scope.DELETE in caller.scopes
    trashed = services.index.get_trashed(name) if is_restorable else None
    deleted_at = trashed.deleted_at if trashed else None
    return {
        "state": state if state in _EXPLAINED else "unknown",
        "kept_until": deleted_at + TRASH_TTL if deleted_at else None,
    }


def _query(request: Request, camera: str | None, stubs: bool) -> str:
    """Return the query of the addresses to which the page leads."""
    values = {}
    if camera and CAMERA in request.http.params:
        values[CAMERA] = camera
    if stubs:
        values[STUBS.name] = ONLY
    return f"?{urlencode(values)}" if values else ""


def _walked_camera(request: Request, caller: Caller, name: PhotoName) -> str | None:
    """Return the camera to whose photos the neighbours belong; None for all. A list of some cameras
    would take a request for each (docs/decisions/0132-leafing-through-photos.md)."""
    is_limited = caller.cameras is not None
    return name.camera if is_limited or request.http.params.get(CAMERA) == name.camera else None


def _end_of_day(
    request: Request, services: Services, name: PhotoName, camera: str | None, oldest_first: bool
) -> PhotoName | None:
    """Return the first photo of the viewer's day in this order; None if there is none any more."""
    zone = Preferences.read(request).zone
    try:
        day = name.captured_at.astimezone(zone).date()
        start, end = (
            datetime.combine(one, time.min, zone).astimezone(UTC)
            for one in (day, day + timedelta(days=1))
        )
    except OverflowError:  # a day at the end of the calendar, of a wrong clock
        return None
    stubs = request.http.params.get(STUBS.name) == ONLY
    view = View(camera, since=start, until=end, oldest_first=oldest_first, stubs=stubs)
    return next((photo.name for photo in services.index.query(view, 1)), None)


def _place(name: PhotoName, query: str, preferences: Preferences) -> str:
    """Return the address of the day on which the photo was taken."""
    day = day_of(name.captured_at, preferences.zone)
    return f"/days/{day}{query}#photo-{name}" if day else "/days"


def _facts(photo: Photo, services: Services, caller: Caller) -> dict[str, Any]:
    technical = _technical_data(photo, services)
    box = photo.motion.box if photo.motion else None
    is_drawn = box and photo.media is Media.JPEG and technical.width and technical.height
    return {
        "photo": photo,
        "url": f"/api/photos/{photo.name}/content",
        "technical": technical,
        "box": box if is_drawn else None,
        "motion": _MOTIONS[photo.motion is not None, photo.is_stub],
        "labels": sorted(photo.labels, key=lambda one: -one.score),
        "utc": format_time(photo.name.captured_at),
        "after": format_time(just_after(photo.name.captured_at) or photo.name.captured_at),
        "clock": photo.clock or "unknown",
        "late": None if photo.clock in _UNSURE else _lateness(photo),
        "is_picture": photo.media is Media.JPEG,
        "is_clip": photo.media is Media.MP4,
        "may_share": Scope.ADMIN in caller.scopes,
        "is_protected": photo.is_protected,
    }


def _is_utc(name: PhotoName, preferences: Preferences) -> bool:
    """Return whether the viewer's clock showed UTC when the photo was taken."""
    try:
        local = name.captured_at.astimezone(preferences.zone)
    except OverflowError:  # the last day of the year 9999
        return False
    return preferences.zone_name is not None and not local.utcoffset()


def _lateness(photo: Photo) -> tuple[str, int] | None:
    """Return how late a photo came: the largest unit of which there are two or more, and how many,
    rounded; None if it came on time."""
    seconds = (photo.received_at - photo.name.captured_at).total_seconds()
    if seconds <= ON_TIME.total_seconds():
        return None
    return next((unit, round(seconds / size)) for unit, size in _UNITS if seconds >= 2 * size)


def _technical_data(photo: Photo, services: Services) -> TechnicalData:
    """Return what the file says; nothing while its bytes cannot be read."""
    try:
        with open_photo(services.blobs, photo, CHUNK_SIZE) as file:
            return read_technical_data(file, photo.size, photo.media)
    except StorageUnavailableError:
        return TechnicalData()
