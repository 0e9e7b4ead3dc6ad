"""Faults of the Pi's camera: the error names the cause and the next step, not a broken cable."""

import errno
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraError, CameraGoneError, CaptureContext
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.cameras.picamera.library import MIN_VERSION
from pi_uploader.cameras.picamera.mode import ClipLength, Mode
from pi_uploader.settings import SettingsError

CONTEXT = CaptureContext("gate", Trigger.MOTION, None)
FIRST, SECOND = "/base/soc/i2c@1/imx708@1a", "/base/soc/i2c@0/imx219@10"
TWO = [{"Model": "imx219", "Id": SECOND, "Num": 0}, {"Model": "imx708", "Id": FIRST, "Num": 1}]
WEBCAM = {"Model": "C920", "Id": "/base/soc/usb@7e98/usb1/1-1:1.0-046d:082d", "Num": 2}
ENCODER = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/dev/video11")


class TestCauses:
    """A fault outside of the camera is named, and the camera not reopened."""

    @pytest.mark.parametrize(
        ("error", "text"),
        [
            (ENCODER, "clips need the Pi's H.264 encoder, /dev/video11"),
            (PermissionError(13, "Permission denied", "/dev/video11"), "in the group video"),
            (KeyError("FrameDurationLimits"), "the cable is not the cause"),
            (ModuleNotFoundError("No module named 'av'"), "python3-av"),
        ],
    )
    def test_of_the_software(
        self, hardware: Any, error: Exception, text: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The traceback is logged once, however often the error happens."""
        camera = Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(0.01)))
        for _ in range(3):
            hardware.failed_encoders.append(error)
            with pytest.raises(CameraError, match=text) as caught:
                camera.take(CONTEXT)
            assert not isinstance(caught.value, CameraGoneError)
        assert len(hardware.opened) == 1
        assert sum(record.exc_info is not None for record in caplog.records) == 1
        assert camera.take(CONTEXT).media is Media.MP4

    @pytest.mark.parametrize(
        "error",
        [
            OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
            MemoryError(),
            RuntimeError("failed to allocate capture buffers for stream 0"),
        ],
    )
    def test_of_the_memory(self, hardware: Any, error: Exception) -> None:
        """Reopening the camera may free it; if not, the error names the setting."""
        camera = Picamera2Camera()
        hardware.failed_saves += [error, error]
        with pytest.raises(CameraGoneError, match=r"\(CMA\) is used up: set a smaller CAMERA_SIZE"):
            camera.take(CONTEXT)
        assert len(hardware.opened) == 2

    def test_at_the_start(self, hardware: Any) -> None:
        hardware.failed_encoders.append(ENCODER)
        with pytest.raises(CameraGoneError, match=r"cannot be started: FileNotFoundError.*bcm2835"):
            Picamera2Camera(Mode(format=Media.MP4, clip=ClipLength(pre_roll=1)))
        assert hardware.opened[-1].closed

    @pytest.mark.parametrize(
        ("raised", "text"),
        [
            ("ValueError('numpy.dtype size changed, may indicate binary')", "pip uninstall numpy"),
            ("ImportError('numpy.core.multiarray failed to import')", "pip uninstall numpy"),
            ("AttributeError('_ARRAY_API not found')", "pip uninstall numpy"),
            ("ImportError('libcamera.so.0.5: cannot open shared object file')", "--reinstall"),
            ("ModuleNotFoundError('', name='videodev2')", "apt-get install --reinstall"),
            ("RuntimeError('anything')", "apt-get install python3-picamera2"),
        ],
    )
    def test_of_an_import_that_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str, text: str
    ) -> None:
        """Not only by ImportError."""
        (tmp_path / "picamera2.py").write_text(f"raise {raised}")
        monkeypatch.syspath_prepend(str(tmp_path))
        with pytest.raises(SettingsError, match=text):
            Picamera2Camera()
        assert "picamera2" not in sys.modules

    def test_of_a_version_that_is_too_old(
        self, hardware: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One for photos, and a later one for clips."""
        version = ".".join(map(str, MIN_VERSION))
        monkeypatch.setattr(metadata, "version", lambda name: f"{version}-1")
        Picamera2Camera().close()
        with pytest.raises(
            SettingsError, match=f"is {version}, and CAMERA_FORMAT=mp4 needs 0.3.24"
        ):
            Picamera2Camera(Mode(format=Media.MP4))
        monkeypatch.setattr(metadata, "version", lambda name: "0.3.12")
        with pytest.raises(SettingsError, match="photos need"):
            Picamera2Camera()
