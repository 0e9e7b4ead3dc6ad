"""`sudo pi-uploader ...` on a device on which the services are installed."""

import os
import subprocess
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from tests.support.program import SlowPicture
from tests.support.systemd_machine.machine import SHARED
from tests.support.waiting import wait_for
from tests.systemd.device import CAPTURE, Device

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

HOME = "/home/somebody"


@pytest.fixture
def device(installed: Device) -> Device:
    """The device, with nothing running and no photo."""
    installed.reset()
    installed.configure()
    return installed


def test_exported_photos_remain_after_the_command(device: Device) -> None:
    """As docs/operate.md describes. For other folders the command fails and prints what to do."""
    run = device.machine.run
    device.start(CAPTURE)
    device.wait_for_photos(2)
    device.stop(CAPTURE)

    relative = run("pi-uploader", "spool", "export", "out", check=False)
    assert relative.returncode != 0
    assert "give the absolute path" in relative.stdout

    run("install", "-d", "-m700", HOME)
    run("install", "-d", "-m755", "/srv/closed")
    for folder, advice in (
        (f"{HOME}/out", f"the user nightjar, as whom this runs, may not enter {HOME};"),
        ("/srv/closed", "first: sudo install -d -o nightjar /srv/closed\n"),
        ("/srv/closed/out", "first: sudo install -d -o nightjar /srv/closed/out\n"),
    ):
        denied = run("pi-uploader", "spool", "export", folder, check=False)
        assert denied.returncode != 0
        assert advice in denied.stdout
        assert "0 copied" in denied.stdout

    run("install", "-d", "-o", "nightjar", "/srv/closed/out")
    output = run("pi-uploader", "spool", "export", "/srv/closed/out").stdout
    copies = run("find", "/srv/closed/out", "-name", "*.jpg", "-size", "+0").stdout.splitlines()
    assert {copy.rpartition("/")[2].removesuffix(".jpg") for copy in copies} == device.waiting()
    assert f"{len(device.waiting())} copied into /srv/closed/out" in output


def test_the_doctor_stops_capture_and_starts_it_again(device: Device) -> None:
    """A service that was not running is not started; help and other commands stop nothing."""
    run = device.machine.run
    assert "ok       camera" in run("pi-uploader", "doctor", check=False).stdout
    assert device.state(CAPTURE) == "inactive"
    device.start(CAPTURE)
    process = device.machine.property(CAPTURE, "MainPID")
    for args in (("doctor", "--help"), ("status",)):
        run("pi-uploader", *args)
    assert device.machine.property(CAPTURE, "MainPID") == process
    output = run("pi-uploader", "doctor", check=False).stdout
    assert f"{CAPTURE} is stopped for the doctor" in output
    assert "ok       camera" in output
    wait_for(lambda: device.state(CAPTURE) == "active", what="capture again")
    assert device.machine.property(CAPTURE, "MainPID") != process
    device.wait_for_photos(1)


@pytest.mark.parametrize("end", ["Ctrl-C", "SIGKILL"])
def test_capture_is_started_again_however_the_doctor_ends(end: str, device: Device) -> None:
    """Also after Ctrl-C, or when the connection to the device breaks."""
    folder = device.machine.shared / end
    folder.mkdir()
    picture = SlowPicture(folder / "slow.jpg")
    later = f"{datetime.now(UTC) + timedelta(hours=12):%H:%M}"  # capture takes none meanwhile
    device.configure(CAMERA_REPLAY=f"{SHARED}/{end}", CAMERA_EVERY="off", CAMERA_TIMES=later)
    device.start(CAPTURE)
    master, terminal = os.openpty()
    command = device.machine.inside("pi-uploader", "doctor")
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as doctor:
        os.close(terminal)
        picture.wait_for_reader()
        assert device.state(CAPTURE) == "inactive"
        if end == "Ctrl-C":
            os.write(master, b"\x03")
        else:
            for one in psutil.Process(doctor.pid).children(recursive=True):
                one.kill()
        wait_for(lambda: device.state(CAPTURE) == "active", what="capture again")
    os.close(master)
