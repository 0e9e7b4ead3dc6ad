"""The device's own page as a WSGI application: its routes, and how errors become responses."""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import bottle

from photo_wire.errors import WireError
from pi_uploader.clock import Clock
from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.local_view.error_log import ErrorLog
from pi_uploader.local_view.problems import RETRY_SOON, RequestProblemError
from pi_uploader.serve.access import Access
from pi_uploader.serve.handlers import Handlers
from pi_uploader.serve.page import STYLE
from pi_uploader.serve.responses import render_problem, response
from pi_uploader.settings import ServeSettings

SECURITY_HEADERS = [
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; img-src 'self' data:; style-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),  # with no-referrer, forms send Origin: null
    ("X-Content-Type-Options", "nosniff"),
]

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger("serve")


class PageApp:
    """The application, and since when nobody used it. `pause(seconds)` returns True when the
    process ends."""

    def __init__(
        self,
        settings: ServeSettings,
        capture: CaptureClient,
        pause: Callable[[float], bool],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._access = Access(settings.password, settings.names or (), clock)
        self._errors = ErrorLog(log)
        self._used_at = clock.monotonic()
        self._bottle = self._make_bottle(Handlers(settings, capture, pause, clock, self._errors))

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Respond to a request, as WSGI has it (PEP 3333)."""
        self._used_at = self._clock.monotonic()

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *SECURITY_HEADERS], *more)

        body: Iterable[bytes] = self._bottle.wsgi(environ, start)
        return body

    def idle_seconds(self) -> float:
        """Return for how long there was no request. While wrong passwords count it is 0: with the
        process they would be forgotten, and an address that guesses would not have to wait."""
        if self._access.counts_wrong_passwords():
            return 0.0
        return self._clock.monotonic() - self._used_at

    def _make_bottle(self, handlers: Handlers) -> Any:
        app = bottle.Bottle()
        app.default_error_handler = render_problem
        app.add_hook("before_request", self._with_problems(self._check))
        routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "/", handlers.get_page),
            ("GET", "/style.css", _get_style),
            ("GET", "/still", handlers.get_still),
            ("GET", "/live", handlers.get_live),
            ("POST", "/capture", handlers.post_capture),
            ("POST", "/api/capture/<camera>", handlers.post_capture),
            ("GET", "/images", handlers.get_images),
            ("GET", "/images/<id>", handlers.get_image),
            ("GET", "/images/<id>/preview", handlers.get_preview),
            ("DELETE", "/images/<id>", handlers.delete_image),
            ("POST", "/images/<id>/delete", handlers.post_delete),
            ("GET", "/status", handlers.get_status),
            ("GET", "/logs", handlers.get_logs),
            ("GET", "/pins", handlers.get_pins),
            ("GET", "/history", handlers.get_history),
        ]
        for method, path, handler in routes:
            app.route(path, method, self._with_problems(handler))
        return app

    def _with_problems(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Return a handler whose errors are responses. An unexpected one is logged once."""

        def handle(**path: str) -> Any:
            try:
                return handler(**path)
            except RequestProblemError as problem:
                cause: Exception = problem
                status, text, headers = problem.status.value, str(problem), problem.headers
            except WireError as error:
                cause, status, text, headers = error, HTTPStatus.BAD_REQUEST.value, str(error), {}
            except bottle.HTTPResponse:
                raise
            except OSError as error:
                self._errors.log_once("a request failed", error)
                cause = error
                text = f"the device cannot read its disk: {error.strerror or error}; try again"
                status, headers = HTTPStatus.SERVICE_UNAVAILABLE.value, RETRY_SOON
            except Exception as error:  # noqa: BLE001  the page works on
                self._errors.log_once("a request failed", error)
                cause = error
                text = "unexpected error: see the log"
                status, headers = HTTPStatus.INTERNAL_SERVER_ERROR.value, {}
            raise bottle.HTTPError(status, text, cause, headers=headers)

        return handle

    def _check(self) -> None:
        self._access.check(bottle.request.environ)


def _get_style() -> Any:
    return response(STYLE, "text/css; charset=utf-8")
