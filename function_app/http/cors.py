"""Cross-origin requests (the Fetch standard's CORS protocol): pages of the origins in CORS_ORIGINS
may call the routes that take tokens, with a token. Cookies never count for them."""

import re
from collections.abc import Iterable
from dataclasses import replace

import azure.functions as func

from function_app.http.authorization import SCOPES, bearer_token
from function_app.http.json_schema import text
from function_app.http.parameters import defaulting, opaque
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.http.route import Route
from function_app.problems import HTTPProblemError
from function_app.settings import CORS_ORIGINS
from photo_wire import headers as wire

_ORIGIN, _VARY, _ALLOW_ORIGIN = "Origin", "Vary", "Access-Control-Allow-Origin"
PATH = defaulting("path", opaque(text()), "", "The path after api/ that a page wants to call.")
MAX_AGE = 7200  # seconds that a browser may remember a preflight; Chromium caps it here
# What routes with a token read beside the headers that every page may send.
REQUEST_HEADERS = (
    "Authorization",
    *(wire.CONTENT_TYPE, wire.CONTENT_DIGEST, wire.PHOTO_ID, wire.CAMERA_ID, wire.CAPTURED_AT),
    *(wire.TRIGGER, wire.CLOCK, wire.WAITING),
    *("If-None-Match", "If-Range", "Range"),
)
# What their responses say beside the headers that every page may read.
RESPONSE_HEADERS = (
    *("Accept-Ranges", "Age", "Content-Disposition", "Content-Range", "ETag"),
    *("Retry-After", "WWW-Authenticate"),
)
_PARAMETER = re.compile(r"\\\{\w+\\\}")  # {id}, after re.escape


def add_headers(response: Response, req: func.HttpRequest, origins: frozenset[str]) -> Response:
    """Return the response of a route that takes tokens, with the headers by which a browser shows
    it to a page of these origins that sent a token. Others' responses only name Origin in Vary, for
    caches."""
    headers = dict(response.headers)
    headers[_VARY] = ", ".join(filter(None, [headers.get(_VARY), _ORIGIN]))
    origin = req.headers.get(_ORIGIN, "")
    if origin in origins and bearer_token(req.headers) is not None:
        headers[_ALLOW_ORIGIN] = origin
        headers["Access-Control-Expose-Headers"] = ", ".join(RESPONSE_HEADERS)
    return replace(response, headers=headers)


def preflight(routes: Iterable[Route], request: Request, origins: frozenset[str]) -> Response:
    """Return 204 with what a page of the request's origin may send to PATH.

    Raises HTTPProblemError: 403 for an origin that is not one of `origins`; 404 if no route takes a
    token for this path and method.
    """
    origin = request.headers.get(_ORIGIN, "")
    if origin not in origins:
        raise HTTPProblemError(
            403,
            "Pages of this origin may not call the API; the origins that may are in the app's "
            f"setting {CORS_ORIGINS}.",
            {_VARY: _ORIGIN},
        )
    methods = _methods_with_token(routes, request[PATH])
    if request.headers.get("Access-Control-Request-Method") not in methods:
        raise HTTPProblemError(404, "No route takes a token for this path and method.")
    headers = {
        _ALLOW_ORIGIN: origin,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join(REQUEST_HEADERS),
        "Access-Control-Max-Age": str(MAX_AGE),
        _VARY: _ORIGIN,
    }
    return Response(204, headers=headers)


def _methods_with_token(routes: Iterable[Route], path: str) -> list[str]:
    """Return the methods for which a token is taken at a path (decoded, after "api/")."""
    path = f"api/{path.rstrip('/')}"
    return [
        method
        for route in routes
        if route.access in SCOPES and _pattern(route.path).fullmatch(path)
        for method in route.methods
    ]


def _pattern(template: str) -> re.Pattern[str]:
    """Return the pattern of a route's path, as the Functions host compares: without case."""
    return re.compile(_PARAMETER.sub("[^/]+", re.escape(template)), re.IGNORECASE)
