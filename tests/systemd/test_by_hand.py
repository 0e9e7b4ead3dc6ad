"""`sudo pi-uploader ...` on a device on which the services are installed."""

import pytest

from tests.systemd.device import CAPTURE, Device

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

HOME = "/home/somebody"


@pytest.fixture
def device(installed: Device) -> Device:
    """The device, with nothing running and no photo."""
    installed.begin_anew()
    installed.configure()
    return installed


def test_copies_of_the_spool_outlive_the_command(device: Device) -> None:
    """As docs/operate.md says. In every other folder the command fails and says what to do."""
    run = device.machine.run
    device.start(CAPTURE)
    device.wait_for_photos(2)
    device.stop(CAPTURE)

    relative = run("pi-uploader", "spool", "export", "out", check=False)
    assert relative.returncode != 0
    assert "give the whole path" in relative.stdout

    run("install", "-d", "-m700", HOME)
    run("install", "-d", "-m755", "/srv/closed")
    for folder, told in (
        (f"{HOME}/out", f"the user nightjar, as whom this runs, may not enter {HOME};"),
        ("/srv/closed", "first: sudo install -d -o nightjar /srv/closed\n"),
        ("/srv/closed/out", "first: sudo install -d -o nightjar /srv/closed/out\n"),
    ):
        refused = run("pi-uploader", "spool", "export", folder, check=False)
        assert refused.returncode != 0
        assert told in refused.stdout
        assert "0 copied" in refused.stdout

    run("install", "-d", "-o", "nightjar", "/srv/closed/out")
    said = run("pi-uploader", "spool", "export", "/srv/closed/out").stdout
    copies = run("find", "/srv/closed/out", "-name", "*.jpg", "-size", "+0").stdout.splitlines()
    assert {copy.rpartition("/")[2].removesuffix(".jpg") for copy in copies} == device.waiting()
    assert f"{len(device.waiting())} copied into /srv/closed/out" in said
