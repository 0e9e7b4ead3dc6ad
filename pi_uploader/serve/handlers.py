"""What the routes of the device's own page do."""

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import bottle

from photo_wire.media import Media
from photo_wire.name import PhotoName, parse_name
from pi_uploader import log_ring
from pi_uploader.clock import Clock
from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.local_view.error_log import ErrorLog
from pi_uploader.local_view.problems import RETRY_SOON, RequestProblemError
from pi_uploader.local_view.report import DeviceReport
from pi_uploader.serve.live import CONTENT_TYPE, LiveStream, Viewers
from pi_uploader.serve.page import render_page
from pi_uploader.serve.parameters import chosen_camera, number, parameter, wants_page
from pi_uploader.serve.photos import DevicePhoto, DevicePhotos
from pi_uploader.serve.responses import file_response, json_response, preview_response, response
from pi_uploader.settings import ServeSettings

DEFAULT_LINES = 100
MAX_PAGE = 200  # photos in a response
MAX_READS = 4  # of a photo that is moved meanwhile: dated, then kept, and both between two reads

log = logging.getLogger("serve")


class Handlers:
    """One method for each route. `pause(seconds)` returns True when the process ends. They raise
    RequestProblemError, WireError and OSError."""

    def __init__(
        self,
        settings: ServeSettings,
        capture: CaptureClient,
        pause: Callable[[float], bool],
        clock: Clock,
        errors: ErrorLog,
    ) -> None:
        self._settings = settings
        self._capture = capture
        self._pause = pause
        self._clock = clock
        self._errors = errors
        self._photos = DevicePhotos(settings.spool)
        self._report = DeviceReport(settings, clock)
        self._viewers = Viewers()

    # --- pictures of now

    def get_still(self) -> Any:
        picture = self._capture.preview(self._capture.choose(chosen_camera()))
        return response(picture, Media.JPEG.content_type)

    def get_live(self) -> Any:
        camera = self._capture.choose(chosen_camera())
        stream = LiveStream(
            lambda: self._capture.preview(camera),
            self._settings.frames_per_second,
            self._viewers.enter(),
            self._pause,
        )
        stream.begin()
        return response(stream, CONTENT_TYPE)

    def post_capture(self, camera: str | None = None) -> Any:
        chosen = self._capture.choose(camera or chosen_camera())
        if not self._report.has_room():
            raise RequestProblemError(
                HTTPStatus.INSUFFICIENT_STORAGE,
                "the disk is nearly full, and the room is for the photos of triggers",
            )
        name = self._capture.take_photo(chosen)
        if parameter("return_file").lower() in ("true", "1", "yes"):
            return self._file_of(name)
        if wants_page():
            return bottle.redirect(f"/?camera={chosen}&photo={name}", 303)
        return json_response({"photo": self._described(name)})

    def _described(self, name: PhotoName) -> dict[str, Any]:
        try:
            return self._photos.find(name).describe()
        except RequestProblemError:  # it was uploaded meanwhile
            return {"id": str(name), "camera": name.camera, "place": "uploaded"}

    # --- photos on the device

    def get_images(self) -> Any:
        limit = number("limit", 50, MAX_PAGE)
        before = parameter("before")
        found = self._photos.newest(
            limit + 1, chosen_camera(), parse_name(before, "before") if before else None
        )
        page = found[:limit]
        next_page = str(page[-1].name) if len(found) > limit else None
        return json_response({"photos": [one.describe() for one in page], "before": next_page})

    def get_image(self, id: str) -> Any:
        return self._file_of(parse_name(id))

    def _file_of(self, name: PhotoName) -> Any:
        return self._read(name, file_response)

    def get_preview(self, id: str) -> Any:
        return self._read(parse_name(id), preview_response)

    def _read(self, name: PhotoName, response_of: Callable[[DevicePhoto], Any]) -> Any:
        """Return what `response_of` makes of a photo. It raises FileNotFoundError if the photo was
        moved after it was found: then it is looked for again. Raises RequestProblemError if it is
        not on this device."""
        for _ in range(MAX_READS):
            photo = self._photos.find(name)
            with suppress(FileNotFoundError):
                return response_of(photo)
        raise RequestProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE, "this photo is being moved: try again", RETRY_SOON
        )

    def delete_image(self, id: str) -> Any:
        self._photos.delete(parse_name(id))
        log.info("kept photo %s deleted by request", id)
        return response(b"", status=HTTPStatus.NO_CONTENT)

    def post_delete(self, id: str) -> Any:
        """Delete a photo for a page without JavaScript, which cannot send DELETE."""
        self.delete_image(id)
        return bottle.redirect("/#photos", 303)

    # --- state

    def get_status(self) -> Any:
        cameras, problem = self._cameras()
        return json_response({**self._report.facts(), "cameras": cameras, "problem": problem})

    def _cameras(self) -> tuple[dict[str, Any], str | None]:
        """Return the state of the cameras, or none and why."""
        try:
            return self._capture.cameras(), None
        except RequestProblemError as problem:
            return {}, str(problem)

    def get_logs(self) -> Any:
        return json_response({"lines": self._log_lines(number("lines", DEFAULT_LINES, 1000))})

    def _log_lines(self, count: int) -> list[str]:
        """Return the last lines of the capture process and of this one, in their order: each
        begins with its time."""
        try:
            lines = self._capture.logs()
        except RequestProblemError as problem:
            lines = []
            self._errors.log_once(f"no log of the cameras: {problem}")
        return sorted([*lines, *log_ring.last_lines(count)])[-count:]

    def get_pins(self) -> Any:
        cameras = self._capture.cameras()
        return json_response({name: state.get("pins", []) for name, state in cameras.items()})

    def get_history(self) -> Any:
        midnight = self._midnight()
        photos = self._photos.first_of_each_hour(midnight, chosen_camera())
        hours = [{"hour": self._hour(one), "photo": one.describe()} for one in photos]
        return json_response(
            {"day": f"{midnight:%Y-%m-%d}", "zone": f"{midnight.tzinfo}", "hours": hours}
        )

    def _midnight(self) -> datetime:
        """Return the beginning of the day that is asked for, or of today."""
        text = parameter("day")
        now = self._clock.now().astimezone(self._settings.zone)
        if not text:
            return now.replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            if not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError
            return datetime.fromisoformat(text).replace(tzinfo=self._settings.zone)
        except ValueError:
            problem = "day: expected a day such as 2026-11-28"
            raise RequestProblemError(HTTPStatus.BAD_REQUEST, problem) from None

    def _hour(self, photo: DevicePhoto) -> int:
        return photo.name.captured_at.astimezone(self._settings.zone).hour

    def get_page(self) -> Any:
        cameras, problem = self._cameras()
        chosen = chosen_camera() or next(iter(cameras), None)
        midnight = self._midnight()
        tomorrow = midnight + timedelta(days=1)
        before = parameter("before")
        limit = 12
        photos = self._photos.newest(limit + 1, chosen, parse_name(before) if before else None)
        taken = parameter("photo")
        page = render_page(
            facts=self._report.facts(),
            cameras=cameras,
            problem=problem,
            camera=chosen,
            is_live=parameter("live") == "1",
            taken=self._described(parse_name(taken)) if taken else None,
            midnight=midnight,
            tomorrow=tomorrow if tomorrow <= self._clock.now() else None,
            yesterday=midnight - timedelta(days=1),
            hours={
                self._hour(one): one for one in self._photos.first_of_each_hour(midnight, chosen)
            },
            photos=photos[:limit],
            older=photos[limit - 1] if len(photos) > limit else None,
            lines=self._log_lines(40),
            zone=self._settings.zone,
            load=self._clock.now().timestamp(),
        )
        return response(page.encode(), "text/html; charset=utf-8")
