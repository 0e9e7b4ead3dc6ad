"""Problems for people: a page in the layout of all pages that says what happened and what to do
next. Who is not signed in is sent to sign in."""

from collections.abc import Mapping
from dataclasses import replace

import azure.functions as func

from function_app.browse.photos import PLACE_NOT_REMOVABLE
from function_app.http.authorization import bearer_token
from function_app.http.cookies import SESSION, read_cookie
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response, redirect
from function_app.localization.sentences import say_known, say_problem
from function_app.localization.translation import load_strings
from function_app.web.form_problems import kind_of
from function_app.web.layout import render_page
from function_app.web.next_page import sign_in_page
from photo_wire.problem import Problem


def problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the page for the response of a problem."""
    request = Request(req, {})
    if response.status == 401:
        has_ended = bool(read_cookie(request.headers, SESSION, request.url))
        # What a form sent is lost, and its address may be none to open.
        return redirect(sign_in_page(request.url if request.method == "GET" else "", has_ended))
    problem = response.log_details.problem
    key = _key_of_parameter(problem, request)
    values = {
        "kind": kind_of(response.status),
        "wrong": key,
        "detail": _sentence(problem, request) if problem and not key else "",
        "is_guest": False,
    }
    return _as_page(response, "problem.html", request, values)


def guest_problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the page for the response of a problem to somebody who has a link and no account:
    without ways into the gallery. A link that was cut short is one that never existed."""
    problem = response.log_details.problem
    if problem and problem.type == PLACE_NOT_REMOVABLE:
        values: dict[str, object] = {"kind": 404, "wrong": "shared.place", "detail": ""}
        return _as_page(response, "problem.html", Request(req, {}), values | {"is_guest": True})
    if response.status in (400, 404):
        closed: dict[str, object] = {"link": None, "photos": [], "has_more": False}
        return _as_page(response, "shared.html", Request(req, {}), closed)
    kind = kind_of(response.status)
    values = {"kind": kind, "wrong": "", "detail": "", "is_guest": True}
    return _as_page(response, "problem.html", Request(req, {}), values)


def _as_page(
    response: Response, template: str, request: Request, values: Mapping[str, object]
) -> Response:
    page = render_page(template, request, None, values, response.status)
    headers = {**response.headers, **page.headers}
    return replace(page, headers=headers, log_details=response.log_details)


def _key_of_parameter(problem: Problem | None, request: Request) -> str:
    """Return the key of the text for a parameter of a page that is wrong; "" for another problem.
    The sentence about a parameter (WireError) begins with its name."""
    if problem is None or problem.status != 400:
        return ""
    key = f"problem.wrong.{problem.detail.partition(':')[0]}"
    return key if key in load_strings(Preferences.read(request).language) else ""


def _sentence(problem: Problem, request: Request) -> str:
    """Return the sentence for programs in the language of the page; "" if there is none, or none
    that a person needs."""
    if problem.status in (404, 500, 503):
        return ""
    preferences = Preferences.read(request)
    return say_problem(problem, preferences.language, preferences.zone) or ""


def file_problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the page for a problem, if the request is that of a browser which shows pages;
    otherwise the problem for programs and for scripts of pages."""
    return problem_page(req, response) if response.status == 401 or _shows_pages(req) else response


def api_problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the same for what the API has for programs, and people open, too: without a session
    programs get the problem."""
    return problem_page(req, response) if _shows_pages(req) else script_problem(req, response)


def script_problem(req: func.HttpRequest, response: Response) -> Response:
    """Return a problem of the API with its sentence in the language of the page, if a script asks,
    which shows it. Programs have no session, and get it in English."""
    request, problem = Request(req, {}), response.log_details.problem
    sentence = say_to_script(problem.detail, request) if problem else None
    if problem is None or sentence is None:
        return response
    return replace(response, body=replace(problem, detail=sentence).to_json().encode())


def say_to_script(sentence: str, request: Request) -> str | None:
    """Return a sentence in the language of the page whose script asks; None if none asks, or if
    there is no text for it."""
    headers = request.headers
    if not read_cookie(headers, SESSION, request.url) or bearer_token(headers) is not None:
        return None
    preferences = Preferences.read(request)
    return say_known(sentence, preferences.language, preferences.zone)


def guest_file_problem_page(req: func.HttpRequest, response: Response) -> Response:
    """Return the same to somebody who has a link and no account."""
    return guest_problem_page(req, response) if _shows_pages(req) else response


def _shows_pages(req: func.HttpRequest) -> bool:
    """Return whether a browser asks for something to show as a page, without a token."""
    accepted = req.headers.get("Accept") or ""
    return "text/html" in accepted and bearer_token(req.headers) is None
