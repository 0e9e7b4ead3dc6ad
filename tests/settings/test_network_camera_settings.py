"""Address, user and password of a network camera, on an installed Pi, with a real RTSP server."""

import pytest

from tests.rigs.rtsp.camera import is_available, network_camera
from tests.settings.installed import InstalledPi

pytestmark = pytest.mark.skipif(
    not is_available(), reason="needs GStreamer's RTSP server and ffmpeg: make rtsp-server, as root"
)


@pytest.mark.setting("CAMERA_URL")
@pytest.mark.setting("CAMERA_USER")
@pytest.mark.setting("CAMERA_PASSWORD")
@pytest.mark.parametrize(
    ("user", "password", "photos"), [("vera", "sesame", 1), ("vera", "", 0), ("", "sesame", 0)]
)
def test_camera_url_user_and_password(
    pi: InstalledPi, user: str, password: str, photos: int
) -> None:
    with network_camera("--user", "vera", "--password", "sesame") as camera:
        pi.environ |= {
            "CAMERA_SOURCE": "rtsp",
            "CAMERA_URL": camera.url,
            "CAMERA_USER": user,
            "CAMERA_PASSWORD": password,
        }
        assert pi.once() == 1 - photos
    assert len(pi.waiting()) == photos
