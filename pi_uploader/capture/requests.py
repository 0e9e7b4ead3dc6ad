"""The requests to the capture process, and their replies.

{"do": "photo", "camera", "tag"}            {"photo": id}
{"do": "clip", "camera", "tag", "seconds"}  {"photo": id}
{"do": "find", "tag"}                       {"photos": [id...]}
{"do": "preview", "camera"}                 a JPEG
{"do": "last", "camera"}                    {"photo": id} and the preview of the last photo, a JPEG
{"do": "state"}                             {"cameras": {name: {...}}}
{"do": "arm", "camera"}                     {}        camera null or missing: all
{"do": "disarm", "camera", "until", "seconds"}  {}    until null or missing: for good
{"do": "logs", "lines"}                     {"lines": [text...]}
{"do": "restart"}                           {}
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from photo_wire.errors import WireError, quoted
from photo_wire.headers import Trigger
from photo_wire.moment import format_time, parse_time
from pi_uploader import log_ring
from pi_uploader.cameras import NO_CLIPS, CameraError, ClipRecorder
from pi_uploader.capture.camera_thread import CameraThread, Shared
from pi_uploader.capture.control_server import IsWaiting, RefusedError
from pi_uploader.capture.previews import Previews
from pi_uploader.control import Reply
from pi_uploader.motion.zones import in_percent
from pi_uploader.spool.tags import find_by_tag
from pi_uploader.triggers import PhotoRequest, TriggerEvent

MAX_PHOTO_SECONDS = 180.0  # that a request waits: another clip may be recorded before
MAX_CLIP_SECONDS = 60.0
MAX_PENDING = 16  # photos that are asked for and not taken yet
MAX_TAGS = 1000  # of photos that were taken, in memory
CHECK_SECONDS = 1.0  # between two checks whether the client still waits

log = logging.getLogger("control")


class Requests:
    """Handles the requests to a process with these cameras. `missing` has the names of cameras that
    could not be opened, with the reason, and `stop` ends the process."""

    def __init__(
        self, threads: Sequence[CameraThread], missing: Mapping[str, str], shared: Shared
    ) -> None:
        self._threads = {one.settings.name: one for one in threads}
        self._previews = {name: Previews(one.camera) for name, one in self._threads.items()}
        self._missing = missing
        self._shared = shared
        self._photos = RequestedPhotos(shared)
        self._handlers: dict[str, Callable[[Mapping[str, Any], IsWaiting], Reply]] = {
            "photo": self._photo,
            "clip": self._photo,
            "find": self._find,
            "preview": self._preview,
            "last": self._last,
            "state": self._state,
            "arm": self._arm,
            "disarm": self._arm,
            "logs": self._logs,
            "restart": self._restart,
        }

    def handle(self, request: Mapping[str, Any], is_waiting: IsWaiting) -> Reply:
        """Return the reply to a request. Raises RefusedError."""
        handler = self._handlers.get(str(request.get("do")))
        if handler is None:
            raise RefusedError(f"{quoted(str(request.get('do')))} is not a known request")
        return handler(request, is_waiting)

    def _photo(self, request: Mapping[str, Any], is_waiting: IsWaiting) -> Reply:
        thread = self._camera(request)
        seconds = None
        if request["do"] == "clip":
            seconds = _number(request, "seconds", 1, MAX_CLIP_SECONDS)
            if not _records_clips(thread):
                raise RefusedError(f"{thread.settings.name} records no clips: {NO_CLIPS}")
        return Reply({"photo": self._photos.take(thread, _tag(request), seconds, is_waiting)})

    def _find(self, request: Mapping[str, Any], _: IsWaiting) -> Reply:
        return Reply({"photos": self._photos.find(_tag(request))})

    def _preview(self, request: Mapping[str, Any], _: IsWaiting) -> Reply:
        thread = self._camera(request)
        name = thread.settings.name
        if not thread.settings.live_when_disarmed and not thread.arming.is_armed():
            raise RefusedError(f"{name} is disarmed, and CAMERA_LIVE_WHEN_DISARMED is off")
        try:
            return Reply({}, self._previews[name].latest())
        except CameraError as error:
            raise RefusedError(f"{name}: {error}") from error

    def _last(self, request: Mapping[str, Any], _: IsWaiting) -> Reply:
        photo = self._camera(request).activity.photo
        if photo is None:
            raise RefusedError("this camera has taken no photo since the start")
        return Reply({"photo": str(photo.name)}, photo.preview)

    def _state(self, _request: Mapping[str, Any], _: IsWaiting) -> Reply:
        cameras = {name: self._state_of(one) for name, one in self._threads.items()}
        for one in self._shared.settings.cameras:
            if one.name in self._missing:
                failing = self._missing[one.name]
                cameras[one.name] = {"source": one.source, "failing": failing, "can": []}
        return Reply({"cameras": cameras})

    def _state_of(self, thread: CameraThread) -> dict[str, Any]:
        disarmed, activity = thread.arming.disarmed(), thread.activity
        detection = thread.detection
        can = {
            "photo": True,
            "clip": _records_clips(thread),
            "live": self._previews[thread.settings.name].is_possible,
        }
        return {
            "source": thread.settings.source,
            "armed": thread.arming.is_armed(),
            "disarmed": disarmed is not None,
            "disarmed_until": _time(disarmed.until if disarmed else None),
            "last_trigger": _time(activity.last_trigger),
            "last_photo": _time(activity.last_photo),
            "photo": str(activity.photo.name) if activity.photo else None,
            "motions": thread.queue.count(Trigger.MOTION),
            "failures": activity.failures,
            "failing": activity.problem or None,
            "motion": thread.motion_watch.state if thread.motion_watch else None,
            "motion_since": _time(thread.motion_watch.since if thread.motion_watch else None),
            "detection": detection.state if detection else None,
            "detection_since": _time(detection.failing_since if detection else None),
            "zones": in_percent(thread.settings.zones),
            "masks": in_percent(thread.settings.masks),
            "pins": [
                {"number": one.number, "use": one.use, "is_active": one.is_active}
                for one in thread.pins
            ],
            "can": [name for name, is_possible in can.items() if is_possible],
        }

    def _arm(self, request: Mapping[str, Any], _: IsWaiting) -> Reply:
        name = request.get("camera")
        cameras = list(self._threads) if name is None else [self._camera(request).settings.name]
        try:
            if request["do"] == "arm":
                self._shared.disarmed.arm(cameras)
                text = "armed"
            else:
                until = request.get("until")
                seconds = request.get("seconds")
                if seconds is not None:
                    seconds = _number(request, "seconds", 0, 366 * 86400)
                moment = None if until is None else parse_time(str(until), "until")
                self._shared.disarmed.disarm(cameras, moment, seconds)
                text = f"disarmed until {_time(moment)}" if moment else "disarmed"
        except (WireError, ValueError) as error:
            raise RefusedError(str(error)) from None
        except OSError as error:
            raise RefusedError(f"nothing is changed: it cannot be stored: {error}") from None
        log.info("%s %s by request", ", ".join(cameras), text)
        return Reply({})

    def _logs(self, request: Mapping[str, Any], _: IsWaiting) -> Reply:
        count = int(_number(request, "lines", 1, log_ring.MAX_LINES))
        return Reply({"lines": log_ring.last_lines(count)})

    def _restart(self, _request: Mapping[str, Any], _: IsWaiting) -> Reply:
        log.info("exiting by request, for a restart")
        self._shared.stop.set()  # the reply is sent before the process ends
        return Reply({})

    def _camera(self, request: Mapping[str, Any]) -> CameraThread:
        name = str(request.get("camera"))
        if name in self._missing:
            raise RefusedError(f"{name}: {self._missing[name]}")
        if name not in self._threads:
            known = ", ".join(self._threads)
            raise RefusedError(f"there is no camera {quoted(name)}; expected one of {known}")
        return self._threads[name]


class RequestedPhotos:
    """The photos that were asked for, each taken once, whoever repeats a request.

    A tag is looked up in memory, and then in the spool, where it may be from before a restart. It
    is of one camera: a request for all cameras has the same tag for each.
    """

    def __init__(self, shared: Shared) -> None:
        self._spool = shared.spool.folder
        self._lock = threading.Lock()  # also over a look into the spool: one at a time
        self._requests: dict[tuple[str, str], PhotoRequest] = {}  # by camera and tag

    def take(
        self, thread: CameraThread, tag: str, seconds: float | None, is_waiting: IsWaiting
    ) -> str:
        """Take a photo, or a clip of these seconds, and return its id once it is in the spool.
        Raises RefusedError if that fails; the photo is taken even if the client is gone."""
        with self._lock:
            request = self._requests.get((thread.settings.name, tag))
            if request is None or (request.is_answered and not request.photo):
                camera = thread.settings.name
                found = [one for one in find_by_tag(self._spool, tag) if one.camera == camera]
                if found:
                    return str(found[0])
                request = self._begin(thread, tag, seconds)
        end = time.monotonic() + MAX_PHOTO_SECONDS
        while not request.wait(CHECK_SECONDS):
            if not is_waiting() or time.monotonic() >= end:
                raise RefusedError("the photo is not taken yet; ask again with the same tag")
        if request.photo is None:
            raise RefusedError(request.problem)
        return str(request.photo)

    def find(self, tag: str) -> list[str]:
        """Return the ids of the photos with this tag that are in the spool or kept."""
        with self._lock:
            return [str(name) for name in find_by_tag(self._spool, tag)]

    def _begin(self, thread: CameraThread, tag: str, seconds: float | None) -> PhotoRequest:
        pending = sum(not one.is_answered for one in self._requests.values())
        if pending >= MAX_PENDING:
            raise RefusedError(f"{pending} photos wait for their cameras already")
        for old in [one for one, request in self._requests.items() if request.is_answered]:
            if len(self._requests) >= MAX_TAGS:
                del self._requests[old]
        request = PhotoRequest(tag, seconds)
        self._requests[thread.settings.name, tag] = request
        event = TriggerEvent(Trigger.DEMAND, time.monotonic(), request=request)
        thread.queue.put(event)
        return request


def _records_clips(thread: CameraThread) -> bool:
    return isinstance(thread.camera, ClipRecorder) and thread.camera.records_clips


def _tag(request: Mapping[str, Any]) -> str:
    tag = str(request.get("tag"))
    if not re.fullmatch("[0-9a-f]{8}", tag):
        raise RefusedError(f"tag: {quoted(tag)} is not eight hex digits")
    return tag


def _number(request: Mapping[str, Any], member: str, least: float, most: float) -> float:
    number = request.get(member)
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if not is_number or not least <= number <= most:  # type: ignore[operator]
        raise RefusedError(f"{member}: expected a number from {least:g} to {most:g}")
    return float(number)  # type: ignore[arg-type]


def _time(moment: Any) -> str | None:
    return None if moment is None else format_time(moment)
