"""The backend is told that a device's spool is filling up: once, and nothing else suffers by it."""

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
from tests.support.uploading import Device

SIZE = 96
BUDGET = 10 * SIZE
HIGH_WATERMARK = 8  # photos


def device_with_room(
    folder: Path, server: FaultServer, disk: Disk | None = None, photos: int = 0
) -> Device:
    """A device that was started a minute ago, with room for ten photos and so many waiting."""
    spool = Spool(folder, disk, quota=Quota(BUDGET, reserve=0))
    device = Device(folder, server, spool=spool)
    device.take(photos, size=SIZE)
    device.now = FIRST_POLL_SECONDS
    return device


def told(server: FaultServer) -> list[Alert]:
    return [one for one in server.store.alerts.values() if one.kind == SPOOL_FILLING]


def posts(server: FaultServer) -> int:
    return sum(1 for one in server.requests if one.path == ALERTS_PATH)


def refuse_alerts(code: int, word: bytes = b"") -> Handler:
    """Refuse the alerts whose body has this word, and take everything else."""

    def handler(exchange: Exchange) -> None:
        refused = exchange.request.path == ALERTS_PATH and word in exchange.read()
        (faults.status(code) if refused else store_photo)(exchange)

    return handler


def test_it_is_told_once_with_what_a_person_should_know(tmp_path: Path) -> None:
    with FaultServer() as server:
        device = device_with_room(tmp_path, server, photos=HIGH_WATERMARK)
        oldest = device.spool.oldest()
        assert oldest
        device.try_all(max_tries=HIGH_WATERMARK)
        [alert] = told(server)
        device.take(HIGH_WATERMARK, start=20)
        device.now += POLL_SECONDS
        device.try_all(max_tries=HIGH_WATERMARK)
    assert told(server) == [alert]
    assert posts(server) == 1
    assert alert.name.camera == oldest.name.camera
    assert "80% of the room" in alert.reason
    assert f"the oldest since {oldest.name.captured_at:%Y-%m-%d %H:%M} UTC;" in alert.reason
    assert alert.details == {
        "bytes_used": HIGH_WATERMARK * SIZE,
        "bytes_allowed": BUDGET,
        "waiting": HIGH_WATERMARK,
        "oldest": str(oldest.name),
    }


def test_a_spool_with_room_is_nothing_to_tell_of(tmp_path: Path) -> None:
    with FaultServer() as server:
        device_with_room(tmp_path, server, photos=HIGH_WATERMARK - 1).try_once()
    assert posts(server) == 0


def test_it_is_told_again_when_it_had_fallen_well_below_and_not_before(tmp_path: Path) -> None:
    with FaultServer() as server:
        device = device_with_room(tmp_path, server, photos=HIGH_WATERMARK)
        for _ in range(3):
            device.try_once()
        device.now += QUIET_SECONDS
        device.try_once()  # it looks while five wait: half of what there may be
        device.take(5, start=20)
        device.now += POLL_SECONDS
        device.try_once()
        assert len(told(server)) == 1
        device.try_all(max_tries=HIGH_WATERMARK)
        device.now += POLL_SECONDS
        device.uploader.step()
        device.take(HIGH_WATERMARK, start=40)
        device.now += POLL_SECONDS
        device.try_once()
    assert len(told(server)) == 2


def test_a_spool_that_goes_up_and_down_quickly_is_not_told_each_time(tmp_path: Path) -> None:
    """As where others have filled the disk, and any photo is too much."""
    with FaultServer() as server:
        device = device_with_room(tmp_path, server)
        for _ in range(3):
            device.take(HIGH_WATERMARK, start=len(server.store.photos))
            device.try_all(max_tries=HIGH_WATERMARK)
            device.now += POLL_SECONDS
            device.uploader.step()
            device.now += POLL_SECONDS
    assert len(told(server)) == 1


def test_it_is_not_told_again_by_a_new_start(tmp_path: Path) -> None:
    with FaultServer() as server:
        first = device_with_room(tmp_path, server, photos=HIGH_WATERMARK + 2)
        first.try_once()
        device_with_room(tmp_path, server).try_once()
    assert (len(told(server)), posts(server)) == (1, 1)


def test_what_was_noticed_without_a_network_is_told_when_there_is_one(tmp_path: Path) -> None:
    """Once, though the upload was started anew meanwhile and the spool is empty by then."""
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
    [alert] = told(server)
    assert alert.details["waiting"] == HIGH_WATERMARK
    assert posts(server) == 1


@pytest.mark.parametrize("code", [400, 404, 500])
def test_a_backend_that_will_not_hear_of_it_gets_photos_and_losses(
    code: int, tmp_path: Path
) -> None:
    """It is asked again now and then, and told when it will."""
    with FaultServer(refuse_alerts(code, SPOOL_FILLING.encode())) as server:
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
    assert len(told(server)) == 1


@pytest.mark.parametrize("code", [400, 404])
def test_an_old_backend_without_alerts_gets_the_photos(code: int, tmp_path: Path) -> None:
    """And none of them is set aside."""
    with FaultServer(refuse_alerts(code)) as server:
        device = device_with_room(tmp_path, server, photos=HIGH_WATERMARK)
        device.try_all(max_tries=HIGH_WATERMARK)
        device.now += RETRY_SECONDS
        device.uploader.step()
    assert len(server.store.photos) == HIGH_WATERMARK
    assert not list(device.spool.quarantined_photos())
    assert posts(server) == 1


def test_a_disk_that_takes_no_note_of_it_does_no_harm(tmp_path: Path) -> None:
    """It is told all the same, by each process once."""
    (tmp_path / "alerts.new").mkdir()
    with FaultServer() as server:
        device_with_room(tmp_path, server, photos=HIGH_WATERMARK + 1).try_once()
        device_with_room(tmp_path, server).try_all(max_tries=HIGH_WATERMARK)
    assert len(server.store.photos) == HIGH_WATERMARK + 1
    assert len(told(server)) == 2


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
def test_a_file_that_cannot_be_read_is_none(spoilt: bytes, tmp_path: Path) -> None:
    """A power cut may leave anything there."""
    (tmp_path / "alerts.json").write_bytes(spoilt)
    with FaultServer() as server:
        device_with_room(tmp_path, server, photos=HIGH_WATERMARK).try_once()
    assert len(told(server)) == 1


class SmallDisk(Disk):
    """Has little room left."""

    def free(self, folder: Path) -> int:
        return SIZE


def test_the_disk_is_a_limit_too_and_kept_photos_make_way(tmp_path: Path) -> None:
    """The share is that of the room down to the reserve; what is kept beside the spool counts as
    room, and so does what goes from there."""
    spool = Spool(tmp_path, SmallDisk(), Quota(reserve=SIZE // 2))
    photo, *_ = [put(Spool(tmp_path), number, size=SIZE) for number in range(3)]
    assert spool.usage() == Usage(3 * SIZE, 3 * SIZE + SIZE // 2)
    spool.remove(photo, keep=True)
    assert spool.usage() == Usage(2 * SIZE, 3 * SIZE + SIZE // 2)
    spool.archive.path_of(photo).unlink()
    assert spool.usage() == Usage(2 * SIZE, 2 * SIZE + SIZE // 2)
