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
class Reply:
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


def json_reply(said: object, status: int = 200, cookies: tuple[str, ...] = ()) -> Reply:
    """`said` as JSON."""
    return Reply(status, json.dumps(said).encode(), cookies=cookies)


def problem_reply(problem: Problem, headers: Mapping[str, str] | None = None) -> Reply:
    """An error, as RFC 9457 spells it."""
    return Reply(
        problem.status, problem.to_json().encode(), PROBLEM_TYPE, headers or {}, problem=problem
    )


def render(reply: Reply, method: str, is_https: bool = False) -> func.HttpResponse:
    """The reply to a request with this method, with the headers that protect who reads it.

    The Functions host sets no Content-Length and would send the body of a reply to HEAD.
    """
    headers = {**_ON_EVERY_REPLY, **(_OVER_HTTPS if is_https else {}), **reply.headers}
    if reply.status not in _WITHOUT_BODY:
        headers["Content-Length"] = str(len(reply.body) if reply.length is None else reply.length)
    body = b"" if method == "HEAD" or reply.status in _WITHOUT_BODY else reply.body
    response = func.HttpResponse(
        body, status_code=reply.status, headers=headers, mimetype=reply.content_type
    )
    for cookie in reply.cookies:
        response.headers.add("Set-Cookie", cookie)
    return response
