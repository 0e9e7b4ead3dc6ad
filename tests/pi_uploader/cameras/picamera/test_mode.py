"""The mode of the Pi's camera: a warning names each difference to what the settings asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from photo_wire.media import Media
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.cameras.picamera.mode import Mode


class TestDifferences:
    """picamera2 adjusts a configuration without an error."""

    def test_another_size(self, hardware: Any, caplog: pytest.LogCaptureFixture) -> None:
        hardware.adjustments = {"main": {"size": (1920, 1072)}}
        Picamera2Camera(Mode(size=(1920, 1080)))
        assert caplog.messages == [
            "CAMERA_SIZE: 1920x1080 was requested, but the camera delivers 1920x1072"
        ]

    def test_another_size_of_a_raw_picture(
        self, hardware: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        hardware.adjustments = {"raw": {"size": (2304, 1296)}}
        Picamera2Camera(Mode(size=(2304, 1728), format=Media.DNG))
        assert "but the camera delivers 2304x1296" in caplog.text

    @pytest.mark.parametrize("rotation", [0, 180])
    def test_another_rotation(
        self, hardware: Any, rotation: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        from libcamera import Transform

        is_rotated = rotation == 0
        hardware.adjustments = {"transform": Transform(hflip=is_rotated, vflip=is_rotated)}
        Picamera2Camera(Mode(rotation=rotation))
        assert caplog.messages == [
            f"CAMERA_ROTATION: {rotation} was requested, but this camera cannot do it"
        ]

    def test_another_format(self, hardware: Any, caplog: pytest.LogCaptureFixture) -> None:
        hardware.adjustments = {"main": {"format": "YUYV"}}
        Picamera2Camera()
        assert caplog.messages == [
            "the camera delivers YUYV instead of BGR888: colours may be wrong"
        ]

    def test_the_size_of_full_clips_is_logged(
        self, hardware: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        Picamera2Camera(Mode(format=Media.MP4))
        assert caplog.messages == ["CAMERA_SIZE: is full, which for clips is 1280x720"]

    def test_no_difference_is_no_warning(
        self, hardware: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        Picamera2Camera(Mode(size=(1920, 1080), rotation=180))
        assert not caplog.messages

    def test_more_than_the_memory_for_pictures(
        self, hardware: Any, set_board: Callable[[str], None], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Twelve megapixels on a Zero."""
        set_board("Raspberry Pi Zero 2 W Rev 1.0")
        Picamera2Camera(Mode(size=(4056, 3040))).close()
        assert "needs 74 MB of memory for pictures (CMA), and there are 67 MB" in caplog.text
        caplog.clear()
        Picamera2Camera(Mode(size=(1920, 1080)))
        assert not caplog.messages
