"""A bad photo holds up no other, and a bad server sends no good photo to quarantine."""

from pathlib import Path

import pytest

from pi_uploader.spool import SpooledPhoto
from pi_uploader.upload.outcomes import MAX_FAILURES
from pi_uploader.upload.retries import MAX_DEFER_SECONDS
from tests.support import faults
from tests.support.fault_server import Exchange, FaultServer, Handler, store_photo
from tests.support.uploading import MAX_PUT_SECONDS, SHORT_TIMEOUT, Device

POSITIONS = pytest.mark.parametrize("position", range(4))


def reason(device: Device, photo: SpooledPhoto) -> str:
    """Return why this photo is in quarantine."""
    [why] = [why for why, one in device.spool.quarantined_photos() if one == photo]
    return why


@POSITIONS
@pytest.mark.parametrize("code", faults.REJECTION_CODES)
def test_a_rejected_photo_goes_to_quarantine_and_the_others_are_sent(
    code: int, position: int, tmp_path: Path
) -> None:
    """It is tried twice, the second time after another was accepted."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = device.take(4)
        bad = photos[position]
        server.handler = faults.for_photo({str(bad.name)}, faults.status(code))
        for _ in range(4):
            device.try_once()
        device.take(1, start=4)
        device.try_all(max_tries=4)
    assert reason(device, bad) == f"rejected-{code}"
    assert len(server.store.photos) == 4
    assert [request.photo_id for request in server.requests].count(str(bad.name)) == 2
    assert len(server.requests) == 6


BAD_FOR_ONE: dict[str, Handler] = {
    "500": faults.status(500),
    "503": faults.status(503),
    "hangs": faults.hang,
    "cuts": faults.cut_request(10),
    "a page": faults.login_page,
}


@pytest.mark.parametrize(
    ("handler", "position"),
    [
        pytest.param(
            handler,
            position,
            id=f"{name}-{position}",
            marks=pytest.mark.slow if name == "hangs" and position else (),
        )
        for name, handler in BAD_FOR_ONE.items()
        for position in range(4)
    ],
)
def test_a_photo_that_breaks_the_server_does_not_hold_up_the_others(
    handler: Handler, position: int, tmp_path: Path
) -> None:
    """The backend fails with one photo, or the network does: the others are sent, and this one is
    still on the device, waiting or in quarantine."""
    is_silent = handler is faults.hang
    max_put_seconds = SHORT_TIMEOUT if is_silent else MAX_PUT_SECONDS
    with FaultServer() as server:
        device = Device(tmp_path, server, max_put_seconds=max_put_seconds)
        photos = device.take(4)
        bad = photos[position]
        server.handler = faults.for_photo({str(bad.name)}, handler)
        if is_silent:  # each try takes SHORT_TIMEOUT, on a busy machine that of a good photo, too
            for _ in range(40):
                if len(server.store.photos) < 3:
                    device.try_once()
        else:
            device.try_all(max_tries=10)
    assert len(server.store.photos) == 3
    assert device.places(bad) in (["waiting"], ["quarantine"])


@POSITIONS
def test_a_damaged_photo_is_never_sent_and_the_others_are(position: int, tmp_path: Path) -> None:
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = device.take(4)
        bad = photos[position]
        file = device.spool.waiting_folder / bad.path
        file.write_bytes(file.read_bytes()[:-1] + b"!")
        device.try_all(max_tries=10)
    assert reason(device, bad) == "damaged"
    assert (len(server.requests), len(server.store.photos)) == (3, 3)


def test_a_photo_with_the_id_of_another_overwrites_nothing(tmp_path: Path) -> None:
    with FaultServer() as server:
        first = Device(tmp_path / "first", server)
        [kept] = first.take(1)
        first.try_once()
        second = Device(tmp_path / "second", server)
        [bad] = second.take(1, size=50)
        second.try_once()
        second.take(1, start=1)
        second.try_all(max_tries=3)
    assert bad.name == kept.name
    assert reason(second, bad) == "rejected-409"
    assert server.store.photos[str(kept.name)].receipt.sha256 == kept.sha256


@pytest.mark.parametrize("code", [400, 401, 500])
@pytest.mark.parametrize("hours", [3, pytest.param(24, marks=pytest.mark.slow)])
def test_a_server_that_rejects_everything_quarantines_nothing(
    code: int, hours: int, tmp_path: Path
) -> None:
    """In a day; the fast tests try three hours, after which each photo was sent more often than
    MAX_FAILURES."""
    with FaultServer(faults.status(code)) as server:
        device = Device(tmp_path, server, chance=1.0)
        photos = device.take(5)
        while device.now < hours * 3600:
            device.try_once()
        assert [device.places(photo) for photo in photos] == [["waiting"]] * 5
        assert len(server.requests) > len(photos) * MAX_FAILURES
        server.handler = store_photo
        device.try_all(max_tries=10)
    assert len(server.store.photos) == 5
    assert not list(device.spool.quarantined_photos())


def test_a_server_that_rejects_at_random_loses_nothing(tmp_path: Path) -> None:
    """It rejects every third request, whichever photo it is: each is stored or in quarantine."""

    def every_third(exchange: Exchange) -> None:
        (faults.status(422) if exchange.number % 3 == 2 else store_photo)(exchange)

    with FaultServer(every_third) as server:
        device = Device(tmp_path, server)
        photos = device.take(12)
        device.try_all(max_tries=40)
    quarantined = [photo for _, photo in device.spool.quarantined_photos()]
    assert len(server.store.photos) + len(quarantined) == len(photos)


def test_photos_of_a_camera_above_the_quota_wait_without_limit(tmp_path: Path) -> None:
    """A 429 is not about the photo: it stays out of quarantine while others are accepted."""

    with FaultServer() as server:
        device = Device(tmp_path, server)
        (waits,) = device.take(1)
        server.handler = faults.for_photo({str(waits.name)}, faults.status(429))
        for number in range(1, 2 * MAX_FAILURES):
            device.take(1, start=number)
            device.now += MAX_DEFER_SECONDS
            device.try_once()
            device.try_once()
        assert len(server.store.photos) == 2 * MAX_FAILURES - 1
        assert device.places(waits) == ["waiting"]
        server.handler = store_photo
        device.try_all(2)
        assert str(waits.name) in server.store.photos
