"""What handlers return, and how it becomes an HTTP response."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import azure.functions as func

from photo_wire.name import PhotoName
from photo_wire.problem import PROBLEM_TYPE, Problem

JSON_TYPE = "application/json"
PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_DEFAULT_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
# A year, without includeSubDomains: other hosts may lack https. Browsers ignore it over http.
_HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}
_STATUSES_WITHOUT_BODY = (204, 304)


@dataclass(frozen=True, slots=True)
class LogDetails:
    """What the line in the log says of a response: the photos that it is about, and the problem."""

    photos: tuple[PhotoName, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What a handler returns. `headers` take precedence over those that every response has. For a
    HEAD request a handler may leave out the body and set Content-Length, in bytes. `cookies` are
    the values of Set-Cookie headers, of which a response may have several."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    log_details: LogDetails = LogDetails()


def json_response(content: object, status: int = 200, cookies: tuple[str, ...] = ()) -> Response:
    """Return a response with `content` as JSON."""
    return Response(status, json.dumps(content).encode(), cookies=cookies)


def page_response(body: bytes, status: int = 200) -> Response:
    """Return a page for people, which may load and send only what is of this site.

    Its policy for referrers names the page to this site: under `no-referrer` a browser sends a form
    with `Origin: null`, as if it came from another site (Fetch, "append a request Origin header").
    """
    headers = {"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "same-origin"}
    return Response(status, body, "text/html", headers)


def redirect(location: str, cookies: tuple[str, ...] = ()) -> Response:
    """Return a redirect to a path of this site, which the browser gets with GET."""
    return Response(303, b"", "text/plain", {"Location": location}, cookies)


def json_with_list(fields: Mapping[str, object], name: str, items: Iterable[str]) -> str:
    """Return the JSON of an object with these fields, of which there is one at least, and a list
    of this name. Its items are JSON already."""
    return f"{json.dumps(fields)[:-1]}, {json.dumps(name)}: [{', '.join(items)}]}}"


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response for a problem (RFC 9457)."""
    body, details = problem.to_json().encode(), LogDetails(problem=problem)
    return Response(problem.status, body, PROBLEM_TYPE, headers or {}, log_details=details)


def render(response: Response, method: str, is_https: bool = False) -> func.HttpResponse:
    """Return the host's response to a request with this method, with the security headers.

    The Functions host sets no Content-Length, and would send the body of a response to HEAD.
    """
    headers = {**_DEFAULT_HEADERS, **(_HTTPS_HEADERS if is_https else {}), **response.headers}
    if response.status not in _STATUSES_WITHOUT_BODY:
        headers.setdefault("Content-Length", str(len(response.body)))
    body = b"" if method == "HEAD" or response.status in _STATUSES_WITHOUT_BODY else response.body
    rendered = func.HttpResponse(
        body, status_code=response.status, headers=headers, mimetype=response.content_type
    )
    for cookie in response.cookies:
        rendered.headers.add("Set-Cookie", cookie)
    return rendered
