"""Shared links: `/api/shares` creates, lists and revokes them. `shared_photos.py` opens one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from function_app.auth import links
from function_app.auth.caller import Caller
from function_app.auth.links import SharedLink, StoredLink, TimeSpan
from function_app.auth.provenance import created_by, undo_if_revoked
from function_app.http import json_schema
from function_app.http.authorization import check_camera_is_visible, own_origin, unknown_photo
from function_app.http.parameters import (
    BOOLEAN,
    CAMERA_NAME,
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
from function_app.web.shared_photos import MAX_PHOTOS, read_between
from photo_wire.errors import WireError
from photo_wire.moment import format_time
from photo_wire.name import PhotoName

DEFAULT_HOURS, MAX_HOURS = 7 * 24, 90 * 24

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
        known = {photo.name for photo in read_between(link, services)}
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
