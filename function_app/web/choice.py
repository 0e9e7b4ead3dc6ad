"""`POST /choice/...`: what people do with the photos that they chose on a page. Without JavaScript
the answer is a page; `page/in_place.js` shows its part in the page where they chose."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from function_app.auth import links
from function_app.auth.caller import Caller, Scope
from function_app.auth.links import SharedLink, TimeSpan
from function_app.http import json_schema
from function_app.http.parameters import (
    TEXT,
    Kind,
    Parameter,
    choice,
    defaulting,
    optional,
    required,
    whole_number,
)
from function_app.http.request import FormBody, Request
from function_app.http.responses import Response, redirect
from function_app.maintenance import audited
from function_app.problems import HTTPProblemError, no_such_page
from function_app.services import Services
from function_app.storage.models import Photo
from function_app.web import sharing
from function_app.web.layout import render_page
from function_app.web.next_page import next_page
from function_app.web.sharing import MadeLink
from photo_wire.errors import WireError
from photo_wire.name import PhotoName, parse_name

MAX_CHOSEN = 200  # of a form; a script sends more in several
EXPIRIES = (24, 168, 720, 2160)  # hours
ONLY_THESE, WHOLE_SPAN = "these", "span"


def _parse_ids(value: str, name: str) -> list[PhotoName]:
    """Return the names of a form. A check box of several photos has all of their ids."""
    ids = list(dict.fromkeys(value.split()))
    if not 1 <= len(ids) <= MAX_CHOSEN:
        raise WireError(name, f"must be 1 to {MAX_CHOSEN} photos, not {len(ids)}")
    return [parse_name(one, name) for one in ids]


IDS = required("ids", Kind(json_schema.text(), f"1 to {MAX_CHOSEN} photos' ids", _parse_ids))
BACK = defaulting("back", TEXT, "")
BEFORE = defaulting("before", whole_number(0, 10**6), 0)  # photos of the forms before this one
ANSWER = defaulting("answer", choice(("yes", "no")), "yes")  # no: only the page to go back to
PROTECTED = defaulting("protected", choice(("yes", "no")), "yes")
FORM_ID = defaulting("form", TEXT, "")
MAKE = defaulting("make", TEXT, "")
REVOKE = defaulting("revoke", TEXT, "")
HOURS = optional("hours", whole_number(1, sharing.MAX_HOURS))
WHAT = defaulting("what", choice((ONLY_THESE, WHOLE_SPAN)), ONLY_THESE)
LOCATION = defaulting("location", choice(("", "yes")), "")
FORM = FormBody((BACK, BEFORE), (IDS,))
FORM_OF_PHOTO = FormBody((BACK, BEFORE, ANSWER), (IDS,))  # its page says itself what was done
PROTECTION = FormBody((BACK, BEFORE, PROTECTED), (IDS,))
SHARE = FormBody((BACK, FORM_ID, MAKE, REVOKE, HOURS, WHAT, LOCATION), (IDS,))


def delete_chosen(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos are in the trash now, and how to restore them."""
    change = partial(audited.delete, request=request, services=services, caller=caller)
    return _change(request, caller, FORM, "deleted", change)


def restore_chosen(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos were restored; 303 back to a page that says so itself."""
    change = partial(audited.restore, request=request, services=services, caller=caller)
    return _change(request, caller, FORM_OF_PHOTO, "restored", change)


def protect_chosen(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many photos were protected, and how to end that; or the other way round."""
    _require(caller, Scope.DELETE)
    is_protected = PROTECTION.read(request.body)[PROTECTED] == "yes"
    change = partial(
        audited.protect,
        request=request,
        services=services,
        caller=caller,
        is_protected=is_protected,
    )
    done = "protected" if is_protected else "unprotected"
    return _change(request, caller, PROTECTION, done, change)


def correct_chosen(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many stubs are photos now; 303 back to a page that says so itself."""
    without_frames: list[PhotoName] = []
    change = partial(
        audited.correct,
        request=request,
        services=services,
        caller=caller,
        without_frames=without_frames,
    )
    return _change(request, caller, FORM_OF_PHOTO, "corrected", change, without_frames)


def download_chosen(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a link to each photo: only a script makes a ZIP of them."""
    form = FORM.read(request.body)
    photos = [photo for name in form[IDS] if (photo := _find(name, services, caller))]
    values = {"part": "download", "photos": photos, "back": next_page(form[BACK])}
    return _answer(request, caller, values)


def share_chosen(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the form for a link, and the links that open these photos already. With `make` a new
    link is made, with `revoke` one of them is revoked."""
    _require(caller, Scope.ADMIN)
    if caller.cameras is not None:
        raise no_such_page()
    form, now = SHARE.read(request.body), datetime.now(UTC)
    names = sorted(form[IDS], key=lambda name: (name.captured_at, str(name)))
    made = _make_link(names, form, request, services, caller) if form[MAKE] else None
    if form[REVOKE]:
        with suppress(HTTPProblemError):  # somebody else revoked it: what is wanted is so
            sharing.revoke_link(form[REVOKE], request, services, caller)
    values = {
        "part": "share",
        "ids": names,
        "cameras": sorted({name.camera for name in names}),
        "expiries": EXPIRIES,
        "made": made,
        "form": links.new_form(now),
        "was_revoked": bool(form[REVOKE] or (form[MAKE] and not made)),
        "links": _links_to(names, services, now),
        "back": next_page(form[BACK]),
    }
    return _answer(request, caller, values)


def _make_link(
    names: list[PhotoName],
    form: Mapping[Parameter[Any], Any],
    request: Request,
    services: Services,
    caller: Caller,
) -> MadeLink | None:
    """Make the link that a form asks for, to these photos in their order or to the whole time
    between the first and the last. Return None if it was revoked since."""
    hours = form[HOURS]
    if hours is None:  # how long a link opens is never left to a default
        raise WireError("hours", f"is missing; it must be {HOURS.kind.expected}")
    until, location = datetime.now(UTC) + timedelta(hours=hours), bool(form[LOCATION])
    if form[WHAT] == WHOLE_SPAN and len({name.camera for name in names}) == 1:
        span = TimeSpan(names[0].camera, names[0].captured_at, names[-1].captured_at)
        link = sharing.span_link(span, caller, until, location)
    else:
        link = sharing.photo_link(names, services, caller, until, location)
    return sharing.store_link_by_form(link, form[FORM_ID], hours, request, services, caller)


def _change(
    request: Request,
    caller: Caller,
    body: FormBody,
    done: str,
    change: Callable[[PhotoName], bool],
    without_frames: Sequence[PhotoName] = (),
) -> Response:
    """Change each photo of a form, and return what was done: the end of the text's key; or lead
    back, if the form wants no answer. `without_frames` are then those of which a device keeps
    none."""
    _require(caller, Scope.DELETE)
    form = body.read(request.body)
    changed = [name for name in form[IDS] if change(name)]
    if form.get(ANSWER) == "no":
        return redirect(next_page(form[BACK]))
    values = {
        "part": "done",
        "done": done,
        "ids": changed,
        "count": form[BEFORE] + len(changed),
        "unknown": len(form[IDS]) - len(changed),
        "without_frames": len(without_frames),
        "back": next_page(form[BACK]),
    }
    return _answer(request, caller, values)


def _answer(request: Request, caller: Caller, values: Mapping[str, object]) -> Response:
    """Return the page; for a script its part alone."""
    template = "choice_part.html" if "part" in request.http.params else "choice.html"
    return render_page(template, request, caller, values)


def _find(name: PhotoName, services: Services, caller: Caller) -> Photo | None:
    return services.index.get(name) if caller.may_see(name.camera) else None


def _links_to(names: list[PhotoName], services: Services, now: datetime) -> list[SharedLink]:
    """Return the links that open one of these photos, the last to expire first."""
    found = [
        link
        for link in links.list_links(services.accounts)
        if link.expires_at > now and any(map(link.opens, names))
    ]
    return sorted(found, key=lambda link: link.expires_at, reverse=True)


def _require(caller: Caller, scope: Scope) -> None:
    if scope not in caller.scopes:
        raise no_such_page()
