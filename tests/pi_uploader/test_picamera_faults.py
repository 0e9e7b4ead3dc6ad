"""What the Pi's camera does not do as it was asked, and what is said of it: the cause and the next
step, not a broken cable."""

import errno
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader import board
from pi_uploader.cameras import CameraError, CameraGoneError, CaptureContext, cameras_used_twice
from pi_uploader.cameras.picamera import Picamera2Camera
from pi_uploader.cameras.picamera_library import MIN_VERSION
from pi_uploader.settings import CaptureSettings, SettingsError

OCCASION = CaptureContext("gate", Trigger.MOTION, None)
FIRST, SECOND = "/base/soc/i2c@1/imx708@1a", "/base/soc/i2c@0/imx219@10"
TWO = [{"Model": "imx219", "Id": SECOND, "Num": 0}, {"Model": "imx708", "Id": FIRST, "Num": 1}]
WEBCAM = {"Model": "C920", "Id": "/base/soc/usb@7e98/usb1/1-1:1.0-046d:082d", "Num": 2}
ENCODER = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/dev/video11")


@pytest.fixture
def zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board is a Pi Zero, with 64 MB for pictures."""
    is_board(tmp_path, monkeypatch, "Raspberry Pi Zero 2 W Rev 1.0")


def is_board(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (folder / "model").write_text(name + "\0")
    (folder / "meminfo").write_text("MemTotal: 443000 kB\nCmaTotal:  65536 kB\nCmaFree: 1 kB\n")
    monkeypatch.setattr(board, "MODEL_FILE", folder / "model")
    monkeypatch.setattr(board, "MEMORY_FILE", folder / "meminfo")


class TestSensors:
    """Which of several cameras it is."""

    @pytest.mark.parametrize(
        ("sensor", "number"), [(None, 1), ("0", 1), ("1", 0), (FIRST, 1), (SECOND, 0)]
    )
    def test_a_camera_is_chosen_by_number_or_id(
        self, fate: Any, sensor: str | None, number: int
    ) -> None:
        """The number is picamera2's, whose order is not libcamera's."""
        fate.cameras = TWO
        Picamera2Camera(sensor=sensor)
        assert fate.opened[-1].number == number

    def test_two_cameras_are_open_at_once(self, fate: Any) -> None:
        fate.cameras = TWO
        both = [Picamera2Camera(sensor=one) for one in ("0", "1")]
        assert [one.take(OCCASION).media for one in both] == [Media.JPEG] * 2

    @pytest.mark.parametrize("sensor", ["2", "/base/none"])
    def test_one_that_is_not_there_is_told_with_those_that_are(
        self, fate: Any, sensor: str
    ) -> None:
        fate.cameras = TWO
        with pytest.raises(CameraGoneError) as caught:
            Picamera2Camera(sensor=sensor)
        said = str(caught.value)
        assert sensor in said
        assert f"0: imx708 ({FIRST}); 1: imx219 ({SECOND})" in said

    @pytest.mark.parametrize("sensor", [None, "0", WEBCAM["Id"]])
    def test_a_webcam_is_not_taken_for_the_pis_camera(self, fate: Any, sensor: str) -> None:
        """Its cable is loose, and libcamera shows a webcam in its place."""
        fate.cameras = [WEBCAM]
        with pytest.raises(CameraGoneError, match="CAMERA_SOURCE=usb"):
            Picamera2Camera(sensor=sensor)
        assert not fate.opened

    def test_two_tables_for_one_camera_are_refused(self, fate: Any, tmp_path: Path) -> None:
        """By `config check` where they say the same, at the start where one has the number and the
        other the id."""
        fate.cameras = TWO
        with pytest.raises(SettingsError, match="the picamera2 camera 0 is used twice, by a and b"):
            two_tables(tmp_path, "", "sensor = 0\n")
        assert not cameras_used_twice(two_tables(tmp_path, "", "sensor = 1\n").cameras)
        assert cameras_used_twice(two_tables(tmp_path, "", f"sensor = '{FIRST}'\n").cameras) == [
            f"CAMERA_SENSOR: a and b are one camera, 0: imx708 ({FIRST}); expected another one of "
            f"0: imx708 ({FIRST}); 1: imx219 ({SECOND})"
        ]

    def test_two_tables_for_one_usb_camera_are_refused(self, tmp_path: Path) -> None:
        """Under two names of the device, too; a disabled one does not count."""
        with pytest.raises(SettingsError, match="the usb camera /dev/video9 is used twice"):
            two_tables(tmp_path, "device = '/dev/video9'\n", "device='/dev/../dev/video9'\n", "usb")
        two_tables(tmp_path, "", "enabled = false\n", "usb")


def two_tables(folder: Path, a: str, b: str, source: str = "picamera2") -> CaptureSettings:
    """The settings of a config file with two cameras."""
    tables = (f"[camera.{one}]\nsource = '{source}'\nevery = '1h'\n" for one in "ab")
    file = folder / "config.toml"
    file.write_text("".join(table + more for table, more in zip(tables, (a, b), strict=True)))
    return CaptureSettings.from_environ({"CAMERA_CONFIG": str(file), "HOME": str(folder)})


class TestCauses:
    """A fault that is not the camera's is named, and the camera left as it is."""

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (ENCODER, "clips need the Pi's H.264 encoder, /dev/video11"),
            (PermissionError(13, "Permission denied", "/dev/video11"), "in the group video"),
            (KeyError("FrameDurationLimits"), "the cable is not the cause"),
            (ModuleNotFoundError("No module named 'av'"), "python3-av"),
        ],
    )
    def test_of_the_software(
        self, fate: Any, error: Exception, said: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The traceback is in the log once, however often it happens."""
        camera = Picamera2Camera(format=Media.MP4, clip_seconds=0.01)
        for _ in range(3):
            fate.failed_encoders.append(error)
            with pytest.raises(CameraError, match=said) as caught:
                camera.take(OCCASION)
            assert not isinstance(caught.value, CameraGoneError)
        assert len(fate.opened) == 1
        assert sum(record.exc_info is not None for record in caplog.records) == 1
        assert camera.take(OCCASION).media is Media.MP4

    @pytest.mark.parametrize(
        "error",
        [
            OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
            MemoryError(),
            RuntimeError("failed to allocate capture buffers for stream 0"),
        ],
    )
    def test_of_the_memory(self, fate: Any, error: Exception) -> None:
        """It may be free again once the camera was opened anew; if not, the setting is named."""
        camera = Picamera2Camera()
        fate.failed_saves += [error, error]
        with pytest.raises(CameraGoneError, match=r"\(CMA\) is used up: set a smaller CAMERA_SIZE"):
            camera.take(OCCASION)
        assert len(fate.opened) == 2

    def test_at_the_start(self, fate: Any) -> None:
        fate.failed_encoders.append(ENCODER)
        with pytest.raises(CameraGoneError, match=r"cannot be started: FileNotFoundError.*bcm2835"):
            Picamera2Camera(format=Media.MP4, pre_roll_seconds=1)
        assert fate.opened[-1].closed

    @pytest.mark.parametrize(
        ("raised", "said"),
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
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str, said: str
    ) -> None:
        """With more than ImportError."""
        (tmp_path / "picamera2.py").write_text(f"raise {raised}")
        monkeypatch.syspath_prepend(str(tmp_path))
        with pytest.raises(SettingsError, match=said):
            Picamera2Camera()
        assert "picamera2" not in sys.modules

    def test_of_a_version_that_is_too_old(self, fate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """One for photos, and a later one for clips."""
        version = ".".join(map(str, MIN_VERSION))
        monkeypatch.setattr(metadata, "version", lambda name: f"{version}-1")
        Picamera2Camera().close()
        with pytest.raises(
            SettingsError, match=f"is {version}, and CAMERA_FORMAT=mp4 needs 0.3.24"
        ):
            Picamera2Camera(format=Media.MP4)
        monkeypatch.setattr(metadata, "version", lambda name: "0.3.12")
        with pytest.raises(SettingsError, match="photos need"):
            Picamera2Camera()


class TestAskedAndNotGiven:
    """What the library adjusts without a word is said."""

    def test_another_size(self, fate: Any, caplog: pytest.LogCaptureFixture) -> None:
        fate.given = {"main": {"size": (1920, 1072)}}
        Picamera2Camera(size=(1920, 1080))
        assert caplog.messages == [
            "CAMERA_SIZE: 1920x1080 was asked for, and the camera gives 1920x1072"
        ]

    def test_another_size_of_a_raw_picture(
        self, fate: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        fate.given = {"raw": {"size": (2304, 1296)}}
        Picamera2Camera(size=(2304, 1728), format=Media.DNG)
        assert "and the camera gives 2304x1296" in caplog.text

    @pytest.mark.parametrize("rotation", [0, 180])
    def test_another_rotation(
        self, fate: Any, rotation: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        from libcamera import Transform

        turned = rotation == 0
        fate.given = {"transform": Transform(hflip=turned, vflip=turned)}
        Picamera2Camera(rotation=rotation)
        assert caplog.messages == [
            f"CAMERA_ROTATION: {rotation} was asked for, and this camera cannot do it"
        ]

    def test_another_format(self, fate: Any, caplog: pytest.LogCaptureFixture) -> None:
        fate.given = {"main": {"format": "YUYV"}}
        Picamera2Camera()
        assert caplog.messages == ["the camera gives YUYV, and not BGR888: colours may be wrong"]

    def test_full_clips_are_told_their_size(
        self, fate: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        Picamera2Camera(format=Media.MP4)
        assert caplog.messages == ["CAMERA_SIZE: is full, which for clips is 1280x720"]

    def test_what_is_given_as_asked_is_not_told(
        self, fate: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        Picamera2Camera(size=(1920, 1080), rotation=180)
        assert not caplog.messages

    @pytest.mark.usefixtures("zero")
    def test_more_than_the_memory_for_pictures(
        self, fate: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Twelve megapixels on a Zero."""
        Picamera2Camera(size=(4056, 3040)).close()
        assert "needs 74 MB of memory for pictures (CMA), and there are 67 MB" in caplog.text
        caplog.clear()
        Picamera2Camera(size=(1920, 1080))
        assert not caplog.messages


class TestLimitsOfTheBoard:
    """A clip that is too wide fails before it is tried."""

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
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_limited: bool
    ) -> None:
        is_board(tmp_path, monkeypatch, name)
        assert bool(problems(CAMERA_SIZE="2304x1296", CAMERA_FORMAT="mp4")) == is_limited
        assert not problems(CAMERA_SIZE="2304x1296")
        assert not problems(CAMERA_SIZE="1920x1080", CAMERA_FORMAT="mp4")

    @pytest.mark.usefixtures("zero")
    def test_it_names_board_and_limit(self) -> None:
        assert problems(CAMERA_SIZE="2304x1296", CAMERA_FORMAT="mp4") == (
            "CAMERA_SIZE: a clip of 2304 pixels' width is more than the encoder of this board "
            "(Raspberry Pi Zero 2 W Rev 1.0) can do; expected at most 2032, such as 1920x1080",
        )

    def test_an_odd_size_is_refused(self) -> None:
        """picamera2 takes even numbers only."""
        assert "even numbers" in problems(CAMERA_SIZE="1921x1080")[0]


def problems(**environ: str) -> tuple[str, ...]:
    try:
        CaptureSettings.from_environ({"CAMERA_SOURCE": "picamera2", "HOME": "/", **environ})
    except SettingsError as error:
        return error.problems
    return ()
