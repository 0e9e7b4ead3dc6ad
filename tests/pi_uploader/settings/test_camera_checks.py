"""The settings reject a clip that is too wide for the board's encoder, and odd sizes."""

from collections.abc import Callable

import pytest

from pi_uploader.settings import CaptureSettings, SettingsError, load_settings

ZERO = "Raspberry Pi Zero 2 W Rev 1.0"


class TestLimitsOfTheBoard:
    """A clip that is too wide is rejected before the camera is opened."""

    @pytest.mark.parametrize(
        ("name", "is_limited"),
        [
            ("Raspberry Pi Zero 2 W Rev 1.0", True),
            ("Raspberry Pi 4 Model B Rev 1.5", True),
            ("Raspberry Pi Compute Module 4 Rev 1.0", True),
            ("Raspberry Pi 5 Model B Rev 1.0", False),
            ("Raspberry Pi 500 Rev 1.0", False),
            ("Raspberry Pi Compute Module 5 Rev 1.0", False),
            ("", False),
        ],
    )
    def test_a_clip_wider_than_the_encoder(
        self, set_board: Callable[[str], None], name: str, is_limited: bool
    ) -> None:
        set_board(name)
        assert bool(problems(CAMERA_SIZE="2304x1296", CAMERA_FORMAT="mp4")) == is_limited
        assert not problems(CAMERA_SIZE="2304x1296")
        assert not problems(CAMERA_SIZE="1920x1080", CAMERA_FORMAT="mp4")

    def test_the_error_names_board_and_limit(self, set_board: Callable[[str], None]) -> None:
        set_board(ZERO)
        assert problems(CAMERA_SIZE="2304x1296", CAMERA_FORMAT="mp4") == (
            "CAMERA_SIZE: must be at most 2032 pixels wide for a clip, such as 1920x1080: the "
            "encoder of this board (Raspberry Pi Zero 2 W Rev 1.0) cannot do 2304",
        )

    def test_an_odd_size_is_rejected(self) -> None:
        """picamera2 takes even numbers only."""
        assert "even numbers" in problems(CAMERA_SIZE="1921x1080")[0]


def problems(**environ: str) -> tuple[str, ...]:
    try:
        load_settings(CaptureSettings, {"CAMERA_SOURCE": "picamera2", "HOME": "/", **environ})
    except SettingsError as error:
        return error.problems
    return ()
