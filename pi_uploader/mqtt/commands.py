"""The commands that come from the broker: photo now, and arm or disarm a camera.

Another thread executes them, one after the other, so that a camera that is busy delays nothing
else. What is no command is ignored, and logged once a minute.
"""

import logging
import queue
import re
from collections.abc import Callable
from dataclasses import dataclass

from photo_wire.errors import quoted
from pi_uploader.clock import Clock
from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.local_view.error_log import ErrorLog
from pi_uploader.local_view.problems import RequestProblemError
from pi_uploader.local_view.report import DeviceReport
from pi_uploader.mqtt.topics import OFF, ON, PRESS, Topics

MAX_WAITING = 4  # commands; further ones are dropped
REST_SECONDS = 0.5  # after a command: arming writes to the disk
LOG_SECONDS = 60.0  # between two lines about what was ignored
MAX_SHOWN = 80  # characters of a topic or a payload in a line

log = logging.getLogger("mqtt")


@dataclass(frozen=True, slots=True)
class Command:
    """What to do with a camera: PRESS, ON or OFF."""

    camera: str
    action: str


def parse_command(topics: Topics, topic: str, payload: bytes) -> Command | None:
    """Return the command in a message; None if it is none."""
    match = re.fullmatch(rf"{re.escape(topics.base)}/([a-z0-9][a-z0-9-]{{0,31}})/([a-z/]+)", topic)
    if match is None:
        return None
    camera, text = topics.camera(match[1]), payload.decode("ascii", "replace")
    is_command = (topic == camera.take and text == PRESS) or (
        topic == camera.set_armed and text in (ON, OFF)
    )
    return Command(match[1], text) if is_command else None


class Commands:
    """Takes commands from the broker's thread, in `receive`, and executes them in that of `run`.
    `pause(seconds)` returns True when the process ends."""

    def __init__(
        self,
        topics: Topics,
        capture: CaptureClient,
        report: DeviceReport,
        pause: Callable[[float], bool],
        clock: Clock,
    ) -> None:
        self._topics = topics
        self._capture = capture
        self._report = report
        self._pause = pause
        self._clock = clock
        self._waiting: queue.Queue[Command] = queue.Queue(MAX_WAITING)
        self._errors = ErrorLog(log)
        self._logged_at = float("-inf")
        self._ignored = 0  # since the last line

    def receive(self, topic: str, payload: bytes) -> None:
        """Queue the command in a message, or ignore the message."""
        command = parse_command(self._topics, topic, payload)
        if command is None:
            text = payload[:MAX_SHOWN].decode("utf-8", "replace")
            self._log_ignored(f"{quoted(text)} on {quoted(topic[:MAX_SHOWN])} is no command")
            return
        try:
            self._waiting.put_nowait(command)
        except queue.Full:
            self._log_ignored(f"{MAX_WAITING} commands wait already")

    def run(self) -> None:
        """Execute commands until the process ends."""
        while not self._pause(REST_SECONDS):
            try:
                command = self._waiting.get(timeout=REST_SECONDS)
            except queue.Empty:
                continue
            try:
                self._execute(command)
            except RequestProblemError as problem:
                self._log_ignored(f"{command.action} for {command.camera} failed: {problem}")
            except Exception as error:  # noqa: BLE001  the next one may succeed
                self._errors.log_once("a command failed", error)

    def _execute(self, command: Command) -> None:
        """Execute a command. Raises RequestProblemError, OSError and WireError."""
        camera = self._capture.choose(command.camera)
        if command.action != PRESS:
            self._capture.set_armed(camera, is_armed=command.action == ON)
        elif self._report.has_room():
            log.info("photo %s taken by request", self._capture.take_photo(camera))
        else:
            self._log_ignored("the disk is nearly full, and the room is for photos of triggers")

    def _log_ignored(self, text: str) -> None:
        """Log why a message was ignored, once a minute: a broker can send many."""
        self._ignored += 1
        now = self._clock.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            log.warning("%s; %d ignored since the last such line", text, self._ignored)
            self._logged_at, self._ignored = now, 0
