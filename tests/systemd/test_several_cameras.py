"""A device with a config file, whose cameras replace the one that install.sh wrote."""

import os
import subprocess

import pytest

from tests.support.systemd_machine.machine import SHARED
from tests.systemd.device import CAPTURE, INSTALL, Device

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ETC = "/etc/pi-uploader"
TWO_CAMERAS = f"""\
clock = "trusted"

[camera.entry]
source = "simulated"
replay = "{SHARED}/pictures"
every = "1s"

[camera.yard]
source = "simulated"
replay = "{SHARED}/pictures"
every = "1s"
"""


@pytest.fixture
def device(installed: Device) -> Device:
    """The device as it was installed, with nothing running, no photo and a config file."""
    installed.reset()
    installed.machine.run("cp", f"{ETC}/environment.example", f"{ETC}/environment")
    installed.machine.write(f"{ETC}/config.toml", TWO_CAMERAS, 0o640)
    installed.machine.run("chown", "root:nightjar", f"{ETC}/config.toml")
    return installed


def test_a_config_file_is_all_that_several_cameras_need(device: Device) -> None:
    """What install.sh wrote for one camera can stay."""
    assert "\nCAMERA_SOURCE=picamera2\n" in device.machine.read(f"{ETC}/environment")
    device.start(CAPTURE)
    device.wait_for_journal(CAPTURE, ["photo taken entry-", "photo taken yard-"])
    device.stop(CAPTURE)
    output = device.machine.run("pi-uploader", "config", "check", check=False).stdout
    mistake, _zone, count = output.splitlines()
    assert mistake.startswith("BASE_URL: is not set; must be https://HOST ")
    assert count == "1 mistake"


def test_install_does_not_ask_for_a_camera_name_if_there_are_tables(device: Device) -> None:
    """At a terminal it asks for missing settings; here nothing is missing."""
    device.machine.run("sh", "-c", f"echo BASE_URL=http://127.0.0.1:9 >>{ETC}/environment")
    terminal, stdin = os.openpty()
    command = device.machine.inside("sh", INSTALL, "--packages", "none", "--no-start")
    shown = subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=300)
    os.close(terminal)
    os.close(stdin)
    assert "== done" in shown.stdout, shown.stderr
    assert "camera's name" not in shown.stdout
    assert "CAMERA_NAME=" not in device.machine.read(f"{ETC}/environment").replace("#CAMERA_", "")
