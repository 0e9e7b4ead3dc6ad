"""The names of the device and of its site, on an installed Pi."""

from pathlib import Path

import pytest

from photo_wire.signature import DEVICE
from pi_uploader.settings import DeviceSettings, UploadSettings, load_settings
from tests.support.fault_server import FaultServer
from tests.support.installed_pi import NAME, InstalledPi
from tests.support.spool_photos import put
from tests.support.waiting import wait_for


def signed_by(pi: InstalledPi, server: FaultServer) -> str:
    """Send a photo; return the device's name in its headers."""
    put(pi.spool, 1)
    with pi.uploading():
        wait_for(lambda: server.store.photos, what="a photo in the backend")
    return server.requests[0].headers[DEVICE]


@pytest.mark.setting("CAMERA_DEVICE_NAME")
def test_camera_device_name(pi: InstalledPi, server: FaultServer) -> None:
    pi.environ["CAMERA_DEVICE_NAME"] = "gate"
    assert signed_by(pi, server) == "gate"


def test_a_device_is_named_after_its_first_camera(pi: InstalledPi, server: FaultServer) -> None:
    assert signed_by(pi, server) == NAME


@pytest.mark.setting("CAMERA_SITE")
def test_camera_site(pi: InstalledPi) -> None:
    pi.environ["CAMERA_SITE"] = "Summer house"
    assert load_settings(UploadSettings, pi.environ).site == "Summer house"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("", "camera"),
        ("[camera.yard]\n[camera.entry]\n", "yard"),
        ('device_name = "gate"\n[camera.yard]\n', "gate"),
        ('[camera.yard]\nname = "back"\n', "back"),
        ("[camera.Yard]\n", "camera"),  # a mistake that the capture process reports
    ],
)
def test_the_name_in_a_config_file(tmp_path: Path, file: str, name: str) -> None:
    (tmp_path / "config.toml").write_text(file)
    environ = {"CAMERA_CONFIG": str(tmp_path / "config.toml"), "HOME": str(tmp_path)}
    assert load_settings(DeviceSettings, environ).device == name
