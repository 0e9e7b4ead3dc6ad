"""Shared links: `/api/shares` creates, lists and revokes them, and `/shared/{secret}` opens one for
everyone who has it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from function_app.auth import links
from function_app.auth.caller import Caller
from function_app.auth.links import SharedLink, StoredLink, TimeSpan
from function_app.auth.provenance import created_by, undo_if_revoked
from function_app.browse.listing import describe
from function_app.browse.photos import content
from function_app.http import json_schema
from function_app.http.authorization import check_camera_is_visible, own_origin, unknown_photo
from function_app.http.parameters import (
    BOOLEAN,
    CAMERA_NAME,
    PHOTO,
    PHOTO_NAME,
    TIME,
    defaulting,
    json_number,
    opaque,
    optional,
    photo_names,
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.storage.table_store import PAGE_SIZE
from function_app.web.layout import render_page
from photo_wire.errors import WireError
from photo_wire.moment import format_time
from photo_wire.name import PhotoName

DEFAULT_HOURS, MAX_HOURS = 7 * 24, 90 * 24
MAX_PHOTOS = 200  # of a page, and of those chosen
# Photos that are read, by two requests: between the first and the last of those chosen there may be
# others. A page on which one chooses has a thousand.
MAX_BETWEEN = 2 * PAGE_SIZE

SHARED_PHOTO = optional("photo", PHOTO_NAME)
SHARED_PHOTOS = optional("photos", photo_names(MAX_PHOTOS, minimum=1))
SHARED_CAMERA = optional("camera", CAMERA_NAME)
SHARED_FROM = optional("from", TIME)
SHARED_TO = optional("to", TIME)
HOURS = defaulting("hours", json_number(1, MAX_HOURS), DEFAULT_HOURS)
WITH_LOCATION = defaulting("with_location", BOOLEAN, False)
NEW_SHARE = JSONBody(
    "NewShare",
    (SHARED_PHOTO, SHARED_PHOTOS, SHARED_CAMERA, SHARED_FROM, SHARED_TO, HOURS, WITH_LOCATION),
    variants=((SHARED_PHOTO,), (SHARED_PHOTOS,), (SHARED_CAMERA, SHARED_FROM, SHARED_TO)),
)
KEY = required("key", opaque(json_schema.text(pattern="^[0-9a-f]{32}$")), "The link's key.")
SECRET = required(
    "secret", opaque(json_schema.text(pattern="^[A-Za-z0-9_-]{32}$")), "The end of the link."
)
AFTER = optional("after", PHOTO_NAME, "Only the photos that follow this one in the list.")
_NO_CACHE = {"Cache-Control": "no-store"}  # so that an expired link shows nothing


class MadeLink(NamedTuple):
    """A new link: its address, whose secret is shown only now, and the key that revokes it."""

    url: str
    key: str
    until: datetime


def make_share(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the new link. The body names a photo, or photos, or a camera with from and to."""
    photo, names = request[SHARED_PHOTO], request[SHARED_PHOTOS] or []
    names += [photo] if photo else []
    until, location = datetime.now(UTC) + timedelta(hours=request[HOURS]), request[WITH_LOCATION]
    if names:
        link = photo_link(names, services, caller, until, location)
    else:
        camera, first, last = request[SHARED_CAMERA], request[SHARED_FROM], request[SHARED_TO]
        if camera is None or first is None or last is None:
            raise HTTPProblemError(400, "Give the photo or photos, or the camera with from and to.")
        if last < first:
            raise WireError("to", "must not be before 'from'")
        link = span_link(TimeSpan(camera, first, last), caller, until, location)
    made = store_link(link, request, services, caller)
    return json_response({"url": made.url, "key": made.key, "until": format_time(made.until)}, 201)


def photo_link(
    names: Sequence[PhotoName],
    services: Services,
    caller: Caller,
    until: datetime,
    with_location: bool,
) -> SharedLink:
    """Return a link to one photo or several. Raises HTTPProblemError (404) unless all are there,
    and the caller may see them. One or two requests."""
    if len(names) == 1:
        link = links.link_to_photo(names[0], until, created_by(caller), with_location)
        known = {name for name in names if services.index.get(name)}
    else:
        link = links.link_to_photos(names, until, created_by(caller), with_location)
        known = {photo.name for photo in _between(link, services)}
    for name in names:
        if name not in known or not caller.may_see(name.camera):
            raise unknown_photo(name)
    return link


def span_link(span: TimeSpan, caller: Caller, until: datetime, with_location: bool) -> SharedLink:
    """Return a link to what a camera captured in a time. Raises HTTPProblemError (404) for a camera
    that the caller may not see."""
    check_camera_is_visible(span.camera, caller)
    return SharedLink("", span, until, created_by(caller), with_location=with_location)


def store_link(link: SharedLink, request: Request, services: Services, caller: Caller) -> MadeLink:
    """Store a link, and record that in the audit log."""
    stored = StoredLink(*links.store(services.accounts, link), link.expires_at)
    return _made(stored, link, request, services, caller)


def store_link_by_form(
    link: SharedLink,
    form: str,
    hours: int,
    request: Request,
    services: Services,
    caller: Caller,
) -> MadeLink | None:
    """Do the same for a form, once however often it is sent. Return None if the link was revoked
    since."""
    now = datetime.now(UTC)
    stored = links.store_by_form(services.accounts, link, form, hours, now)
    return stored and _made(stored, link, request, services, caller)


def _made(
    stored: StoredLink, link: SharedLink, request: Request, services: Services, caller: Caller
) -> MadeLink:
    if stored.is_new:
        key = stored.key
        undo_if_revoked(services.accounts, caller, lambda: links.revoke(services.accounts, key))
        target = f"{link.target} by {links.link_label(key)}"
        services.audit_log.record(request.headers, caller.actor, "shared", target)
    network = services.settings.network
    origin = network.public_origin or own_origin(request.url, network)
    return MadeLink(f"{origin}/shared/{stored.secret}", stored.key, stored.expires_at)


def list_shares(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the links on record, including those that expired in the last hour, without their
    secrets."""
    return json_response(
        {
            "shares": [
                {
                    "key": one.key,
                    "camera": one.span.camera,
                    "photo": str(one.photo) if one.photo else None,
                    "photos": [str(name) for name in one.photos] or None,
                    "from": format_time(one.span.first),
                    "to": format_time(one.span.last),
                    "until": format_time(one.expires_at),
                    "with_location": one.with_location,
                    "opened": one.opened,
                    "opened_at": format_time(one.opened_at) if one.opened_at else None,
                    **one.provenance.to_json(),
                }
                for one in links.list_links(services.accounts)
                if all(map(caller.may_see, one.cameras))
            ]
        }
    )


def revoke_share(request: Request, services: Services, caller: Caller) -> Response:
    """204; the link no longer works."""
    revoke_link(request[KEY], request, services, caller)
    return Response(204)


def revoke_link(key: str, request: Request, services: Services, caller: Caller) -> None:
    """Revoke the link of this key, and record that in the audit log. Raises HTTPProblemError (404)
    if there is none."""
    if not key.isalnum() or not key.isascii() or not links.revoke(services.accounts, key):
        raise HTTPProblemError(404, "There is no such link.")
    services.audit_log.record(
        request.headers, caller.actor, "revoked a link", links.link_label(key)
    )


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
        return _between(link, services)
    if link.photo:
        found = services.index.get(link.photo)
        return [found] if found else []
    return services.index.query(link.view, MAX_PHOTOS + 1, after)


def _between(link: SharedLink, services: Services) -> list[Photo]:
    """Return what was taken between the first and the last of a link's photos, the oldest first.
    One request, or another one if not all of them are photos."""
    found = services.index.query(link.view, MAX_BETWEEN)
    if not set(link.photos) <= {photo.name for photo in found}:
        found += services.index.query(replace(link.view, stubs=True), MAX_BETWEEN)
        found.sort(key=lambda photo: link.view.key(photo.name))
    return found
