"""Each setting of the spool and of uploading on an installed Pi, all others being set."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from photo_wire.alert import LOSS
from photo_wire.headers import FUNCTION_KEY
from pi_uploader.capture.process import open_spool
from pi_uploader.settings import CaptureSettings, Settings, load_settings
from pi_uploader.spool.losses import NO_ROOM
from tests.support.fault_server import FaultServer
from tests.support.installed_pi import KEY, InstalledPi
from tests.support.spool_photos import put
from tests.support.waiting import wait_for

BIG = 600_000  # bytes: one fits into a megabyte, two don't


def stored(server: FaultServer, count: int) -> None:
    """Wait until the backend has that many photos."""
    wait_for(lambda: len(server.store.photos) >= count, what=f"{count} photos in the backend")


def test_an_installed_pi_delivers_a_photo(pi: InstalledPi, server: FaultServer) -> None:
    """What the others change one setting of: it is sent with the key, and then it is gone."""
    put(pi.spool, 1)
    with pi.uploading():
        stored(server, 1)
        wait_for(lambda: not pi.waiting(), what="an empty spool")
    assert server.requests[0].headers[FUNCTION_KEY] == KEY
    assert pi.kept() == []


@pytest.mark.setting("CAMERA_SPOOL")
def test_camera_spool(pi: InstalledPi, tmp_path: Path) -> None:
    pi.environ["CAMERA_SPOOL"] = str(tmp_path / "elsewhere")
    pi.once()
    assert len(list((tmp_path / "elsewhere" / "waiting").rglob("*.jpg"))) == 1


@pytest.mark.setting("CAMERA_RUNTIME_FOLDER")
def test_camera_runtime_folder(pi: InstalledPi, server: FaultServer, tmp_path: Path) -> None:
    """A loss of which the disk takes no record is on record there, and the backend is told."""
    pi.environ["CAMERA_RUNTIME_FOLDER"] = str(tmp_path / "in memory")
    pi.environ["CAMERA_RESERVE_MB"] = "9999999"  # there is never as much room
    lost = pi.spool.losses.lost_folder
    shutil.rmtree(lost)
    lost.write_text("no folder any more")
    assert pi.once() == 1
    assert len(list((tmp_path / "in memory").rglob("*.jpg"))) == 1
    with pi.uploading():
        wait_for(lambda: server.store.alerts, what="the loss in the backend")
    [alert] = server.store.alerts.values()
    assert (alert.kind, alert.reason) == (LOSS, NO_ROOM)


@pytest.mark.setting("CAMERA_UPLOAD")
def test_camera_upload(pi: InstalledPi, server: FaultServer) -> None:
    """Off: the backend hears nothing, though its URL and its key are set."""
    pi.environ["CAMERA_UPLOAD"] = "off"
    put(pi.spool, 1)
    with pi.uploading():
        wait_for(lambda: not pi.waiting(), what="an empty spool")
    assert (len(pi.kept()), server.connections) == (1, 0)


@pytest.mark.setting("CAMERA_KEEP")
def test_camera_keep(pi: InstalledPi, server: FaultServer) -> None:
    pi.environ["CAMERA_KEEP"] = "120d"
    put(pi.spool, 1)
    with pi.uploading():
        stored(server, 1)
        wait_for(lambda: not pi.waiting(), what="an empty spool")
    assert len(pi.kept()) == 1


@pytest.mark.setting("CAMERA_KEEP_MB")
def test_camera_keep_mb(pi: InstalledPi, server: FaultServer) -> None:
    """Above it the oldest of those that are kept is deleted."""
    pi.environ["CAMERA_KEEP_MB"] = "1"
    for number in range(2):
        put(pi.spool, number, size=BIG)
    with pi.uploading():
        stored(server, 2)
        wait_for(lambda: not pi.waiting(), what="an empty spool")
    open_spool(load_settings(CaptureSettings, pi.environ)).archive.purge(datetime.now(UTC))
    assert len(pi.kept()) == 1


@pytest.mark.setting("CAMERA_SPOOL_MB")
def test_camera_spool_mb(pi: InstalledPi, tmp_path: Path) -> None:
    """Above it the least valuable photo is evicted, and its loss is on record."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(b"x" * BIG)
    pi.environ |= {
        "CAMERA_SOURCE": "simulated",
        "CAMERA_REPLAY": str(tmp_path / "pictures"),
        "CAMERA_SPOOL_MB": "1",
    }
    pi.once()
    pi.once()
    assert len(pi.waiting()) == 1
    assert len(list(pi.spool.losses.unreported())) == 1


@pytest.mark.setting("CAMERA_RESERVE_MB")
def test_camera_reserve_mb(pi: InstalledPi) -> None:
    """A reserve larger than any disk leaves room for no photo."""
    pi.environ["CAMERA_RESERVE_MB"] = "9999999"
    assert pi.once() == 1
    assert pi.waiting() == []
    assert len(list(pi.spool.losses.unreported())) == 1


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"STATE_DIRECTORY": "/var/lib/nightjar"}, "/var/lib/nightjar/spool"),
        ({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "HOME": "/h"}, "/var/lib/a/spool"),
        ({"XDG_STATE_HOME": "/state", "HOME": "/h"}, "/state/pi-uploader/spool"),
        ({"XDG_STATE_HOME": "state", "HOME": "/h"}, "/h/.local/state/pi-uploader/spool"),
        ({"CAMERA_SPOOL": "/data/spool", "STATE_DIRECTORY": "/var/lib/a"}, "/data/spool"),
    ],
)
def test_where_the_spool_lies(environ: dict[str, str], folder: str) -> None:
    """What is set, else systemd's state directory, else the user's."""
    assert load_settings(Settings, environ).spool == Path(folder)
