"""Photos that were lost or moved to quarantine are reported, once."""

import threading
from pathlib import Path

from photo_wire.alert import ALERTS_PATH, QUARANTINE
from pi_uploader.alerts.reporter import REPORT_SECONDS
from pi_uploader.client.backend import BackendClient
from pi_uploader.spool import Quota, Spool
from pi_uploader.upload.uploader import Uploader
from tests.support import faults
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import Exchange, FaultServer, store_photo
from tests.support.spool_photos import put
from tests.support.uploading import Device
from tests.support.waiting import wait_for


def test_a_loss_whose_photo_arrives_after_all_is_never_reported(tmp_path: Path) -> None:
    """It is evicted while its PUT is in flight; another thread reports losses meanwhile."""
    arrived, go_on, now = threading.Event(), threading.Event(), 0.0

    def slowly(exchange: Exchange) -> None:
        first = not arrived.is_set()
        if exchange.request.method == "PUT" and first:
            exchange.read()
            arrived.set()
            go_on.wait(90)
        store_photo(exchange)

    with FaultServer(slowly) as server:
        capturing = Spool(tmp_path, quota=Quota(max_bytes=150, reserve=0))
        given_up = put(capturing, 0)
        uploader = Uploader(
            Spool(tmp_path),
            BackendClient(server.base_url, "key", connections=2),
            clock=FakeClock(seconds=lambda: now),
        )
        sending = threading.Thread(target=uploader.step)
        sending.start()
        assert arrived.wait(90)
        other = put(capturing, 1)
        now += REPORT_SECONDS
        uploader.step()
        wait_for(lambda: str(other.name) in server.store.photos, what="the other photo")
        go_on.set()
        sending.join(90)
        now += REPORT_SECONDS
        uploader.step()
        assert server.store.photos.keys() == {str(given_up.name), str(other.name)}
        assert server.store.alerts == {}
    assert list(tmp_path.rglob("*.jpg")) == []


def test_a_strange_reason_does_not_prevent_the_report(tmp_path: Path) -> None:
    """A person has made a folder in the quarantine."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        device.spool.quarantine(photo, "mine\n" + "x" * 240)
        Device(tmp_path, server).uploader.step()
    assert server.store.alerts[str(photo.name)].reason == "mine" + "x" * 240


def test_photos_in_quarantine_are_reported(tmp_path: Path) -> None:
    """With the reason, and once in the store however often they are reported. After a restart,
    those that lie there already are reported, too."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        bad, *_ = device.take(3)
        server.handler = faults.for_photo({str(bad.name)}, faults.status(422))
        device.try_all(max_tries=10)
        assert device.spool.newest() == bad  # nothing was accepted between two rejections
        device.take(1, start=3)
        device.try_all(max_tries=4)
        device.now += REPORT_SECONDS
        device.uploader.step()
        alert = server.store.alerts[str(bad.name)]
        assert (alert.kind, alert.reason) == (QUARANTINE, "rejected-422")
        server.store.alerts.clear()
        Device(tmp_path, server).uploader.step()
        assert server.store.alerts == {str(bad.name): alert}
        Device(tmp_path, server).uploader.step()
        assert server.store.alerts == {str(bad.name): alert}


def test_alerts_carry_the_number_of_photos_that_wait(tmp_path: Path) -> None:
    """Of their camera. Lost photos do not wait any more, and there may be no later photo that would
    carry the number."""
    with FaultServer() as server:
        device = Device(
            tmp_path, server, spool=Spool(tmp_path, quota=Quota(max_bytes=250, reserve=0))
        )
        device.take(4, size=96)
        device.uploader.step()
        (report,) = (one for one in server.requests if one.path == ALERTS_PATH)
        assert len(server.store.alerts) == 2
        assert report.headers["X-Waiting"] == "2"
