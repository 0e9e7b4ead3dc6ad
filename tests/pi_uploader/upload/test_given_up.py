"""A photo that is given up while it is on its way."""

import threading
from pathlib import Path

from pi_uploader.alerts.reporter import REPORT_PAUSE
from pi_uploader.spool import Quota, Spool
from pi_uploader.upload.client import BackendClient
from pi_uploader.upload.loop import Uploader
from tests.pi_uploader.spool.photos import put
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import Exchange, FaultServer, keep
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
        keep(exchange)

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
        now += REPORT_PAUSE
        uploader.step()
        wait_for(lambda: str(other.name) in server.store.photos, what="the other photo")
        go_on.set()
        under_way.join(90)
        now += REPORT_PAUSE
        uploader.step()
        assert server.store.photos.keys() == {str(given_up.name), str(other.name)}
        assert server.store.alerts == {}
    assert list(tmp_path.rglob("*.jpg")) == []
