"""`/sign-in` and `/sign-out`: forms that work without JavaScript. With it `sign_in.js` sends the
same to `/api/session`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from function_app.accounts.sign_in import CODE_REQUIRED, sign_in
from function_app.auth import sessions, users
from function_app.auth.caller import Caller
from function_app.http.authorization import Access, authorize, check_origin
from function_app.http.cookies import SESSION, set_cookie
from function_app.http.parameters import TEXT, defaulting
from function_app.http.request import FormBody, Request
from function_app.http.responses import LogDetails, Response, redirect
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.errors import StorageUnavailableError
from function_app.web.layout import render_page
from function_app.web.next_page import SIGN_IN, next_page
from photo_wire.problem import Problem

NAME = defaulting("name", TEXT, "")
PASSWORD = defaulting("password", TEXT, "")
CODE = defaulting("code", TEXT, "")
NEXT = defaulting("next", TEXT, "")
FORM = FormBody((NAME, PASSWORD, CODE, NEXT))
# The texts of the problems that a person can do something about, by their status; and the statuses
# of those which a password has.
_TEXTS = {401: "sign_in.wrong", 403: "sign_in.too_easy", 429: "sign_in.too_many"}
_OF_PASSWORD = (401, 403)


def get_sign_in(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the form, 303 to the next page for who is signed in."""
    query = request.http.params
    wanted = next_page(query.get("next") or "")
    if _is_signed_in(request, services):
        return redirect(wanted)
    return _form(request, {"next": wanted, "has_ended": "ended" in query})


def post_sign_in(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the next page with the session's cookie; the form with the problem if there is one."""
    check_origin(request.http, services.settings.network)
    form = FORM.read(request.body)
    wanted = next_page(form[NEXT])
    try:
        _, cookies = sign_in(form[NAME], form[PASSWORD], form[CODE], request, services)
    except HTTPProblemError as error:
        status, needs_code = error.problem.status, error.problem.type == CODE_REQUIRED
        text = "sign_in.wrong_code" if form[CODE] else "sign_in.code_required"
        values = {
            "next": wanted,
            "name": form[NAME],
            "needs_code": needs_code,
            "problem": text if needs_code else _TEXTS.get(status, "sign_in.busy"),
            "wrong": "code" if needs_code else "password" if status in _OF_PASSWORD else "",
            "seconds": int(error.headers.get("Retry-After", 0)),
        }
        page = _form(request, values, status)
        headers = {**page.headers, **error.headers}
        return replace(page, headers=headers, log_details=LogDetails(problem=error.problem))
    return redirect(wanted, cookies)


def post_sign_out(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the form; the session has ended, and the browser forgets its cookie. If the store does
    not respond, 503 with the form, which says that the session is still on record: the browser
    forgets its cookie all the same, since the next person may sit at this computer."""
    check_origin(request.http, services.settings.network)
    cookies = (set_cookie(SESSION, "", 0, request.url),)
    try:
        person = authorize(Access.PAGE, request.http, services, datetime.now(UTC))
        sessions.end(services.accounts, person)
    except HTTPProblemError:  # nobody is signed in
        return redirect(SIGN_IN, cookies)
    except StorageUnavailableError as error:
        page = _form(request, {"next": "/", "problem": "sign_in.not_ended"}, 503)
        headers = {**page.headers, "Retry-After": "10"}
        details = LogDetails(problem=Problem(503, f"The session could not be ended: {error}."))
        return replace(page, headers=headers, cookies=cookies, log_details=details)
    return redirect(SIGN_IN, cookies)


def _is_signed_in(request: Request, services: Services) -> bool:
    try:
        authorize(Access.PAGE, request.http, services, datetime.now(UTC))
    except HTTPProblemError:
        return False
    return True


def _form(request: Request, values: Mapping[str, object], status: int = 200) -> Response:
    defaults = {"name": users.OWNER, "problem": None, "wrong": "", "seconds": 0}
    defaults |= {"has_ended": False, "needs_code": False}
    return render_page("sign_in.html", request, None, {**defaults, **values}, status)
