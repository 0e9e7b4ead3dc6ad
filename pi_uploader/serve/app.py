"""The routes of the camera's own page, as a WSGI application."""

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import bottle

from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.name import PhotoName, check_camera, parse_name
from pi_uploader import log_ring
from pi_uploader.clock import Clock
from pi_uploader.serve.access import Access
from pi_uploader.serve.capture_client import CaptureClient
from pi_uploader.serve.error_log import ErrorLog
from pi_uploader.serve.live import CONTENT_TYPE, LiveStream, Viewers
from pi_uploader.serve.page import STYLE, render_error, render_page
from pi_uploader.serve.photos import DevicePhoto, DevicePhotos
from pi_uploader.serve.problems import PageProblemError
from pi_uploader.serve.report import DeviceReport
from pi_uploader.serve.thumbnail import preview_in
from pi_uploader.settings import ServeSettings

DEFAULT_LINES = 100
MAX_PAGE = 200  # photos in a response
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
PROBLEM = "application/problem+json"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger("serve")


class PageApp:
    """What the routes do. `pause(seconds)` returns True when the process ends."""

    def __init__(
        self,
        settings: ServeSettings,
        capture: CaptureClient,
        pause: Callable[[float], bool],
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._capture = capture
        self._pause = pause
        self._clock = clock
        self._access = Access(settings.password, settings.names or ())
        self._photos = DevicePhotos(settings.spool)
        self._report = DeviceReport(settings, clock)
        self._viewers = Viewers()
        self._errors = ErrorLog(log)
        self._bottle = self._make_bottle()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Respond to a request, as WSGI has it (PEP 3333)."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *SECURITY_HEADERS], *more)

        response: Iterable[bytes] = self._bottle.wsgi(environ, start)
        return response

    def _make_bottle(self) -> Any:
        app = bottle.Bottle()
        app.default_error_handler = _render_problem
        app.add_hook("before_request", self._with_problems(self._check))
        routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "/", self._get_page),
            ("GET", "/style.css", _get_style),
            ("GET", "/still", self._get_still),
            ("GET", "/live", self._get_live),
            ("POST", "/capture", self._post_capture),
            ("POST", "/api/capture/<camera>", self._post_capture),
            ("GET", "/images", self._get_images),
            ("GET", "/images/<id>", self._get_image),
            ("GET", "/images/<id>/preview", self._get_preview),
            ("DELETE", "/images/<id>", self._delete_image),
            ("POST", "/images/<id>/delete", self._post_delete),
            ("GET", "/status", self._get_status),
            ("GET", "/logs", self._get_logs),
            ("GET", "/pins", self._get_pins),
            ("GET", "/history", self._get_history),
        ]
        for method, path, handler in routes:
            app.route(path, method, self._with_problems(handler))
        return app

    def _with_problems(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Return a handler whose errors are responses. An unexpected one is logged once."""

        def handle(**path: str) -> Any:
            try:
                return handler(**path)
            except PageProblemError as problem:
                status, text, headers = problem.status.value, str(problem), problem.headers
            except WireError as error:
                status, text, headers = HTTPStatus.BAD_REQUEST.value, str(error), {}
            except bottle.HTTPResponse:
                raise
            except Exception as error:  # noqa: BLE001  the page works on
                self._errors.log_once("a request failed", error)
                text = "unexpected error: see the log"
                status, headers = HTTPStatus.INTERNAL_SERVER_ERROR.value, {}
            raise bottle.HTTPError(status, text, headers=headers)

        return handle

    def _check(self) -> None:
        self._access.check(bottle.request.environ)

    # --- pictures of now

    def _get_still(self) -> Any:
        picture = self._capture.preview(self._capture.choose(_camera()))
        return _response(picture, Media.JPEG.content_type)

    def _get_live(self) -> Any:
        camera = self._capture.choose(_camera())
        stream = LiveStream(
            lambda: self._capture.preview(camera),
            self._settings.frames_per_second,
            self._viewers.enter(),
            self._pause,
        )
        return _response(stream, CONTENT_TYPE)

    def _post_capture(self, camera: str | None = None) -> Any:
        chosen = self._capture.choose(camera or _camera())
        if not self._report.has_room():
            raise PageProblemError(
                HTTPStatus.INSUFFICIENT_STORAGE,
                "the disk is nearly full, and the room is for the photos of triggers",
            )
        name = self._capture.take_photo(chosen)
        if _parameter("return_file").lower() in ("true", "1", "yes"):
            return self._file_of(name)
        if _wants_page():
            return bottle.redirect(f"/?camera={chosen}&photo={name}", 303)
        return _json({"photo": self._described(name)})

    def _described(self, name: PhotoName) -> dict[str, Any]:
        try:
            return self._photos.find(name).describe()
        except PageProblemError:  # it was uploaded meanwhile
            return {"id": str(name), "camera": name.camera, "place": "uploaded"}

    # --- photos on the device

    def _get_images(self) -> Any:
        limit = _number("limit", 50, MAX_PAGE)
        before = _parameter("before")
        found = self._photos.newest(
            limit + 1, _camera(), parse_name(before, "before") if before else None
        )
        page = found[:limit]
        next_page = str(page[-1].name) if len(found) > limit else None
        return _json({"photos": [one.describe() for one in page], "before": next_page})

    def _get_image(self, id: str) -> Any:
        return self._file_of(parse_name(id))

    def _file_of(self, name: PhotoName) -> Any:
        try:
            return _file(self._photos.find(name))
        except PageProblemError:  # it was moved meanwhile, or is gone
            return _file(self._photos.find(name))

    def _get_preview(self, id: str) -> Any:
        photo = self._photos.find(parse_name(id))
        if photo.media is not Media.JPEG:
            raise PageProblemError(HTTPStatus.NOT_FOUND, "only a JPEG is shown in small")
        try:
            preview = preview_in(photo.file)
        except OSError:
            preview = None
        return _response(preview, Media.JPEG.content_type) if preview else _file(photo)

    def _delete_image(self, id: str) -> Any:
        self._photos.delete(parse_name(id))
        log.info("kept photo %s deleted by request", id)
        return _response(b"", status=HTTPStatus.NO_CONTENT)

    def _post_delete(self, id: str) -> Any:
        """Delete a photo for a page without JavaScript, which cannot send DELETE."""
        self._delete_image(id)
        return bottle.redirect("/#photos", 303)

    # --- state

    def _get_status(self) -> Any:
        cameras, problem = self._cameras()
        return _json({**self._report.facts(), "cameras": cameras, "problem": problem})

    def _cameras(self) -> tuple[dict[str, Any], str | None]:
        """Return the state of the cameras, or none and why."""
        try:
            return self._capture.cameras(), None
        except PageProblemError as problem:
            return {}, str(problem)

    def _get_logs(self) -> Any:
        return _json({"lines": self._log_lines(_number("lines", DEFAULT_LINES, 1000))})

    def _log_lines(self, count: int) -> list[str]:
        """Return the last lines of the capture process and of this one, in their order: each
        begins with its time."""
        try:
            lines = self._capture.logs()
        except PageProblemError as problem:
            lines = []
            self._errors.log_once(f"no log of the cameras: {problem}")
        return sorted([*lines, *log_ring.last_lines(count)])[-count:]

    def _get_pins(self) -> Any:
        cameras = self._capture.cameras()
        return _json({name: state.get("pins", []) for name, state in cameras.items()})

    def _get_history(self) -> Any:
        midnight = self._midnight()
        photos = self._photos.first_of_each_hour(midnight, _camera())
        hours = [{"hour": self._hour(one), "photo": one.describe()} for one in photos]
        return _json({"day": f"{midnight:%Y-%m-%d}", "zone": f"{midnight.tzinfo}", "hours": hours})

    def _midnight(self) -> datetime:
        """Return the beginning of the day that is asked for, or of today."""
        text = _parameter("day")
        now = self._clock.now().astimezone(self._settings.zone)
        if not text:
            return now.replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            if not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError
            return datetime.fromisoformat(text).replace(tzinfo=self._settings.zone)
        except ValueError:
            problem = "day: expected a day such as 2026-11-28"
            raise PageProblemError(HTTPStatus.BAD_REQUEST, problem) from None

    def _hour(self, photo: DevicePhoto) -> int:
        return photo.name.captured_at.astimezone(self._settings.zone).hour

    def _get_page(self) -> Any:
        cameras, problem = self._cameras()
        chosen = _camera() or next(iter(cameras), None)
        midnight = self._midnight()
        before = _parameter("before")
        limit = 12
        photos = self._photos.newest(limit + 1, chosen, parse_name(before) if before else None)
        taken = _parameter("photo")
        page = render_page(
            facts=self._report.facts(),
            cameras=cameras,
            problem=problem,
            camera=chosen,
            is_live=_parameter("live") == "1",
            taken=self._described(parse_name(taken)) if taken else None,
            midnight=midnight,
            tomorrow=midnight + timedelta(days=1),
            yesterday=midnight - timedelta(days=1),
            hours={self._hour(one): one for one in self._hours(midnight, chosen)},
            photos=photos[:limit],
            older=photos[limit - 1] if len(photos) > limit else None,
            lines=self._log_lines(40),
            zone=self._settings.zone,
            load=self._clock.now().timestamp(),
        )
        return _response(page.encode(), "text/html; charset=utf-8")

    def _hours(self, midnight: datetime, camera: str | None) -> list[DevicePhoto]:
        return self._photos.first_of_each_hour(midnight, camera)


def _get_style() -> Any:
    return _response(STYLE, "text/css; charset=utf-8")


def _parameter(name: str) -> str:
    """Return a parameter of the query or of a form; empty if there is none."""
    query, form = bottle.request.query, bottle.request.forms
    return str(query.get(name) or form.get(name) or "")


def _camera() -> str | None:
    """Return the camera that is asked for, None for no choice. Raises WireError."""
    name = _parameter("camera")
    return check_camera(name) if name else None


def _number(name: str, default: int, most: int) -> int:
    text = _parameter(name)
    if not text:
        return default
    if not re.fullmatch("[0-9]{1,6}", text) or not int(text):
        raise PageProblemError(
            HTTPStatus.BAD_REQUEST, f"{name}: expected a number from 1 to {most}"
        )
    return min(int(text), most)


def _wants_page() -> bool:
    """Return whether a person's browser asks, and no program."""
    return "text/html" in bottle.request.get_header("Accept", "")


def _response(body: Any, content_type: str = "", status: HTTPStatus = HTTPStatus.OK) -> Any:
    headers = {"Content-Type": content_type} if content_type else {}
    return bottle.HTTPResponse(body, status.value, headers=headers)


def _json(value: Mapping[str, Any]) -> Any:
    return _response(json.dumps(value).encode(), "application/json")


def _file(photo: DevicePhoto) -> Any:
    """Return the bytes of a photo, or the part of them that a player asks for. Raises
    PageProblemError if it has left the device."""
    if not photo.file.is_file():
        raise PageProblemError(HTTPStatus.NOT_FOUND, "this photo has just left the device")
    response = bottle.static_file(
        photo.file.name, str(photo.file.parent), mimetype=photo.media.content_type
    )
    name = f"{photo.name}.{photo.media.suffix}"
    response.set_header("Content-Disposition", f'inline; filename="{name}"')
    return response


def _render_problem(error: Any) -> bytes:
    """Return the body of a response that is a problem: a page for people, else RFC 9457."""
    status = HTTPStatus(error.status_code)
    detail = error.body if isinstance(error.body, str) else status.phrase
    if _wants_page():
        bottle.response.content_type = "text/html; charset=utf-8"
        return render_error(status, detail).encode()
    bottle.response.content_type = PROBLEM
    problem = {"title": status.phrase, "status": status.value, "detail": detail}
    return json.dumps(problem).encode()
