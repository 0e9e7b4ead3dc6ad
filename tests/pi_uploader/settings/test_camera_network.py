"""Address, password, certificate and transport of a network camera, with a real RTSP server."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pi_uploader.status import motion_status
from tests.support.certificates import Authority
from tests.support.installed_pi import NAME, InstalledPi
from tests.support.rtsp.camera import is_available, network_camera
from tests.support.rtsp.clock_picture import first_time_in_clip
from tests.support.waiting import wait_for

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
    with network_camera("--user", "vera", "--password", "sesame", "--digest") as camera:
        pi.environ |= {
            "CAMERA_SOURCE": "rtsp",
            "CAMERA_URL": camera.url,
            "CAMERA_USER": user,
            "CAMERA_PASSWORD": password,
        }
        assert pi.once() == 1 - photos
    assert len(pi.waiting()) == photos


@pytest.mark.setting("CAMERA_AUTH")
@pytest.mark.parametrize(("auth", "photos"), [("basic", 1), ("digest", 0)])
def test_camera_auth(pi: InstalledPi, auth: str, photos: int) -> None:
    """A camera that asks for Basic without TLS."""
    with network_camera("--user", "vera", "--password", "sesame") as camera:
        pi.environ |= {
            "CAMERA_SOURCE": "rtsp",
            "CAMERA_URL": camera.url,
            "CAMERA_USER": "vera",
            "CAMERA_PASSWORD": "sesame",
            "CAMERA_AUTH": auth,
        }
        assert pi.once() == 1 - photos
    assert len(pi.waiting()) == photos


@pytest.mark.setting("CAMERA_CA")
@pytest.mark.setting("CAMERA_FINGERPRINT")
@pytest.mark.parametrize("trust", ["CAMERA_CA", "CAMERA_FINGERPRINT", None])
def test_camera_ca_and_fingerprint(pi: InstalledPi, tmp_path: Path, trust: str | None) -> None:
    """An encrypted camera, whose certificate no authority of the system has signed. Its URL may be
    in capitals, and the colons of its SHA-256 may stay."""
    authority = Authority(tmp_path)
    certificate = authority.certificate()
    digits = certificate.fingerprint.upper()
    values = {
        "CAMERA_CA": str(authority.bundle),
        "CAMERA_FINGERPRINT": ":".join(digits[i : i + 2] for i in range(0, 64, 2)),
    }
    with network_camera("--certificate", str(certificate.file)) as camera:
        pi.environ |= {
            "CAMERA_SOURCE": "rtsp",
            "CAMERA_URL": camera.url.replace("rtsp:", "RTSPS:"),
            **({trust: values[trust]} if trust else {}),
        }
        assert pi.once() == (0 if trust else 1)
    assert len(pi.waiting()) == (1 if trust else 0)


@pytest.mark.setting("CAMERA_TRANSPORT")
@pytest.mark.parametrize(("transport", "photos"), [("udp", 1), ("tcp", 0)])
def test_camera_transport(pi: InstalledPi, transport: str, photos: int) -> None:
    """A camera that refuses to send over TCP."""
    with network_camera("--udp") as camera:
        pi.environ |= {
            "CAMERA_SOURCE": "rtsp",
            "CAMERA_URL": camera.url,
            "CAMERA_TRANSPORT": transport,
        }
        assert pi.once() == 1 - photos
    assert len(pi.waiting()) == photos


@pytest.mark.slow
@pytest.mark.setting("CAMERA_SUBSTREAM")
@pytest.mark.parametrize(("is_set", "state"), [(True, "watching"), (False, "no such stream")])
def test_camera_substream(pi: InstalledPi, is_set: bool, state: str) -> None:
    """The main stream is missing, so that frames can come from the second one alone."""
    with network_camera("--scripted") as camera:
        pi.environ |= {
            "CAMERA_SOURCE": "rtsp",
            "CAMERA_URL": f"{camera.url}-of-nobody",
            "CAMERA_MOTION": "low",
            **({"CAMERA_SUBSTREAM": camera.url} if is_set else {}),
        }
        with pi.capturing():
            wait_for(
                lambda: state in motion_status(pi.spool_folder)[1]["motion"].get(NAME, ""),
                what=f"a camera that is {state}",
            )


@pytest.mark.slow
def test_camera_preroll_of_a_network_camera(pi: InstalledPi) -> None:
    """A clip begins that long before its own time, once enough of the stream is kept."""
    with network_camera("--scripted") as camera:
        pi.environ |= {
            "CAMERA_SOURCE": "rtsp",
            "CAMERA_URL": camera.url,
            "CAMERA_FORMAT": "mp4",
            "CAMERA_CLIP": "1s",
            "CAMERA_PREROLL": "2s",
            "CAMERA_EVERY": "2s",
        }
        with pi.capturing():
            wait_for(lambda: newest_clip_begins(pi) >= 2, what="a clip with its pre-roll")


def newest_clip_begins(pi: InstalledPi) -> float:
    """Return the seconds from the first picture of the newest clip to its trigger; 0 if there is
    none."""
    photo = pi.spool.newest()
    if photo is None:
        return 0
    age = (datetime.now(UTC) - photo.name.captured_at).total_seconds()
    trigger = time.monotonic() - age
    with pi.spool.open(photo) as file:
        return trigger - first_time_in_clip(file.read())
