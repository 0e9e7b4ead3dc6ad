"""An alert that the backend rejects holds up no other, and stays on record."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from photo_wire.alert import (
    ALERTS_PATH,
    LOSS,
    MAX_ALERTS,
    QUARANTINE,
    AlertsReceipt,
    parse_alerts,
)
from pi_uploader.alerts.batches import FIRST_RETRY_SECONDS, MAX_REQUESTS
from pi_uploader.alerts.missing_photo_monitor import POLL_SECONDS
from pi_uploader.client.backend import BackendClient
from pi_uploader.spool import Spool
from pi_uploader.spool.losses import NO_ROOM, Loss
from pi_uploader.status import spool_status
from pi_uploader.upload.state import state_file
from pi_uploader.upload.uploader import Uploader, UploadOptions
from tests.support import faults
from tests.support.disks import UnflushedDisk
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import Exchange, FaultServer, Handler, store_photo
from tests.support.spool_photos import name, put
from tests.support.store import JSON, Response, problem

ROUND = 61.0  # seconds: longer than the pause after a report, and after one that failed
BAD = str(name(1))


def alert_ids(exchange: Exchange) -> list[str]:
    return [one["id"] for one in json.loads(exchange.read())["alerts"]]


def handle_reports(respond: Callable[[Exchange, list[str]], Response | None]) -> Handler:
    """Return a handler that calls `respond` with the ids of each report. If that returns None, it
    responds as a backend in order."""

    def handle(exchange: Exchange) -> None:
        response = None
        if exchange.request.path == ALERTS_PATH:
            response = respond(exchange, alert_ids(exchange))
        if response:
            exchange.send(response)
        else:
            store_photo(exchange)

    return handle


class Reporting:
    """A spool, and an uploader on a clock that the test sets."""

    def __init__(self, folder: Path, server: FaultServer) -> None:
        self.now = 0.0
        self.spool = Spool(folder, UnflushedDisk())
        self.uploader = Uploader(
            self.spool,
            BackendClient(server.base_url, "key"),
            UploadOptions(state_file=state_file(folder)),
            clock=FakeClock(seconds=lambda: self.now),
        )

    def lose(self, numbers: range, reason: str = NO_ROOM, camera: str = "entry") -> None:
        for number in numbers:
            photo = put(self.spool, number, camera=camera)
            path = self.spool.waiting_folder / photo.path
            self.spool.losses.evict(path, Loss(photo, reason))

    def rounds(self, count: int) -> None:
        for _ in range(count):
            self.uploader.step()
            self.now += ROUND
        self.uploader.finish()

    def unreported(self) -> list[str]:
        return [str(one.photo.name) for one in self.spool.losses.unreported()]


@pytest.mark.parametrize("code", faults.REJECTION_CODES)
def test_a_loss_that_is_rejected_holds_up_no_other(code: int, tmp_path: Path) -> None:
    """It is found among a hundred, stays on record, and a later backend accepts it."""

    def reject(_: Exchange, ids: list[str]) -> Response | None:
        return problem(code, f"{BAD} is not understood.") if BAD in ids else None

    with FaultServer(handle_reports(reject)) as server:
        device = Reporting(tmp_path, server)
        device.lose(range(MAX_ALERTS + 50))
        device.rounds(1)
        assert len(server.requests) <= MAX_REQUESTS
        device.rounds(3)
        assert device.unreported() == [BAD]
        assert len(server.store.alerts) == MAX_ALERTS + 49
        text, facts = spool_status(tmp_path)
        assert (facts["losses"], facts["losses_unreported"]) == (MAX_ALERTS + 50, 1)
        assert facts["reports_deferred"] == 1
        assert f"1 alert, tried again later: the backend rejected with {code}" in text
        asked = len(server.requests)
        device.rounds(3)
        assert len(server.requests) == asked  # it is not sent again and again
        server.handler = store_photo
        device.now += FIRST_RETRY_SECONDS
        device.rounds(1)
        assert device.unreported() == []
        assert spool_status(tmp_path)[1]["reports_deferred"] == 0


def test_a_quarantine_alert_that_is_rejected_holds_up_no_other_and_no_loss(tmp_path: Path) -> None:
    def reject(_: Exchange, ids: list[str]) -> Response | None:
        return problem(400, "It is not understood.") if BAD in ids else None

    with FaultServer(handle_reports(reject)) as server:
        device = Reporting(tmp_path, server)
        for number in range(3):
            device.spool.quarantine(put(device.spool, number), "damaged")
        device.lose(range(3, 6))
        device.rounds(1)
        kinds = sorted(one.kind for one in server.store.alerts.values())
        assert kinds == [LOSS] * 3 + [QUARANTINE] * 2
        server.handler = store_photo
        device.now += FIRST_RETRY_SECONDS
        device.rounds(1)
        assert BAD in server.store.alerts


def test_losses_of_a_camera_above_the_quota_hold_up_no_other_cameras(tmp_path: Path) -> None:
    """The backend records the other cameras' alerts of a batch, and responds with 429 to a
    batch of which it records none (see function_app/alerts)."""

    def above_quota(exchange: Exchange, ids: list[str]) -> Response | None:
        recorded = frozenset(one for one in ids if one.startswith("entry-"))
        if ids and not recorded:
            return problem(429, "There are too many new cameras.")
        kept = {str(one.name): one for one in parse_alerts(exchange.read())}
        exchange.store.alerts |= {one: kept[one] for one in recorded}
        return Response(200, AlertsReceipt(recorded, frozenset()).to_json(), JSON)

    with FaultServer(handle_reports(above_quota)) as server:
        device = Reporting(tmp_path, server)
        device.lose(range(MAX_ALERTS), camera="another")
        device.lose(range(MAX_ALERTS, 2 * MAX_ALERTS + 50), camera="entry")
        device.rounds(5)
        assert len(server.store.alerts) == MAX_ALERTS + 50
        assert len(device.unreported()) == MAX_ALERTS


def test_a_backend_that_rejects_every_report_gets_few_requests_and_loses_no_alert(
    tmp_path: Path,
) -> None:
    with FaultServer(handle_reports(lambda *_: problem(400, "Nothing is understood."))) as server:
        device = Reporting(tmp_path, server)
        device.lose(range(20))
        device.rounds(1)
        assert len(server.requests) == MAX_REQUESTS
        device.rounds(8)
        asked = len(server.requests)
        assert asked <= 2 * 2 * 20
        server.handler = store_photo
        device.now += FIRST_RETRY_SECONDS
        device.rounds(1)
        assert device.unreported() == []


def test_a_loss_with_an_unprintable_reason_holds_up_no_other(tmp_path: Path) -> None:
    """A reason is the name of a folder, which a person may have made."""
    with FaultServer() as server:
        device = Reporting(tmp_path, server)
        device.lose(range(1), reason="by\thand")
        device.lose(range(1, 3))
        device.rounds(1)
        assert {one.reason for one in server.store.alerts.values()} == {"byhand", NO_ROOM}
        assert device.unreported() == []


def test_a_missing_photo_whose_report_is_rejected_holds_up_no_other(tmp_path: Path) -> None:
    def reject(_: Exchange, ids: list[str]) -> Response | None:
        return problem(400, "It is not understood.") if BAD in ids else None

    with FaultServer(handle_reports(reject)) as server:
        device = Reporting(tmp_path, server)
        for number in range(3):
            put(device.spool, number)
        device.rounds(4)
        server.store.photos.clear()
        device.now += POLL_SECONDS
        device.rounds(4)
        assert server.store.alerts.keys() == {str(name(0)), str(name(2))}
