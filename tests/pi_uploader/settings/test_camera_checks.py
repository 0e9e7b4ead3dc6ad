"""The settings reject what the board or the kind of camera cannot do."""

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


REPLAY = {"CAMERA_SOURCE": "simulated", "CAMERA_REPLAY": "/pictures"}
RTSP = {"CAMERA_SOURCE": "rtsp", "CAMERA_URL": "rtsp://192.0.2.1/main"}


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (
            {**RTSP, "CAMERA_PREROLL": "6s"},
            "CAMERA_PREROLL: must be at most 5s for a camera of kind rtsp",
        ),
        (
            {"CAMERA_PHOTOS_BEFORE": "1"},
            "CAMERA_PHOTOS_BEFORE: must be 0 for one of kind picamera2: it has no whole pictures "
            "from before a trigger",
        ),
        (
            {
                "CAMERA_SOURCE": "simulated",
                "CAMERA_REPLAY": "/pictures",
                "CAMERA_PHOTOS_BEFORE": "1",
            },
            "CAMERA_PHOTOS_BEFORE: must be 0 for one that replays a folder: it has no whole "
            "pictures from before a trigger",
        ),
        (
            {"CAMERA_FORMAT": "mp4", "CAMERA_PHOTOS_AFTER": "1"},
            "CAMERA_PHOTOS_AFTER: must be 0 for clips, which have CAMERA_PREROLL instead",
        ),
        (
            {"CAMERA_BURST": "2", "CAMERA_PHOTOS_AFTER": "1"},
            "CAMERA_PHOTOS_AFTER: must be 0 with a CAMERA_BURST of more than 1",
        ),
        (
            {"CAMERA_SUBSTREAM": "rtsp://192.0.2.1/sub"},
            "CAMERA_SUBSTREAM: must not be set for a camera of kind picamera2",
        ),
        (
            {**RTSP, "CAMERA_SUBSTREAM": "rtsp://192.0.2.2/sub"},
            "CAMERA_SUBSTREAM: must begin with the same rtsp://HOST or rtsps://HOST as CAMERA_URL, "
            "because it gets the same password",
        ),
    ],
)
def test_what_is_shown_from_before_and_after(environ: dict[str, str], problem: str) -> None:
    assert problems(**environ) == (problem,)


def test_the_second_stream_may_have_another_port_and_path() -> None:
    assert not problems(**RTSP, CAMERA_SUBSTREAM="rtsp://192.0.2.1:8554/sub", CAMERA_PREROLL="5s")


def test_the_pis_own_camera_may_have_a_longer_pre_roll() -> None:
    assert not problems(CAMERA_FORMAT="mp4", CAMERA_PREROLL="8s")


def problems(**environ: str) -> tuple[str, ...]:
    try:
        load_settings(CaptureSettings, {"CAMERA_SOURCE": "picamera2", "HOME": "/", **environ})
    except SettingsError as error:
        return error.problems
    return ()
