"""`/shared/{secret}` opens a shared link for everyone who has it."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from function_app.auth import links
from function_app.auth.caller import Caller
from function_app.auth.links import SharedLink
from function_app.browse.listing import describe
from function_app.browse.photos import content
from function_app.http import json_schema
from function_app.http.parameters import PHOTO, PHOTO_NAME, opaque, optional, required
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.table_store import PAGE_SIZE
from function_app.web.layout import render_page
from photo_wire.errors import WireError
from photo_wire.moment import format_time
from photo_wire.name import PhotoName

MAX_PHOTOS = 200  # of a page, and of those chosen for a link
# Photos that are read, by two requests: between the first and the last of those chosen there may be
# others. A page on which one chooses has a thousand.
MAX_BETWEEN = 2 * PAGE_SIZE

SECRET = required(
    "secret", opaque(json_schema.text(pattern="^[A-Za-z0-9_-]{32}$")), "The end of the link."
)
AFTER = optional("after", PHOTO_NAME, "Only the photos that follow this one in the list.")
_NO_CACHE = {"Cache-Control": "no-store"}  # so that an expired link shows nothing


def get_shared(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a page of the link's photos, the first of them or those `after` one. Raises
    HTTPProblemError (404) if it is not valid."""
    after = _after(request)
    link, photos, has_more = _opened(request, services, after)
    values = {
        "link": link,
        "photos": photos,
        "path": f"/shared/{request[SECRET]}",
        "is_first": after is None,
        "next": photos[-1].name if has_more else None,
        "secret": request[SECRET],
    }
    page = render_page("shared.html", request, None, values)
    # The address is the secret: it goes to nobody, and into no log of a request for a picture.
    return replace(page, headers={**page.headers, "Referrer-Policy": "no-referrer"})


def _after(request: Request) -> PhotoName | None:
    """Return the photo after which a page begins; None for an address that was cut off, too: that
    shows the first page. Other parameters, which messengers add, are ignored."""
    try:
        return AFTER.read(request.http.params)
    except WireError:
        return None


def list_shared(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a page of the photos that the link opens, the oldest first, and whether there are
    more after these."""
    link, photos, has_more = _opened(request, services, request[AFTER])
    return json_response(
        {
            "photos": [describe(photo) for photo in photos],
            "more": has_more,
            "until": format_time(link.expires_at),
        }
    )


def get_shared_content(request: Request, services: Services, caller: Caller) -> Response:
    """200, 206 or 304 as for people who signed in, but not cached, and without the photo's location
    unless the link was made with it."""
    link = _valid(links.find(services.accounts, request[SECRET], datetime.now(UTC)))
    name = request[PHOTO]
    photo = services.index.get(name) if link.opens(name) else None
    # A stub is opened only by a link to it: others cannot know of it.
    if photo is None or (photo.is_stub and not (link.photo or link.photos)):
        raise HTTPProblemError(404, "This link does not open that photo.")
    return content(
        photo,
        request,
        services,
        link.label,
        cache=_NO_CACHE,
        is_redacted=not link.with_location,
        is_guest=True,
    )


def _valid(link: SharedLink | None) -> SharedLink:
    if link is None:
        raise HTTPProblemError(404, "This link has expired, was revoked, or never existed.")
    return link


def _opened(
    request: Request, services: Services, after: PhotoName | None
) -> tuple[SharedLink, list[Photo], bool]:
    """Return the link, its first photos or those after one, and whether it opens more. Count that
    it was opened, and record that in the audit log once in an hour, so that a stranger costs three
    requests; except for HEAD, by which messengers check links: it shows nothing."""
    now, is_shown = datetime.now(UTC), request.method != "HEAD"
    count = partial(links.open_link, is_further_page=after is not None)
    find = count if is_shown else links.find
    link = _valid(find(services.accounts, request[SECRET], now))
    if is_shown and not link.was_opened_in_hour(now):
        services.audit_log.record(request.headers, link.label, "opened", link.target)
    position = link.view.key
    photos = [
        photo
        for photo in _read(link, services, after)
        if link.opens(photo.name) and (after is None or position(photo.name) > position(after))
    ]
    return link, photos[:MAX_PHOTOS], len(photos) > MAX_PHOTOS


def _read(link: SharedLink, services: Services, after: PhotoName | None) -> list[Photo]:
    """Return photos, the oldest first, among which are those of a link: of a time span one more
    than a page has, after one of them; otherwise all."""
    if link.photos:
        return read_between(link, services)
    if link.photo:
        found = services.index.get(link.photo)
        return [found] if found else []
    return services.index.query(link.view, MAX_PHOTOS + 1, after)


def read_between(link: SharedLink, services: Services) -> list[Photo]:
    """Return what was taken between the first and the last of a link's photos, the oldest first.
    One request, or another one if not all of them are photos."""
    found = services.index.query(link.view, MAX_BETWEEN)
    if not set(link.photos) <= {photo.name for photo in found}:
        found += services.index.query(replace(link.view, stubs=True), MAX_BETWEEN)
        found.sort(key=lambda photo: link.view.key(photo.name))
    return found
