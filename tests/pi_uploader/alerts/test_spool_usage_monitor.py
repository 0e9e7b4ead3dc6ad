"""A spool that fills up is reported once, and nothing else is delayed by that."""

from pathlib import Path

import pytest

from photo_wire.alert import ALERTS_PATH, LOSS, SPOOL_FILLING, Alert
from pi_uploader.alerts.reporter import RETRY_OUTBOX_SECONDS, RETRY_SECONDS
from pi_uploader.alerts.spool_usage_monitor import FIRST_POLL_SECONDS, POLL_SECONDS, QUIET_SECONDS
from pi_uploader.spool import Quota, Spool, Usage
from pi_uploader.spool.disk import Disk
from tests.support import faults
from tests.support.disks import FailingDisk, Kind
from tests.support.fault_server import Exchange, FaultServer, Handler, store_photo
from tests.support.spool_photos import put
from tests.support.uploading import Device

SIZE = 96
BUDGET = 10 * SIZE
HIGH_WATERMARK = 8  # photos


def device_with_room(
    folder: Path, server: FaultServer, disk: Disk | None = None, photos: int = 0
) -> Device:
    """Return a device that was started a minute ago, with room for ten photos, and `photos` of
    them waiting."""
    spool = Spool(folder, disk, quota=Quota(BUDGET, reserve=0))
    device = Device(folder, server, spool=spool)
    device.take(photos, size=SIZE)
    device.now = FIRST_POLL_SECONDS
    return device


def alerts(server: FaultServer) -> list[Alert]:
    return [one for one in server.store.alerts.values() if one.kind == SPOOL_FILLING]


def posts(server: FaultServer) -> int:
    return sum(1 for one in server.requests if one.path == ALERTS_PATH)


def reject_alerts(code: int, word: bytes = b"") -> Handler:
    """Return a handler that rejects alerts whose body contains `word`, and accepts the rest."""

    def handler(exchange: Exchange) -> None:
        refused = exchange.request.path == ALERTS_PATH and word in exchange.read()
        (faults.status(code) if refused else store_photo)(exchange)

    return handler


def test_a_full_spool_is_reported_once_with_the_facts(tmp_path: Path) -> None:
    with FaultServer() as server:
        device = device_with_room(tmp_path, server, photos=HIGH_WATERMARK)
        oldest = device.spool.oldest()
        assert oldest
        device.try_all(max_tries=HIGH_WATERMARK)
        [alert] = alerts(server)
        device.take(HIGH_WATERMARK, start=20)
        device.now += POLL_SECONDS
        device.try_all(max_tries=HIGH_WATERMARK)
    assert alerts(server) == [alert]
    assert posts(server) == 1
    assert alert.name.camera == oldest.name.camera
    assert "80% of the allowed space" in alert.reason
    assert f"the oldest since {oldest.name.captured_at:%Y-%m-%d %H:%M} UTC;" in alert.reason
    assert alert.details == {
        "bytes_used": HIGH_WATERMARK * SIZE,
        "bytes_allowed": BUDGET,
        "waiting": HIGH_WATERMARK,
        "oldest": str(oldest.name),
    }


def test_a_spool_with_room_is_not_reported(tmp_path: Path) -> None:
    with FaultServer() as server:
        device_with_room(tmp_path, server, photos=HIGH_WATERMARK - 1).try_once()
    assert posts(server) == 0


def test_it_is_reported_again_only_after_its_usage_fell_below_the_low_watermark(
    tmp_path: Path,
) -> None:
    with FaultServer() as server:
        device = device_with_room(tmp_path, server, photos=HIGH_WATERMARK)
        for _ in range(3):
            device.try_once()
        device.now += QUIET_SECONDS
        device.try_once()  # it looks while five wait: half of what there may be
        device.take(5, start=20)
        device.now += POLL_SECONDS
        device.try_once()
        assert len(alerts(server)) == 1
        device.try_all(max_tries=HIGH_WATERMARK)
        device.now += POLL_SECONDS
        device.uploader.step()
        device.take(HIGH_WATERMARK, start=40)
        device.now += POLL_SECONDS
        device.try_once()
    assert len(alerts(server)) == 2


def test_a_usage_that_goes_up_and_down_quickly_is_reported_once(tmp_path: Path) -> None:
    """As on a disk that other files have filled, where each photo is too much."""
    with FaultServer() as server:
        device = device_with_room(tmp_path, server)
        for _ in range(3):
            device.take(HIGH_WATERMARK, start=len(server.store.photos))
            device.try_all(max_tries=HIGH_WATERMARK)
            device.now += POLL_SECONDS
            device.uploader.step()
            device.now += POLL_SECONDS
    assert len(alerts(server)) == 1


def test_a_restart_does_not_report_it_again(tmp_path: Path) -> None:
    with FaultServer() as server:
        first = device_with_room(tmp_path, server, photos=HIGH_WATERMARK + 2)
        first.try_once()
        device_with_room(tmp_path, server).try_once()
    assert (len(alerts(server)), posts(server)) == (1, 1)


def test_an_alert_that_was_raised_without_a_network_is_sent_later(tmp_path: Path) -> None:
    """Once, though the upload was restarted meanwhile and the spool is empty by then."""
    with FaultServer() as server:
        server.refuse()
        offline = device_with_room(tmp_path, server, photos=HIGH_WATERMARK)
        offline.try_once()
        again = device_with_room(tmp_path, server)
        again.now = 0.0  # too early for a look of its own
        again.try_once()
        server.listen()
        again.try_all(max_tries=HIGH_WATERMARK)
        again.now += QUIET_SECONDS
        again.uploader.step()
        device_with_room(tmp_path, server).uploader.step()
    [alert] = alerts(server)
    assert alert.details["waiting"] == HIGH_WATERMARK
    assert posts(server) == 1


@pytest.mark.parametrize("code", [400, 404, 500])
def test_a_backend_that_rejects_the_alert_gets_photos_and_losses(code: int, tmp_path: Path) -> None:
    """The alert is sent again now and then, until it is accepted."""
    with FaultServer(reject_alerts(code, SPOOL_FILLING.encode())) as server:
        device = device_with_room(tmp_path, server, photos=11)
        device.try_all(max_tries=12)
        device.now += RETRY_SECONDS
        device.uploader.step()
        assert len(server.store.photos) == 10
        assert [one.kind for one in server.store.alerts.values()] == [LOSS]
        assert posts(server) == 2
        server.handler = store_photo
        device.now += RETRY_OUTBOX_SECONDS
        device.uploader.step()
    assert len(alerts(server)) == 1


@pytest.mark.parametrize("code", [400, 404])
def test_an_old_backend_without_alerts_gets_the_photos(code: int, tmp_path: Path) -> None:
    """And none of them goes to quarantine."""
    with FaultServer(reject_alerts(code)) as server:
        device = device_with_room(tmp_path, server, photos=HIGH_WATERMARK)
        device.try_all(max_tries=HIGH_WATERMARK)
        device.now += RETRY_SECONDS
        device.uploader.step()
    assert len(server.store.photos) == HIGH_WATERMARK
    assert not list(device.spool.quarantined_photos())
    assert posts(server) == 1


def test_an_outbox_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    """Each process reports once."""
    (tmp_path / "alerts.new").mkdir()
    with FaultServer() as server:
        device_with_room(tmp_path, server, photos=HIGH_WATERMARK + 1).try_once()
        device_with_room(tmp_path, server).try_all(max_tries=HIGH_WATERMARK)
    assert len(server.store.photos) == HIGH_WATERMARK + 1
    assert len(alerts(server)) == 2


@pytest.mark.parametrize("kind", [Kind.FREE, Kind.CHANGED_AT])
def test_a_disk_that_cannot_be_measured_does_no_harm(kind: Kind, tmp_path: Path) -> None:
    disk = FailingDisk(0, kinds={kind}, lasting=True)
    with FaultServer() as server:
        device_with_room(tmp_path, server, disk, photos=0)
        Device(tmp_path, server).take(HIGH_WATERMARK)
        device_with_room(tmp_path, server, disk).try_all(max_tries=HIGH_WATERMARK)
    assert disk.failed
    assert len(server.store.photos) == HIGH_WATERMARK


@pytest.mark.parametrize(
    "spoilt", [b"", b"{", b"[]", b'{"alerts": 1}', b'{"alerts": [], "told": 1}']
)
def test_an_outbox_that_cannot_be_read_does_no_harm(spoilt: bytes, tmp_path: Path) -> None:
    """A power cut may leave anything there."""
    (tmp_path / "alerts.json").write_bytes(spoilt)
    with FaultServer() as server:
        device_with_room(tmp_path, server, photos=HIGH_WATERMARK).try_once()
    assert len(alerts(server)) == 1


class SmallDisk(Disk):
    """Has little space left."""

    def free(self, folder: Path) -> int:
        return SIZE


def test_the_disk_limits_the_usage_and_kept_photos_count_as_free_space(tmp_path: Path) -> None:
    """What is allowed is the space down to the reserve. Kept photos count as free, and so does the
    space of those that are removed."""
    spool = Spool(tmp_path, SmallDisk(), Quota(reserve=SIZE // 2))
    photo, *_ = [put(Spool(tmp_path), number, size=SIZE) for number in range(3)]
    assert spool.usage() == Usage(3 * SIZE, 3 * SIZE + SIZE // 2)
    spool.remove(photo, keep=True)
    assert spool.usage() == Usage(2 * SIZE, 3 * SIZE + SIZE // 2)
    spool.archive.path_of(photo).unlink()
    assert spool.usage() == Usage(2 * SIZE, 2 * SIZE + SIZE // 2)
