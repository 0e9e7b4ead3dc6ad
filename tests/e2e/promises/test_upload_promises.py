"""The promises of the upload."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.client.backend import BackendClient
from pi_uploader.status import spool_status
from pi_uploader.upload.backlog import is_backlog_turn
from pi_uploader.upload.retries import (
    MAX_BACKOFF_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    backoff_seconds,
)
from pi_uploader.upload.state import state_file
from pi_uploader.upload.uploader import Uploader, UploadOptions
from tests.support import faults
from tests.support.certificates import Authority, Kind
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import FaultServer, Handler, store_photo
from tests.support.uploading import KEY, SHORT_TIMEOUT, Device

NO_RECEIPTS: dict[str, Handler] = {
    "a redirect": faults.redirect("/login"),
    "a login page": faults.login_page,
    "cut off after the commit": faults.store_then_cut(),
    "503": faults.status(503),
}


@pytest.mark.parametrize("handler", NO_RECEIPTS.values(), ids=NO_RECEIPTS)
def test_promise_04_a_photo_leaves_only_on_its_receipt_and_is_stored_once(
    handler: Handler, tmp_path: Path
) -> None:
    """On any other response it stays; sent again, it is stored once."""
    with FaultServer(handler) as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        device.try_once()
        assert device.places(photo) == ["waiting"]
        server.handler = store_photo
        device.try_all(max_tries=3)
        assert device.places(photo) == []
        assert list(server.store.photos) == [str(photo.name)]
        assert server.store.duplicates == 0


def test_promise_06_one_bad_photo_blocks_no_other(tmp_path: Path) -> None:
    """It goes to quarantine with its reason, and the others are sent."""
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = device.take(3)
        server.handler = faults.for_photo({str(photos[2].name)}, faults.status(422))
        device.try_all(max_tries=8)
        assert len(server.store.photos) == 2
    assert list(device.spool.quarantined_photos()) == [("rejected-422", photos[2])]


@pytest.mark.parametrize(
    ("code", "hours"),
    [(400, 2), (401, 2), (403, 2), (404, 2), pytest.param(401, 24, marks=pytest.mark.slow)],
)
def test_promise_07_one_bad_server_condemns_no_photo(code: int, hours: int, tmp_path: Path) -> None:
    """A day of the same response sends nothing to quarantine; then all arrive by themselves. The
    fast tests try two hours: all waits are equally long after some minutes."""
    with FaultServer(faults.status(code)) as server:
        device = Device(tmp_path, server, chance=1.0)
        device.take(3)
        while device.now < hours * 3600:
            device.try_once()
        assert not list(device.spool.quarantined_photos())
        server.handler = store_photo
        device.try_all(max_tries=8)
        assert len(server.store.photos) == 3


def test_promise_12_a_certificate_that_is_not_yet_valid_means_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The device's clock is in the past: the photo stays, the breaker opens, nothing is sent
    despite the certificate, and the log says what the device waits for."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    with FaultServer(store_photo, authority.certificate(Kind.NOT_YET_VALID)) as server:
        device = Device(tmp_path / "spool", server)
        [photo] = device.take(1)
        device.try_once()
        assert (device.places(photo), server.requests) == (["waiting"], [])
        assert device.wait > 0
    assert "not yet valid; waiting for this device's clock to be set" in caplog.text
    assert "rejected" not in caplog.text


@given(st.integers(1, 10_000), st.none() | st.floats(0, 1e9), st.floats(0, 1))
def test_promise_13_the_wait_has_a_cap_and_honours_retry_after(
    failures: int, retry_after: float | None, chance: float
) -> None:
    """At least a second; at most two minutes, or an hour if the server asks for it."""
    wait = backoff_seconds(failures, retry_after, lambda: chance)
    asked = min(retry_after or 0.0, MAX_RETRY_AFTER_SECONDS)
    assert max(1.0, asked) <= wait <= max(MAX_BACKOFF_SECONDS, asked)
    assert wait <= max(2.0 ** min(failures, 20), asked, 1.0)


def test_promise_13_an_outage_of_an_hour_costs_few_requests(tmp_path: Path) -> None:
    """One breaker for all photos: at most one request each time that it closes."""
    with FaultServer(faults.status(500)) as server:
        device = Device(tmp_path, server, chance=1.0)
        device.take(20)
        while device.now < 3600:
            device.try_once()
        assert len(server.requests) <= 45


def test_promise_14_fresh_photos_go_first_and_the_backlog_moves(tmp_path: Path) -> None:
    """While a new photo comes for each that is sent, every fourth one sent is the oldest."""
    assert [is_backlog_turn(turn) for turn in range(8)] == [False, False, False, True] * 2
    with FaultServer() as server:
        device = Device(tmp_path, server)
        backlog = device.take(3)
        for number in range(12):
            [fresh] = device.take(1, start=10 + number)
            device.try_once()
            gone_at_once = str(fresh.name) in server.store.photos
            assert gone_at_once == (number % 4 != 3)
        assert all(str(photo.name) in server.store.photos for photo in backlog)


def test_promise_15_a_put_has_a_deadline(tmp_path: Path) -> None:
    """A server that responds byte by byte does not hold up a photo for ever."""
    with FaultServer(faults.drip(0.05)) as server:
        device = Device(tmp_path, server, max_put_seconds=SHORT_TIMEOUT)
        [photo] = device.take(1)
        device.try_once()
        assert device.places(photo) == ["waiting"]
        assert device.wait > 0


def test_promise_16_status_tells_age_depth_and_trouble(tmp_path: Path) -> None:
    """It shows what waits, since when, and what prevents progress."""
    with FaultServer(faults.status(401)) as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        device.uploader = Uploader(
            device.spool,
            BackendClient(server.base_url, KEY),
            UploadOptions(state_file=state_file(tmp_path)),
            clock=FakeClock(seconds=lambda: device.now),
            chance=lambda: 0.0,
        )
        device.try_once()
    now = photo.name.captured_at.astimezone(UTC) + timedelta(minutes=90)
    text, facts = spool_status(tmp_path, FakeClock(wall=now))
    assert (facts["waiting"], facts["oldest_age_seconds"]) == (1, 5400)
    assert "AZURE_FUNCTION_KEY" in facts["problem"]
    assert datetime.fromisoformat(facts["back_off_until"]).tzinfo is not None
    assert "90 minutes old" in text
