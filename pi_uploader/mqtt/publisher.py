"""What is published: the state of the device and of its cameras, whenever it changes.

Motions are counted by the capture process, so that none is missed between two looks, however short
it was. A motion while the broker is away is not published later: it would seem to be of that time.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pi_uploader import board
from pi_uploader.clock import Clock
from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.local_view.error_log import ErrorLog
from pi_uploader.local_view.problems import RequestProblemError
from pi_uploader.local_view.report import DeviceReport
from pi_uploader.mqtt.broker import Message
from pi_uploader.mqtt.discovery import (
    CameraFeatures,
    DeviceFacts,
    discovery_message,
    discovery_topic,
)
from pi_uploader.mqtt.topics import OFF, OFFLINE, ON, ONLINE, CameraTopics, Topics
from pi_uploader.settings import MqttSettings

REPORT_SECONDS = 30.0  # between two looks at the machine and the spool, which has many files

log = logging.getLogger("mqtt")

State = Mapping[str, Any]
Send = Callable[[Message], bool]
"""Sends a message, and returns whether it was sent."""


@dataclass(slots=True)
class _Seen:
    """What was seen of a camera: its state, how many motions it had, the id of its last photo, and
    that photo's picture, empty if there is none."""

    state: State
    motions: int
    photo: str | None = None
    picture: bytes = b""


class Publisher:
    """Reads the state of a device and sends what has changed. Not thread-safe."""

    def __init__(
        self,
        settings: MqttSettings,
        topics: Topics,
        capture: CaptureClient,
        report: DeviceReport,
        clock: Clock,
    ) -> None:
        self._discovery = settings.discovery
        self._facts = DeviceFacts(settings.device, settings.site, board.model())
        self._topics = topics
        self._capture = capture
        self._report = report
        self._clock = clock
        self._errors = ErrorLog(log)
        self._published: dict[str, bytes] = {}  # retained, by topic
        self._cameras: dict[str, _Seen] = {}
        self._is_capturing = False
        self._device_state = b""
        self._device_state_at = float("-inf")

    def begin(self) -> None:
        """Publish everything at the next step: the connection is new, and the broker may be."""
        self._published.clear()
        for seen in self._cameras.values():
            seen.motions = -1  # what came meanwhile is over

    def step(self, send: Send) -> None:
        """Look at the device, and send what has changed. What cannot be sent waits for the next
        step, except motions."""
        for topics in self._read_cameras():
            send(Message(topics.motion, ON.encode(), is_retained=False))
        messages = self._retained()
        gone = dict.fromkeys(self._published.keys() - messages.keys(), b"")
        for topic, payload in (messages | gone).items():
            if self._published.get(topic) == payload:
                continue
            if not send(Message(topic, payload)):
                return
            self._published[topic] = payload
        for topic in gone:
            del self._published[topic]

    # --- cameras

    def _read_cameras(self) -> list[CameraTopics]:
        """Read the state of the cameras. Return the topics of those that saw a motion since."""
        try:
            states = self._capture.cameras()
        except RequestProblemError:
            self._is_capturing = False
            return []
        self._is_capturing = True
        moved = []
        before, self._cameras = self._cameras, {}
        for name, state in states.items():
            motions = state.get("motions") or 0
            seen = before.get(name) or _Seen(state, -1)
            is_new = motions > seen.motions or 0 < motions < seen.motions  # it has begun again
            if is_new and seen.motions >= 0:
                moved.append(self._topics.camera(name))
            seen.state, seen.motions = state, motions
            self._read_picture(name, seen)
            self._cameras[name] = seen
        return moved

    def _read_picture(self, camera: str, seen: _Seen) -> None:
        """Read the last photo in small, if it is a new one. A clip or a raw picture has a live
        picture in its place."""
        photo = seen.state.get("photo")
        if photo is None or photo == seen.photo:
            return
        is_recent = seen.photo is not None
        try:
            seen.photo, picture = self._capture.last_photo(camera)
            if not picture and is_recent:
                picture = self._capture.preview(camera)
        except RequestProblemError as problem:
            self._errors.log_once(f"a photo is not shown: {problem}")
            return
        seen.picture = picture or seen.picture

    # --- messages

    def _retained(self) -> dict[str, bytes]:
        """Return every message that the broker is to keep, by its topic, in the order in which they
        are sent: Home Assistant subscribes to states once it knows the entities."""
        messages = self._announced()
        messages[self._topics.availability] = ONLINE.encode()
        if state := self._read_device():
            messages[self._topics.state] = state
        for name, seen in self._cameras.items():
            topics = self._topics.camera(name)
            messages[topics.availability] = (ONLINE if self._is_capturing else OFFLINE).encode()
            messages[topics.state] = _camera_state(seen.state, is_capturing=self._is_capturing)
            messages[topics.motion] = OFF.encode()  # for who subscribes later
            if seen.picture:
                messages[topics.photo] = seen.picture
        return messages

    def _announced(self) -> dict[str, bytes]:
        if self._discovery is None:
            return {}
        cameras = [CameraFeatures(name, _has_motion(one)) for name, one in self._cameras.items()]
        topic = discovery_topic(self._discovery, self._facts.name)
        return {topic: discovery_message(self._facts, self._topics, cameras)}

    def _read_device(self) -> bytes:
        """Return the state of the machine and the spool, at most REPORT_SECONDS old."""
        now = self._clock.monotonic()
        if now - self._device_state_at >= REPORT_SECONDS:
            self._device_state_at = now
            try:
                self._device_state = _device_state(self._report.facts())
            except OSError as error:
                self._errors.log_once("the spool cannot be read", error)
        return self._device_state


def _has_motion(seen: _Seen) -> bool:
    return any(one.get("use") == "pir_pin" for one in seen.state.get("pins") or ())


def _device_state(facts: Mapping[str, Any]) -> bytes:
    spool = facts["spool"]
    state = {
        "temperature": facts["machine"]["temperature"],
        "waiting": spool["waiting"],
        "oldest": spool["oldest_captured_at"],
        "losses": spool["losses"],
        "quarantined": spool["quarantined"],
    }
    return json.dumps(state).encode()


def _camera_state(state: State, *, is_capturing: bool) -> bytes:
    if not is_capturing:
        word = "off"
    elif state.get("failing"):
        word = "failing"
    else:
        word = "ready" if state.get("armed") else "disarmed"
    facts = {
        "state": word,
        "armed": OFF if state.get("disarmed") else ON,
        "failing": state.get("failing"),
        "last_photo": state.get("last_photo"),
        "photo": state.get("photo"),
    }
    return json.dumps(facts).encode()
