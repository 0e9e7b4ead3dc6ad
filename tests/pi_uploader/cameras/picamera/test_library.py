"""picamera2: which of several cameras is selected, and versions that are too old."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CameraGoneError, CaptureContext, find_shared_cameras
from pi_uploader.cameras.picamera.camera import Picamera2Camera
from pi_uploader.settings import CaptureSettings, SettingsError, load_settings

CONTEXT = CaptureContext("gate", Trigger.MOTION, None)
FIRST, SECOND = "/base/soc/i2c@1/imx708@1a", "/base/soc/i2c@0/imx219@10"
TWO = [{"Model": "imx219", "Id": SECOND, "Num": 0}, {"Model": "imx708", "Id": FIRST, "Num": 1}]
WEBCAM = {"Model": "C920", "Id": "/base/soc/usb@7e98/usb1/1-1:1.0-046d:082d", "Num": 2}
ENCODER = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/dev/video11")


class TestSensors:
    """Selection of one of several cameras."""

    @pytest.mark.parametrize(
        ("sensor", "number"), [(None, 1), ("0", 1), ("1", 0), (FIRST, 1), (SECOND, 0)]
    )
    def test_a_camera_is_chosen_by_number_or_id(
        self, hardware: Any, sensor: str | None, number: int
    ) -> None:
        """The number is picamera2's, whose order is not libcamera's."""
        hardware.cameras = TWO
        Picamera2Camera(sensor=sensor)
        assert hardware.opened[-1].number == number

    def test_two_cameras_are_open_at_once(self, hardware: Any) -> None:
        hardware.cameras = TWO
        both = [Picamera2Camera(sensor=one) for one in ("0", "1")]
        assert [one.take(CONTEXT).media for one in both] == [Media.JPEG] * 2

    @pytest.mark.parametrize("sensor", ["2", "/base/none"])
    def test_the_error_for_a_missing_camera_lists_the_connected_ones(
        self, hardware: Any, sensor: str
    ) -> None:
        hardware.cameras = TWO
        with pytest.raises(CameraGoneError) as caught:
            Picamera2Camera(sensor=sensor)
        error = str(caught.value)
        assert sensor in error
        assert f"0: imx708 ({FIRST}); 1: imx219 ({SECOND})" in error

    @pytest.mark.parametrize("sensor", [None, "0", WEBCAM["Id"]])
    def test_a_webcam_is_never_selected_as_the_pis_camera(self, hardware: Any, sensor: str) -> None:
        """When its cable is loose, libcamera lists a webcam in its place."""
        hardware.cameras = [WEBCAM]
        with pytest.raises(CameraGoneError, match="CAMERA_SOURCE=usb"):
            Picamera2Camera(sensor=sensor)
        assert not hardware.opened

    def test_two_tables_for_one_camera_are_rejected(self, hardware: Any, tmp_path: Path) -> None:
        """By `config check` if both name it alike; at the start if one has its number and the other
        its id."""
        hardware.cameras = TWO
        with pytest.raises(SettingsError, match="the picamera2 camera 0 is used twice, by a and b"):
            two_tables(tmp_path, "", "sensor = 0\n")
        assert not find_shared_cameras(two_tables(tmp_path, "", "sensor = 1\n").cameras)
        assert find_shared_cameras(two_tables(tmp_path, "", f"sensor = '{FIRST}'\n").cameras) == [
            f"CAMERA_SENSOR: a and b are one camera, 0: imx708 ({FIRST}); expected another one of "
            f"0: imx708 ({FIRST}); 1: imx219 ({SECOND})"
        ]

    def test_two_tables_for_one_usb_camera_are_rejected(self, tmp_path: Path) -> None:
        """Also under two paths of the device; a disabled table does not count."""
        with pytest.raises(SettingsError, match="the usb camera /dev/video9 is used twice"):
            two_tables(tmp_path, "device = '/dev/video9'\n", "device='/dev/../dev/video9'\n", "usb")
        two_tables(tmp_path, "", "enabled = false\n", "usb")


def two_tables(folder: Path, a: str, b: str, source: str = "picamera2") -> CaptureSettings:
    """Return the settings of a config file with two cameras."""
    tables = (f"[camera.{one}]\nsource = '{source}'\nevery = '1h'\n" for one in "ab")
    file = folder / "config.toml"
    file.write_text("".join(table + more for table, more in zip(tables, (a, b), strict=True)))
    return load_settings(CaptureSettings, {"CAMERA_CONFIG": str(file), "HOME": str(folder)})
