"""A network camera with a password, on an installed device.

A real RTSP server sends the stream, and the steps are those of systemd/README.md.
"""

import secrets

import pytest

from tests.support.rtsp.camera import is_available, network_camera
from tests.systemd.device import CAPTURE, SCHEDULED, Device

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        not is_available(),
        reason="needs GStreamer's RTSP server and ffmpeg: make rtsp-server, as root",
    ),
]

ETC = "/etc/pi-uploader"
ONE_CAMERA = """\
clock = "trusted"

[camera.entry]
source = "rtsp"
url = "{url}"
user = "vera"
every = "1s"
"""


@pytest.mark.parametrize("own", [False, True], ids=["for all cameras", "of one camera"])
def test_the_password_is_a_file_that_only_root_reads(
    own: bool, installed: Device, secrets_used: set[str]
) -> None:
    """The services and `sudo pi-uploader` read it as a credential."""
    password = secrets.token_urlsafe(16)
    secrets_used.add(password)
    installed.reset()
    write = installed.machine.write
    write(f"{ETC}/camera_password", "of another camera\n" if own else f"{password}\n", 0o600)
    if own:
        write(f"{ETC}/entry_password", f"{password}\n", 0o600)
        for unit in (CAPTURE, SCHEDULED):
            installed.change(
                unit, "[Service]", f"LoadCredential=entry_password:{ETC}/entry_password"
            )
    with network_camera("--digest", "--user", "vera", "--password", password) as camera:
        write(f"{ETC}/config.toml", ONE_CAMERA.format(url=camera.url), 0o644)
        output = installed.machine.run("pi-uploader", "doctor", check=False).stdout
        assert "ok       camera entry took a JPEG" in output
        installed.start(CAPTURE)
        installed.wait_for_photos(1)
        installed.stop(CAPTURE)
        before = installed.taken()
        installed.start(SCHEDULED)
        assert len(installed.taken() - before) == 1
    assert password not in installed.machine.journal()
