"""The way of a request from the Functions host to a route's handler and back: authorization, the
check of its parameters, the responses for errors, and one line in the log."""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

import azure.functions as func

from function_app.http.authorization import SCOPES, Access, authorize
from function_app.http.responses import Response, problem_response, render
from function_app.http.route import ProblemPage, Route
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.settings import SettingsError
from function_app.storage.errors import StorageUnavailableError
from photo_wire.errors import WireError
from photo_wire.headers import PHOTO_ID
from photo_wire.name import PhotoName, parse_name
from photo_wire.problem import Problem

_RETRY_SOON = {"Retry-After": "10"}  # seconds

log = logging.getLogger(__name__)


def register(app: func.FunctionApp, route: Route, services: Callable[[], Services]) -> None:
    """Add the function of a route to the app. `services` is called at each request."""

    def serve(req: func.HttpRequest) -> func.HttpResponse:
        started = time.perf_counter()
        response = handle(route, req, services)
        _log(route, req, response, time.perf_counter() - started)
        return render(response, req.method, is_https(req))

    level = func.AuthLevel.FUNCTION if route.access is Access.DEVICE else func.AuthLevel.ANONYMOUS
    http = app.route(route=route.path, methods=route.methods, auth_level=level)
    app.function_name(route.name)(http(serve))


def is_https(req: func.HttpRequest) -> bool:
    """Return whether the client used https. A proxy before the app may have ended it there."""
    url: str = req.url
    forwarded: str = req.headers.get("X-Forwarded-Proto", "")
    last_proxy = forwarded.rpartition(",")[2].strip().lower()
    return url.lower().startswith("https:") or last_proxy == "https"


def handle(route: Route, req: func.HttpRequest, services: Callable[[], Services]) -> Response:
    """Return the handler's response, or that of the problem which prevents one. Raises nothing."""
    origins: frozenset[str] = frozenset()
    try:
        ready = services()
        origins = ready.settings.network.cors_origins
        caller = authorize(route.access, req, ready, datetime.now(UTC))
        response = route.handler(route.inputs.read(req), ready, caller)
    except Exception as error:  # noqa: BLE001 - each becomes a response, and unexpected ones a log
        response = _failure(route, error)
        if route.problem_page:
            response = _for_people(route, route.problem_page, req, response)
    if origins and route.access in SCOPES:
        from function_app.http import cors  # for apps with CORS_ORIGINS

        response = cors.add_headers(response, req, origins)
    return response


def _failure(route: Route, error: Exception) -> Response:
    """Return the response for an exception."""
    match error:
        case HTTPProblemError():
            return problem_response(error.problem, error.headers)
        case WireError():
            return problem_response(Problem(400, f"{error}."))
        case SettingsError():
            return problem_response(Problem(503, str(error)), _RETRY_SOON)
        case StorageUnavailableError():
            log.warning("%s: %s", route.name, error)
            problem = Problem(503, f"Storage is unavailable; try again later: {error}.")
            return problem_response(problem, _RETRY_SOON)
    log.error("%s failed", route.name, exc_info=error)
    return problem_response(
        Problem(500, "An unexpected error occurred; the app's log has the details.")
    )


def _for_people(
    route: Route, problem_page: ProblemPage, req: func.HttpRequest, response: Response
) -> Response:
    """Return the page for a problem; the problem itself if no page can be made."""
    try:
        return problem_page(req, response)
    except Exception:
        log.exception("%s: the page for a problem failed", route.name)
        return response


def _log(route: Route, req: func.HttpRequest, response: Response, seconds: float) -> None:
    """Log a request as one line of logfmt, which people read and Kusto's parse-kv takes apart. The
    route stands for the path, which may hold a secret. The detail is quoted as in JSON."""
    details = response.log_details
    log.info(
        "method=%s route=%s status=%d ms=%.0f photo=%s%s",
        req.method,
        route.path,
        response.status,
        seconds * 1000,
        ",".join(map(str, details.photos)) or _requested_photo(req) or "-",
        f" detail={json.dumps(details.problem.detail)}" if details.problem else "",
    )


def _requested_photo(req: func.HttpRequest) -> PhotoName | None:
    """Return the photo that the path or a header names, if any."""
    try:
        return parse_name(req.route_params.get("id") or req.headers.get(PHOTO_ID) or "")
    except WireError:
        return None
