"""Replies, and how they become HTTP: the only place that renders one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import azure.functions as func

from photo_wire.name import PhotoName
from photo_wire.problem import PROBLEM_TYPE, Problem

JSON_TYPE = "application/json"
PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ON_EVERY_REPLY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
# A year, of this host alone: the domain may have others. Browsers pass over it without https.
_OVER_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}
_WITHOUT_BODY = (204, 304)


@dataclass(frozen=True, slots=True)
class Response:
    """What a handler answers. `headers` go before those that every reply has. `length` is the
    length in bytes of a body that a reply to HEAD leaves out. `photos` and `problem` are for the
    log. `cookies` are Set-Cookie headers, of which a reply may have several."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    photos: tuple[PhotoName, ...] = ()
    problem: Problem | None = None
    cookies: tuple[str, ...] = ()


def json_response(said: object, status: int = 200, cookies: tuple[str, ...] = ()) -> Response:
    """`said` as JSON."""
    return Response(status, json.dumps(said).encode(), cookies=cookies)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """An error, as RFC 9457 spells it."""
    return Response(
        problem.status, problem.to_json().encode(), PROBLEM_TYPE, headers or {}, problem=problem
    )


def render(response: Response, method: str, is_https: bool = False) -> func.HttpResponse:
    """The reply to a request with this method, with the headers that protect who reads it.

    The Functions host sets no Content-Length and would send the body of a reply to HEAD.
    """
    headers = {**_ON_EVERY_REPLY, **(_OVER_HTTPS if is_https else {}), **response.headers}
    if response.status not in _WITHOUT_BODY:
        headers["Content-Length"] = str(
            len(response.body) if response.length is None else response.length
        )
    body = b"" if method == "HEAD" or response.status in _WITHOUT_BODY else response.body
    rendered = func.HttpResponse(
        body, status_code=response.status, headers=headers, mimetype=response.content_type
    )
    for cookie in response.cookies:
        rendered.headers.add("Set-Cookie", cookie)
    return rendered
