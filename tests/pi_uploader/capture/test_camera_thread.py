"""A camera's thread: what stops it, and what it logs at its end."""

import logging
import threading
from pathlib import Path

import pytest

from photo_wire.headers import Trigger
from pi_uploader.capture import run_capture
from pi_uploader.capture.arming import DisarmedCameras
from pi_uploader.capture.camera_thread import CameraThread, Shared
from pi_uploader.spool import Spool
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from pi_uploader.watchdog import Watchdog
from tests.support.capturing import ScriptedCamera, idle_settings
from tests.support.waiting import wait_for


class RecordingCamera(ScriptedCamera):
    """A camera that can record clips, and notes that it was stopped."""

    is_stopped = False

    def stop_recording(self) -> None:
        self.is_stopped = True


@pytest.fixture
def camera_thread(tmp_path: Path) -> tuple[CameraThread, RecordingCamera]:
    """The thread of one camera, not started."""
    settings = idle_settings(tmp_path)
    camera, spool = RecordingCamera(), Spool(tmp_path / "spool")
    shared = Shared(settings, spool, DisarmedCameras(spool.folder), threading.Event())
    [one] = settings.cameras
    return CameraThread(one, camera, TriggerQueue(), shared), camera


def test_a_stop_closes_the_queue_and_ends_a_recording(
    camera_thread: tuple[CameraThread, RecordingCamera],
) -> None:
    thread, camera = camera_thread
    thread.stop()
    assert thread.queue.is_closed
    assert camera.is_stopped


def test_the_summary_counts_photos_and_unhandled_triggers(
    camera_thread: tuple[CameraThread, RecordingCamera], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    thread, _ = camera_thread
    thread.queue.put(TriggerEvent(Trigger.DEMAND, 0.0))
    thread.start(Watchdog())
    wait_for(lambda: "photo taken" in caplog.text, what="a photo")
    thread.stop()
    thread.queue.put(TriggerEvent(Trigger.MOTION, 1.0))
    thread.join()
    assert "capture with camera stopped: 1 photo stored, 0 lost, 0 failed" in caplog.text
    assert "1 trigger unhandled" in caplog.text
    assert not thread.has_failed


class BrokenQueue(TriggerQueue):
    """A queue that raises an unexpected error."""

    def get(self, longest: float | None = None) -> TriggerEvent | None:
        raise RuntimeError("the queue is broken")


def test_an_unexpected_error_in_a_camera_thread_ends_the_process(tmp_path: Path) -> None:
    """The process is started again instead of running without the camera."""
    assert run_capture(idle_settings(tmp_path), threading.Event(), BrokenQueue) == 1
