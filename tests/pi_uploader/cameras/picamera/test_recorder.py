"""Clips of the Pi's camera: stopped, of a camera that dies, and with the ring before a trigger."""

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CameraGoneError, CaptureContext
from pi_uploader.cameras.picamera import recorder
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.cameras.picamera.mode import ClipLength, Mode
from tests.support.picamera_sources import SOURCES, picamera2_of
from tests.support.pictures import mp4
from tests.support.waiting import wait_for

CONTEXT = CaptureContext("gate", Trigger.MOTION, None)
WITHOUT_PICTURES = mp4(1)[: mp4(1).index(b"mdat") - 4]
MARGIN = recorder.RING_MARGIN_SECONDS
VIDEO_US = 33_333  # microseconds between two frames of picamera2's video
FRAME_US = 100_000  # microseconds between two frames


@pytest.fixture(params=[name for name, source in SOURCES.items() if source.has_clips])
def recorded(
    request: pytest.FixtureRequest, hardware: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[int]]:
    """Put the ring of a real picamera2 into the fake. Return the times (microseconds) of the frames
    in the clip."""
    times: list[int] = []
    package = ModuleType("real_outputs")
    package.__path__ = [str(picamera2_of(request.param) / "outputs")]
    monkeypatch.setitem(sys.modules, "real_outputs", package)
    real = importlib.import_module("real_outputs.circularoutput2")
    import picamera2.outputs

    class Recorded(picamera2.outputs.PyavOutput):  # type: ignore[misc]
        def outputframe(self, frame: bytes, keyframe: bool, timestamp: int, *_: object) -> None:
            times.append(timestamp)

    monkeypatch.setattr(picamera2.outputs, "CircularOutput2", real.CircularOutput2)
    monkeypatch.setattr(picamera2.outputs, "PyavOutput", Recorded)
    yield times
    for name in [name for name in sys.modules if name.startswith("real_outputs.")]:
        del sys.modules[name]


def test_a_clip_that_is_stopped_has_the_newest_seconds(hardware: Any, recorded: list[int]) -> None:
    """They are in the ring, which is as long as the pre-roll, and usually show the event itself."""
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(3600, pre_roll=2)))
    ring = hardware.opened[-1].encoders[0].output
    frames = iter(range(0, 10_000_000, FRAME_US))

    def record(seconds: float) -> None:
        for _ in range(round(seconds * 1e6 / FRAME_US)):
            ring.outputframe(b"", True, next(frames))

    record(3)
    taking = threading.Thread(target=camera.take, args=(CONTEXT,))
    taking.start()
    # 0.3.24 has _output before it writes to it, and says so by _output_available.
    wait_for(lambda: getattr(ring, "_output_available", ring._output), what="the recording")
    record(2.6)
    camera.stop_recording()
    taking.join(90)
    camera.close()
    assert len(recorded) * FRAME_US == pytest.approx(4_600_000, abs=FRAME_US)
    assert recorded == sorted(recorded)


@pytest.mark.parametrize("frames_since_a_key_frame", [0, 1, 15, 29])
def test_a_clip_begins_at_least_the_pre_roll_before_its_trigger(
    hardware: Any,
    recorded: list[int],
    monkeypatch: pytest.MonkeyPatch,
    frames_since_a_key_frame: int,
) -> None:
    """With the ring of the real picamera2, which begins a clip with a key frame: each 30th is one,
    as the encoder is told."""
    monkeypatch.setattr(recorder, "RING_MARGIN_SECONDS", MARGIN)
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(3600, pre_roll=3)))
    [encoder] = hardware.opened[-1].encoders
    assert encoder.iperiod == recorder.KEY_FRAME_INTERVAL == 30
    triggered_at = 240 + frames_since_a_key_frame

    def record(first: int, last: int) -> None:
        for number in range(first, last):
            encoder.output.outputframe(b"", number % 30 == 0, 1_000_000 + number * VIDEO_US)

    record(0, triggered_at)
    taking = threading.Thread(target=camera.take_at, args=(CONTEXT, 0.0))
    taking.start()
    ring = encoder.output
    wait_for(lambda: getattr(ring, "_output_available", ring._output), what="the recording")
    record(triggered_at, triggered_at + 15)
    camera.stop_recording()
    taking.join(90)
    camera.close()
    assert recorded[-1] - 14 * VIDEO_US >= 3_000_000


def test_if_the_camera_dies_the_clip_has_what_came_before(
    hardware: Any, recorded: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    """The last seconds are in the ring; the next trigger reopens the camera."""
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(0.01, pre_roll=0.5)))
    ring = hardware.opened[-1].encoders[0].output
    for time in range(FRAME_US, 600_000, FRAME_US):
        ring.outputframe(b"", True, time)
    hardware.lost_frames = 2  # the poster's, and the one after the clip
    assert camera.take(CONTEXT).media is Media.MP4
    assert [one - recorded[0] for one in recorded] == list(range(0, 500_000, FRAME_US))
    assert "no frame came within 0.2 s: the clip ends there" in caplog.messages
    assert len(hardware.opened) == 1
    hardware.lost_frames = 4
    hardware.mp4 = WITHOUT_PICTURES
    with pytest.raises(CameraGoneError, match="no frame came"):
        camera.take(CONTEXT)
    assert len(hardware.opened) == 2


@pytest.mark.parametrize("pre_roll", [0.0, 0.02])
def test_a_dead_camera_does_not_delay_the_stop(hardware: Any, pre_roll: float) -> None:
    """It is not reopened either: the process has five seconds to end."""
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(3600, pre_roll=pre_roll)))
    camera.stop_recording()
    hardware.lost_frames = 1_000_000
    hardware.mp4 = WITHOUT_PICTURES
    with pytest.raises(CameraError, match="no picture came while it recorded"):
        camera.take(CONTEXT)
    assert len(hardware.opened) == 1
    assert hardware.lost_frames == 1_000_000 - 1  # the poster's


def test_a_clip_is_recorded_on_the_disk_and_not_in_memory(
    hardware: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's folder for temporary files is often in memory. Nothing of the clip is left."""
    import picamera2.outputs

    written: list[Path] = []
    real = picamera2.outputs.PyavOutput

    def recording_output(name: str, **more: Any) -> Any:
        written.append(Path(name))
        return real(name, **more)

    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr("pi_uploader.cameras.media.mp4.CLIP_FOLDER", tmp_path)
    monkeypatch.setattr(picamera2.outputs, "PyavOutput", recording_output)
    Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(0.01))).take(CONTEXT)
    assert written[0].is_relative_to(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_clip_is_written_without_options_if_picamera2_takes_none(
    hardware: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before 0.3.31; the description of the clip is then at its end."""
    import picamera2.outputs

    real = picamera2.outputs.PyavOutput

    class Old(real):  # type: ignore[misc, valid-type]
        def __init__(self, output_name: str, format: str | None = None, pts: None = None) -> None:
            super().__init__(output_name, format, pts)

    monkeypatch.setattr(picamera2.outputs, "PyavOutput", Old)
    camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(0.01)))
    assert camera.take(CONTEXT).media is Media.MP4
