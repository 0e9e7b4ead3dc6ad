"""The backend is told, once, of the photos that were lost or moved to quarantine."""

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
from tests.support.uploading import Device
from tests.support.waiting import wait_for


def test_a_loss_whose_photo_arrives_after_all_is_never_reported(tmp_path: Path) -> None:
    """It makes room while its PUT is under way; another thread reports losses meanwhile."""
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
        under_way = threading.Thread(target=uploader.step)
        under_way.start()
        assert arrived.wait(90)
        other = put(capturing, 1)
        now += REPORT_SECONDS
        uploader.step()
        wait_for(lambda: str(other.name) in server.store.photos, what="the other photo")
        go_on.set()
        under_way.join(90)
        now += REPORT_SECONDS
        uploader.step()
        assert server.store.photos.keys() == {str(given_up.name), str(other.name)}
        assert server.store.alerts == {}
    assert list(tmp_path.rglob("*.jpg")) == []


def test_a_strange_reason_does_not_silence_what_is_to_be_told(tmp_path: Path) -> None:
    """Somebody has made a folder of their own in the quarantine."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        device.spool.quarantine(photo, "mine\n" + "x" * 240)
        Device(tmp_path, server).uploader.step()
    assert server.store.alerts[str(photo.name)].reason == "mine" + "x" * 240


def test_the_backend_is_told_what_was_set_aside(tmp_path: Path) -> None:
    """With the reason, once in the store however often it is told; an upload that is started anew
    tells of what lies there already."""
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
        told = server.store.alerts[str(bad.name)]
        assert (told.kind, told.reason) == (QUARANTINE, "rejected-422")
        server.store.alerts.clear()
        Device(tmp_path, server).uploader.step()
        assert server.store.alerts == {str(bad.name): told}
        Device(tmp_path, server).uploader.step()
        assert server.store.alerts == {str(bad.name): told}


def test_alerts_say_how_many_wait(tmp_path: Path) -> None:
    """Of the camera that they are about: what was given up waits no more, and no photo may follow
    that would say so."""
    with FaultServer() as server:
        device = Device(
            tmp_path, server, spool=Spool(tmp_path, quota=Quota(max_bytes=250, reserve=0))
        )
        device.take(4, size=96)
        device.uploader.step()
        (report,) = (one for one in server.requests if one.path == ALERTS_PATH)
        assert len(server.store.alerts) == 2
        assert report.headers["X-Waiting"] == "2"
