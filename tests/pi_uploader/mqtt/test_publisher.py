"""What is published, and when: the capture process is a socket that replies as the test says."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pi_uploader.capture.control_server import ControlServer, IsWaiting, RefusedError
from pi_uploader.control import Reply
from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.local_view.report import DeviceReport
from pi_uploader.mqtt.broker import Message
from pi_uploader.mqtt.publisher import REPORT_SECONDS, Publisher
from pi_uploader.mqtt.topics import Topics
from pi_uploader.settings import MqttSettings, load_settings
from tests.support.fake_clock import FakeClock

TOPICS = Topics("nightjar", "yard")
GATE = TOPICS.camera("gate")
DISCOVERY = "homeassistant/device/nightjar_yard/config"
PIR = {"number": 17, "use": "pir_pin", "is_active": False}
READY: dict[str, Any] = {"armed": True, "disarmed": False, "motions": 0, "pins": [PIR]}


class Capture:
    """A capture process that replies with `cameras`, the `photo` and its picture, or none."""

    def __init__(self, spool: Path) -> None:
        self.cameras: dict[str, dict[str, Any]] = {"gate": dict(READY)}
        self.picture, self.live = b"", b"a live picture"
        self.asked: list[str] = []
        self.is_running = True
        self._server = ControlServer(spool, self._reply, lambda _: False)
        self._server.start()

    def _reply(self, request: Mapping[str, Any], _: IsWaiting) -> Reply:
        self.asked.append(request["do"])
        if request["do"] == "state":
            return Reply({"cameras": self.cameras})
        if request["do"] == "last":
            return Reply({"photo": self.cameras[request["camera"]]["photo"]}, self.picture)
        if not self.live:
            raise RefusedError("no picture now")
        return Reply({}, self.live)

    def end(self) -> None:
        self.is_running = False
        self._server.close()


class Home:
    """A publisher, and what it has sent. `room` is how many messages more the broker takes."""

    def __init__(self, spool: Path, **env: str) -> None:
        settings = load_settings(
            MqttSettings,
            {"CAMERA_SPOOL": str(spool), "CAMERA_DEVICE_NAME": "yard", "CAMERA_MQTT": "b", **env},
        )
        self.clock = FakeClock(seconds=0.0)
        self._seconds = 0.0
        capture = CaptureClient(spool, lambda: "0000002a", self.clock)
        report = DeviceReport(settings, self.clock)
        self.publisher = Publisher(settings, TOPICS, capture, report, self.clock)
        self.room = 1000
        self.sent: list[Message] = []

    def step(self, seconds: float = 1.0) -> dict[str, bytes]:
        """Return what is sent after this time, by topic. Nothing is cached for so long, except the
        state of the machine."""
        self._seconds += seconds
        self.clock.seconds = self._seconds
        self.sent = []
        self.publisher.step(self._send)
        return {one.topic: one.payload for one in self.sent}

    def _send(self, message: Message) -> bool:
        if len(self.sent) >= self.room:
            return False
        self.sent.append(message)
        return True


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[Capture]:
    one = Capture(tmp_path)
    yield one
    if one.is_running:
        one.end()


@pytest.fixture
def home(capture: Capture, tmp_path: Path) -> Home:
    """A publisher that has published everything once."""
    one = Home(tmp_path)
    one.step()
    return one


def test_everything_is_published_once_and_discovery_first(capture: Capture, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.step()
    assert [one.topic for one in home.sent] == [
        DISCOVERY,
        TOPICS.availability,
        TOPICS.state,
        GATE.availability,
        GATE.state,
        GATE.motion,
    ]
    assert all(one.is_retained for one in home.sent)
    assert [home.step() for _ in range(3)] == [{}, {}, {}]
    home.publisher.begin()
    assert len(home.step()) == 6


def test_without_discovery_nothing_is_for_home_assistant(capture: Capture, tmp_path: Path) -> None:
    assert DISCOVERY not in Home(tmp_path, CAMERA_MQTT_DISCOVERY="off").step()


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"armed": False}, {"state": "disarmed", "armed": "ON"}),
        ({"armed": False, "disarmed": True}, {"state": "disarmed", "armed": "OFF"}),
        ({"failing": "no cable"}, {"state": "failing", "failing": "no cable"}),
        ({"last_photo": "2026-11-28T12:00:00Z"}, {"state": "ready"}),
    ],
)
def test_what_has_changed_alone_is_published(
    home: Home, capture: Capture, change: dict[str, Any], state: dict[str, Any]
) -> None:
    capture.cameras["gate"] |= change
    sent = home.step()
    assert list(sent) == [GATE.state]
    assert state.items() <= json.loads(sent[GATE.state]).items()


def test_each_motion_is_published_once_and_not_kept(home: Home, capture: Capture) -> None:
    """However short it was, and after a restart of the capture process, too."""
    for motions, is_published in ((1, True), (1, False), (7, True), (2, True), (0, False)):
        capture.cameras["gate"]["motions"] = motions
        assert home.step() == ({GATE.motion: b"ON"} if is_published else {})
        assert not any(one.is_retained for one in home.sent)


def test_a_motion_before_the_connection_is_over(home: Home, capture: Capture) -> None:
    capture.cameras["gate"]["motions"] = 3
    home.publisher.begin()
    assert home.step()[GATE.motion] == b"OFF"


def test_what_the_broker_does_not_take_waits_except_motions(home: Home, capture: Capture) -> None:
    capture.cameras["gate"] |= {"motions": 1, "failing": "no cable"}
    home.room = 0
    assert home.step() == {}
    home.room = 1000
    assert list(home.step()) == [GATE.state]


def test_the_last_photo_is_shown_in_small(home: Home, capture: Capture) -> None:
    capture.cameras["gate"]["photo"], capture.picture = "one", b"a preview"
    assert home.step()[GATE.photo] == b"a preview"
    asked = len(capture.asked)
    home.step()
    assert capture.asked[asked:] == ["state"]
    capture.cameras["gate"]["photo"], capture.picture = "two", b""  # a clip
    assert home.step()[GATE.photo] == b"a live picture"
    capture.cameras["gate"]["photo"], capture.live = "three", b""
    assert GATE.photo not in home.step()


def test_a_clip_from_before_is_not_shown_as_of_now(capture: Capture, tmp_path: Path) -> None:
    capture.cameras["gate"]["photo"] = "one"
    assert GATE.photo not in Home(tmp_path).step()
    assert "preview" not in capture.asked


def test_a_capture_process_that_is_gone_takes_its_cameras_offline(
    home: Home, capture: Capture
) -> None:
    capture.end()
    sent = home.step()
    assert sent[GATE.availability] == b"offline"
    assert json.loads(sent[GATE.state])["state"] == "off"
    assert home.step() == {}


def test_a_camera_that_is_gone_is_removed_from_the_broker(home: Home, capture: Capture) -> None:
    capture.cameras = {"shed": dict(READY, pins=[])}
    sent = home.step()
    gone = {GATE.availability, GATE.state, GATE.motion}
    assert {topic for topic, payload in sent.items() if not payload} == gone
    assert b"gate_" not in sent[DISCOVERY]
    assert TOPICS.camera("shed").state in sent
    assert home.step() == {}


def test_a_spool_that_cannot_be_read_is_logged_once(
    home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pi_uploader.local_view.report.count_spool", fail)
    home.publisher.begin()
    for _ in range(2):
        assert GATE.state in home.step(REPORT_SECONDS) or home.sent == []
    assert caplog.text.count("the spool cannot be read") == 1
