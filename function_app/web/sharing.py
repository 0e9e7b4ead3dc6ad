"""Shared links: `/api/shares` creates, lists and revokes them, and `/shared/{secret}` opens one for
everyone who has it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from function_app.auth import links
from function_app.auth.caller import Caller
from function_app.auth.links import SharedLink, TimeSpan
from function_app.auth.provenance import created_by, undo_if_revoked
from function_app.browse.listing import describe
from function_app.browse.photos import content
from function_app.http import json_schema
from function_app.http.authorization import own_origin
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
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import PAGE_POLICY, LogDetails, Response, json_response
from function_app.http.templates import render_template
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import Photo
from photo_wire.errors import WireError
from photo_wire.moment import format_time

DEFAULT_HOURS, MAX_HOURS = 7 * 24, 90 * 24
MAX_PHOTOS = 200

SHARED_PHOTO = optional("photo", PHOTO_NAME)
SHARED_CAMERA = optional("camera", CAMERA_NAME)
SHARED_FROM = optional("from", TIME)
SHARED_TO = optional("to", TIME)
HOURS = defaulting("hours", json_number(1, MAX_HOURS), DEFAULT_HOURS)
WITH_LOCATION = defaulting("with_location", BOOLEAN, False)
NEW_SHARE = JSONBody(
    "NewShare",
    (SHARED_PHOTO, SHARED_CAMERA, SHARED_FROM, SHARED_TO, HOURS, WITH_LOCATION),
    variants=((SHARED_PHOTO,), (SHARED_CAMERA, SHARED_FROM, SHARED_TO)),
)
KEY = required("key", opaque(json_schema.text(pattern="^[0-9a-f]{32}$")), "The link's key.")
SECRET = required(
    "secret", opaque(json_schema.text(pattern="^[A-Za-z0-9_-]{32}$")), "The end of the link."
)
_NO_CACHE = {"Cache-Control": "no-store"}  # so that an expired link shows nothing
_TEMPLATE = Path(__file__).parent / "shared.html"


def make_share(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the new link, whose secret is shown only now, and the key that revokes it. The body
    names a photo, or a camera with from and to."""
    name = request[SHARED_PHOTO]
    until = datetime.now(UTC) + timedelta(hours=request[HOURS])
    if name is not None:
        if not caller.may_see(name.camera) or services.index.get(name) is None:
            raise HTTPProblemError(404, f"There is no photo {name}.")
        link = links.link_to_photo(name, until, created_by(caller), request[WITH_LOCATION])
    else:
        camera, first, last = request[SHARED_CAMERA], request[SHARED_FROM], request[SHARED_TO]
        if camera is None or first is None or last is None:
            raise HTTPProblemError(400, "Give the photo, or the camera with from and to.")
        if not caller.may_see(camera):
            raise HTTPProblemError(404, f"There is no camera {camera}.")
        if last < first:
            raise WireError("to", "must not be before 'from'")
        span = TimeSpan(camera, first, last)
        link = SharedLink("", span, until, created_by(caller), with_location=request[WITH_LOCATION])
    key, secret = links.store(services.accounts, link)
    undo_if_revoked(services.accounts, caller, lambda: links.revoke(services.accounts, key))
    target = f"{link.target} by {links.link_label(key)}"
    services.audit_log.record(request.headers, caller.actor, "shared", target)
    network = services.settings.network
    url = f"{network.public_origin or own_origin(request.url, network)}/shared/{secret}"
    return json_response({"url": url, "key": key, "until": format_time(until)}, 201)


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
                    "from": format_time(one.span.first),
                    "to": format_time(one.span.last),
                    "until": format_time(one.expires_at),
                    "with_location": one.with_location,
                    **one.provenance.to_json(),
                }
                for one in links.list_links(services.accounts)
                if caller.may_see(one.span.camera)
            ]
        }
    )


def revoke_share(request: Request, services: Services, caller: Caller) -> Response:
    """204; the link no longer works."""
    key = request[KEY]
    if not key.isalnum() or not key.isascii() or not links.revoke(services.accounts, key):
        raise HTTPProblemError(404, "There is no such link.")
    services.audit_log.record(
        request.headers, caller.actor, "revoked a link", links.link_label(key)
    )
    return Response(204)


def get_shared(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a page of the link's photos; 404 with a page if the link is not valid."""
    try:
        link, photos, has_more = _opened(request, services)
    except HTTPProblemError as error:
        problem = error.problem
        page = _page({"title": "Nightjar", "problem": problem.detail, "foot": "Ask for a new one."})
        return replace(page, status=problem.status, log_details=LogDetails(problem=problem))
    until = f"{link.expires_at:%Y-%m-%d %H:%M} (UTC)"
    return _page(
        {
            "title": f"{link.span.camera}, {link.span.first:%Y-%m-%d %H:%M} UTC",
            "photos": [_figure(photo, request[SECRET]) for photo in photos],
            "has_more": has_more,
            "foot": f"This link was shared with you. It opens until {until}.",
        }
    )


def _page(values: Mapping[str, object]) -> Response:
    defaults = {"photos": [], "has_more": False, "problem": None}
    body = render_template(_TEMPLATE, {**defaults, **values})
    return Response(200, body, "text/html", {"Content-Security-Policy": PAGE_POLICY})


def _figure(photo: Photo, secret: str) -> dict[str, str]:
    """Return what the page shows of a photo."""
    return {
        "type": photo.media.suffix,
        "url": f"/api/shared/{secret}/{photo.name}/content",
        "caption": f"{photo.name.captured_at:%Y-%m-%d %H:%M:%S} UTC",
    }


def list_shared(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the photos that the link opens, the oldest first, and whether there are more."""
    link, photos, more = _opened(request, services)
    return json_response(
        {
            "photos": [describe(photo) for photo in photos],
            "more": more,
            "until": format_time(link.expires_at),
        }
    )


def get_shared_content(request: Request, services: Services, caller: Caller) -> Response:
    """200, 206 or 304 as for people who signed in, but not cached, and without the photo's location
    unless the link was made with it."""
    link = _link(request, services)
    name = request[PHOTO]
    photo = services.index.get(name) if link.opens(name) else None
    if photo is None:
        raise HTTPProblemError(404, "This link does not open that photo.")
    return content(photo, request, services, link.label, _NO_CACHE, not link.with_location)


def _link(request: Request, services: Services) -> SharedLink:
    link = links.find(services.accounts, request[SECRET], datetime.now(UTC))
    if link is None:
        raise HTTPProblemError(404, "This link has expired, was revoked, or never existed.")
    return link


def _opened(request: Request, services: Services) -> tuple[SharedLink, list[Photo], bool]:
    """Return the link, its first photos, and whether it opens more. Record in the audit log that it
    was opened, except for HEAD, by which messengers check links: it shows nothing."""
    link = _link(request, services)
    if request.method != "HEAD":
        services.audit_log.record(request.headers, link.label, "opened", link.target)
    if link.photo:
        found = services.index.get(link.photo)
        return link, [found] if found else [], False
    candidates = services.index.query(link.span.view, MAX_PHOTOS + 1)
    photos = [photo for photo in candidates if link.opens(photo.name)]
    return link, photos[:MAX_PHOTOS], len(photos) > MAX_PHOTOS
