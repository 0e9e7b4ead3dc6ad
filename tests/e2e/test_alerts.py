"""The alerts of a device are in the backend's list, once, for a person to read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from pi_uploader.alerts.clock_skew_monitor import LASTING_SECONDS
from pi_uploader.alerts.reporter import REPORT_SECONDS
from pi_uploader.alerts.spool_usage_monitor import FIRST_POLL_SECONDS
from pi_uploader.client.backend import BackendClient
from pi_uploader.clock import BootTime
from pi_uploader.spool import PhotoInfo, Quota, Spool
from pi_uploader.upload.uploader import Uploader
from tests.support.api import Api, new_camera
from tests.support.backend import Backend
from tests.support.fake_clock import FakeClock
from tests.support.pictures import jpeg
from tests.support.spool_photos import name

LATE = timedelta(hours=3)
EARLIER_BOOT = BootTime("00000000", 1)


def alerts_by_kind(backend: Backend, camera: str) -> dict[str, dict[str, Any]]:
    """Return the camera's alerts by kind."""
    alerts = Api(backend).read(f"/api/alerts?camera={camera}").json()["alerts"]
    kinds = {alert["kind"]: alert for alert in alerts}
    assert len(kinds) == len(alerts)
    return kinds


def test_a_full_spool_and_a_wrong_clock_are_listed(backend: Backend, tmp_path: Path) -> None:
    """The device had neither a network nor a set clock for a while. It is restarted meanwhile."""
    camera, now = new_camera(), [0.0]
    pictures = [jpeg(seed=number) for number in range(5)]
    quota = Quota(max_bytes=sum(map(len, pictures[:4])) * 11 // 10, reserve=0)
    spool = Spool(tmp_path, quota=quota)

    def start() -> Uploader:
        return Uploader(
            spool,
            BackendClient(backend.base_url, backend.function_key),
            clock=FakeClock(seconds=lambda: now[0], wall=lambda: datetime.now(UTC) - LATE),
        )

    def put(number: int, taken: BootTime | None = None) -> None:
        clock = ClockStatus.UNSYNCED if taken else ClockStatus.SYNCED
        named = name(number, camera)
        spool.put(
            pictures[number], PhotoInfo(named, Media.JPEG, Trigger.MOTION, clock, boot_time=taken)
        )

    uploader = start()
    now[0] += FIRST_POLL_SECONDS
    for number in range(4):
        put(number)
    uploader.step()
    now[0] += LASTING_SECONDS
    put(4, EARLIER_BOOT)
    for _ in range(2):
        for _ in range(5):
            uploader.step()
            now[0] += REPORT_SECONDS
        uploader = start()
    assert len(Api(backend).listed(camera)) == 5
    alerts = alerts_by_kind(backend, camera)
    assert alerts.keys() == {"spool-filling", "clock"}
    assert "4 wait" in alerts["spool-filling"]["reason"]
    assert alerts["spool-filling"]["details"]["waiting"] == 4
    assert "the device's clock is 3 h behind the server's" in alerts["clock"]["reason"]
    assert "1 so far" in alerts["clock"]["reason"]
    at = datetime.fromisoformat(alerts["clock"]["at"])
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)
