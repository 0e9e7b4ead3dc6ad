"""Cameras that are missing at the start, or hang at the end: the others work, a failed start is
tried again later each time, and the summary is logged."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from photo_wire.headers import Trigger
from pi_uploader.cameras import CameraGoneError
from pi_uploader.cameras.picamera import camera as camera_module
from pi_uploader.capture import capture_once, process, run_capture
from pi_uploader.capture.start_backoff import MAX_DELAY_SECONDS, StartBackoff
from pi_uploader.settings import CaptureSettings, SettingsError, load_settings
from pi_uploader.spool import Spool
from tests.support.program import photos_in
from tests.support.waiting import wait_for

TWO = """\
[camera.here]
source = "picamera2"
every = "0.1s"

[camera.there]
source = "picamera2"
sensor = "/base/not/there"
every = "1h"
"""


def settings(folder: Path, config: str = "", **environ: str) -> CaptureSettings:
    environ = {"CAMERA_SPOOL": str(folder / "spool"), "CAMERA_CLOCK": "trusted", **environ}
    if config:
        (folder / "config.toml").write_text(config)
        environ["CAMERA_CONFIG"] = str(folder / "config.toml")
    return load_settings(CaptureSettings, environ)


ONE = {"CAMERA_SOURCE": "picamera2", "PIR_PIN": "none", "CAMERA_EVERY": "1h"}


class Capturing:
    """A capture process in a thread."""

    def __init__(self, of: CaptureSettings) -> None:
        self.stop = threading.Event()
        self.ended: list[object] = []
        self._settings = of
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.ended.append(run_capture(self._settings, self.stop))
        except (CameraGoneError, SettingsError) as error:
            self.ended.append(error)

    def wait(self) -> object:
        self._thread.join(90)
        return self.ended[0]


@contextmanager
def capturing(of: CaptureSettings) -> Iterator[Capturing]:
    one = Capturing(of)
    try:
        yield one
    finally:
        one.stop.set()
        one.wait()


def test_the_other_cameras_work(
    hardware: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One of several cameras is missing, which is logged."""
    with capturing(settings(tmp_path, TWO)) as one:
        wait_for(lambda: photos_in(tmp_path / "spool") >= 2, what="photos")
        one.stop.set()
        assert one.wait() == 0
    assert "there: there is no camera /base/not/there (CAMERA_SENSOR)" in caplog.text
    assert {photo.name.camera for photo in Spool(tmp_path / "spool").waiting_photos()} == {"here"}


def test_a_missing_camera_is_looked_for_again(
    hardware: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a new process, because libcamera finds it only then."""
    monkeypatch.setattr(process, "RETRY_MISSING_SECONDS", 0.1)
    with capturing(settings(tmp_path, TWO)) as one:
        assert one.wait() == 1


def test_once_takes_photos_with_the_cameras_that_are_there(hardware: Any, tmp_path: Path) -> None:
    """It exits with 1, because one is missing."""
    assert capture_once(settings(tmp_path, TWO), Trigger.SCHEDULE) == 1
    assert photos_in(tmp_path / "spool") == 1


def test_a_start_without_a_camera_is_tried_later_each_time(
    hardware: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one exits at once, later ones after a delay unless they are stopped."""
    hardware.is_there = False
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    with capturing(settings(tmp_path, **ONE)) as first:
        assert isinstance(first.wait(), CameraGoneError)
    backoff = StartBackoff({"STATE_DIRECTORY": str(tmp_path)})
    delays = [backoff.next_delay() for _ in range(8)]
    assert delays == [5, 10, 20, 40, 80, MAX_DELAY_SECONDS, MAX_DELAY_SECONDS, MAX_DELAY_SECONDS]
    with capturing(settings(tmp_path, **ONE)) as later:
        later.stop.set()
        assert isinstance(later.wait(), CameraGoneError)


def test_a_failed_start_waits_before_it_exits(
    hardware: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hardware.is_there = False
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    backoff = StartBackoff({"STATE_DIRECTORY": str(tmp_path)})
    assert [backoff.next_delay() for _ in range(7)][-1] == MAX_DELAY_SECONDS
    with capturing(settings(tmp_path, **ONE)) as one:
        wait_for(lambda: "is tried again in 120 s" in caplog.text, what="the delay in the log")
        assert not one.ended


def test_a_successful_start_resets_the_delay(
    hardware: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    backoff = StartBackoff({"STATE_DIRECTORY": str(tmp_path)})
    assert (backoff.next_delay(), backoff.next_delay()) == (0, 5)
    with capturing(settings(tmp_path, **ONE)):
        wait_for(lambda: photos_in(tmp_path / "spool"), what="a photo")
    assert backoff.next_delay() == 0


def test_the_summary_is_logged_before_a_camera_hangs_at_the_end(
    hardware: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    hardware.hanging_closes = 1
    with capturing(settings(tmp_path, **ONE)) as one:
        wait_for(lambda: "photo taken" in caplog.text, what="a photo")
        monkeypatch.setattr(camera_module, "OPEN_TIMEOUT_SECONDS", 0.2)
        one.stop.set()
        assert "closing it hangs" in str(one.wait())
    assert "capture with camera stopped: 1 photo stored, 0 lost, 0 failed" in caplog.text
