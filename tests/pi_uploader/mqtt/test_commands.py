"""What is a command, and what becomes of it."""

import logging
import threading
from pathlib import Path

import pytest

from pi_uploader.clock import SYSTEM_CLOCK
from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.local_view.report import DeviceReport
from pi_uploader.mqtt.commands import Command, Commands, parse_command
from pi_uploader.mqtt.topics import Topics
from pi_uploader.settings import MqttSettings, load_settings
from tests.support.capturing import asking, idle_settings
from tests.support.fake_clock import FakeClock
from tests.support.program import photos_in
from tests.support.waiting import wait_for

TOPICS = Topics("nightjar", "yard")


@pytest.mark.parametrize(
    ("topic", "payload", "command"),
    [
        ("nightjar/yard/gate/take", b"PRESS", Command("gate", "PRESS")),
        ("nightjar/yard/gate/armed/set", b"ON", Command("gate", "ON")),
        ("nightjar/yard/gate/armed/set", b"OFF", Command("gate", "OFF")),
        ("nightjar/yard/gate/take", b"ON", None),
        ("nightjar/yard/gate/take", b"PRESS\n", None),
        ("nightjar/yard/gate/take", b"", None),
        ("nightjar/yard/gate/take", b"\xff\xfe", None),
        ("nightjar/yard/gate/take", b"PRESS" * 10_000, None),
        ("nightjar/yard/gate/armed/set", b"PRESS", None),
        ("nightjar/yard/gate/armed/set", b"off", None),
        ("nightjar/yard/gate/state", b"ON", None),
        ("nightjar/yard/GATE/take", b"PRESS", None),
        ("nightjar/yard/../take", b"PRESS", None),
        ("nightjar/shed/gate/take", b"PRESS", None),
        ("other/yard/gate/take", b"PRESS", None),
        ("nightjar/yard/take", b"PRESS", None),
        ("nightjar/yard/gate/take/more", b"PRESS", None),
        ("", b"PRESS", None),
    ],
)
def test_commands_and_what_is_none(topic: str, payload: bytes, command: Command | None) -> None:
    assert parse_command(TOPICS, topic, payload) == command


def commands(folder: Path, stop: threading.Event, clock: FakeClock | None = None) -> Commands:
    settings = load_settings(
        MqttSettings, {"CAMERA_SPOOL": str(folder / "spool"), "CAMERA_RESERVE_MB": "0"}
    )
    capture = CaptureClient(settings.spool, lambda: "0000002a")
    report = DeviceReport(settings, SYSTEM_CLOCK)
    return Commands(TOPICS, capture, report, stop.wait, clock or FakeClock(seconds=0.0))


def test_commands_are_executed_in_their_order(tmp_path: Path) -> None:
    settings = idle_settings(tmp_path, CAMERA_NAME="gate")
    stop = threading.Event()
    with asking(settings) as ask:
        one = commands(tmp_path, stop)
        thread = threading.Thread(target=one.run)
        thread.start()
        try:
            one.receive("nightjar/yard/nobody/take", b"PRESS")
            one.receive("nightjar/yard/gate/armed/set", b"OFF")
            one.receive("nightjar/yard/gate/take", b"PRESS")
            wait_for(lambda: ask("find", tag="0000002a").members["photos"], what="the photo")
            assert ask("state").members["cameras"]["gate"]["disarmed"] is True
            one.receive("nightjar/yard/gate/armed/set", b"ON")
            wait_for(
                lambda: ask("state").members["cameras"]["gate"]["armed"], what="an armed camera"
            )
        finally:
            stop.set()
            thread.join(90)


def test_a_flood_is_dropped_and_logged_once_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody executes them here, so four wait."""
    clock = FakeClock(seconds=0.0)
    one = commands(tmp_path, threading.Event(), clock)
    with caplog.at_level(logging.INFO, "mqtt"):
        for _ in range(1000):
            one.receive("nightjar/yard/gate/take", b"PRESS")
            one.receive("nightjar/yard/gate/else", b"x" * 100_000)
        assert len(caplog.records) == 1
        clock.seconds = 60.0
        one.receive("nightjar/yard/gate/take", b"PRESS")
    assert len(caplog.records) == 2
    assert "4 commands wait already; 1996 ignored" in caplog.text
    assert photos_in(tmp_path / "spool") == 0
