"""Waits after failures: a rejection holds up one photo, an unavailable backend all of them."""

from pathlib import Path

import pytest

from pi_uploader.client import RejectedError
from pi_uploader.upload.retries import (
    MAX_REJECTED_IN_A_ROW,
    CircuitBreaker,
    RetryTracker,
    backoff_seconds,
)
from tests.support import faults
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import Exchange, FaultServer, Handler, store_photo
from tests.support.spool_photos import name
from tests.support.uploading import Device


def reject(code: int, one_in: int) -> Handler:
    """Return a handler that always rejects every `one_in`th photo, by number."""
    bad = {str(name(number)) for number in range(0, 10_000, one_in)}

    def handler(exchange: Exchange) -> None:
        (faults.status(code) if exchange.request.photo_id in bad else store_photo)(exchange)

    return handler


def pass_time(device: Device, seconds: float) -> None:
    """Run the uploader for `seconds`: a step, then the wait that it returns."""
    end = device.now + seconds
    while device.now < end:
        device.now = min(end, device.now + device.uploader.step())


@pytest.mark.parametrize("code", faults.REJECTION_CODES)
def test_many_rejected_photos_do_not_delay_the_others(code: int, tmp_path: Path) -> None:
    """Half of all photos are rejected, one a second. Each good one is stored before the next."""
    with FaultServer(reject(code, one_in=2)) as server:
        device = Device(tmp_path, server, chance=1.0)
        for number in range(20):
            [photo] = device.take(1, start=number)
            pass_time(device, 1.0)
            assert (str(photo.name) in server.store.photos) == (number % 2 == 1)
        pass_time(device, 130.0)
        assert len(server.requests) <= 4 * 20
    quarantined = [reason for reason, _ in device.spool.quarantined_photos()]
    assert (quarantined, len(server.store.photos)) == ([f"rejected-{code}"] * 10, 10)


def test_a_single_rejected_photo_is_retried_seldom_and_does_not_delay_a_new_one(
    tmp_path: Path,
) -> None:
    """Nothing else is taken for an hour; then the new photo is sent at once."""
    with FaultServer(reject(422, one_in=100)) as server:
        device = Device(tmp_path, server, chance=1.0)
        device.take(1)
        pass_time(device, 3600)
        assert len(server.requests) <= 45
        [fresh] = device.take(1, start=1)
        pass_time(device, 1.0)
        assert list(server.store.photos) == [str(fresh.name)]


def test_a_backend_that_rejects_everything_gets_few_requests(tmp_path: Path) -> None:
    """After the first few, the backend itself is taken to be out of order."""
    with FaultServer(faults.status(400)) as server:
        device = Device(tmp_path, server, chance=1.0)
        device.take(200)
        pass_time(device, 3600)
        assert len(server.requests) <= MAX_REJECTED_IN_A_ROW + 45
        assert not list(device.spool.quarantined_photos())
        server.handler = store_photo
        pass_time(device, 200)
    assert len(server.store.photos) == 200


def test_an_unavailable_backend_opens_the_breaker_for_all_photos(tmp_path: Path) -> None:
    """A 503 is not about the photo."""
    with FaultServer(faults.status(503)) as server:
        device = Device(tmp_path, server, chance=1.0)
        device.take(5)
        device.uploader.step()
        assert device.uploader.retries.breaker.open_for() > 0
        device.uploader.step()
    assert len(server.requests) == 1


# --- the parts by themselves


@pytest.mark.parametrize(
    ("retry_after", "chance", "seconds"),
    [(None, 0.0, 1.0), (None, 0.5, 4.0), (None, 1.0, 8.0), (60.0, 1.0, 60.0), (1e9, 0.0, 3600.0)],
)
def test_the_backoff_is_random_and_respects_retry_after_up_to_an_hour(
    retry_after: float | None, chance: float, seconds: float
) -> None:
    assert backoff_seconds(3, retry_after, lambda: chance) == seconds


def test_the_breaker_lets_one_request_through_after_a_failure() -> None:
    clock = FakeClock(seconds=0.0)
    breaker = CircuitBreaker(clock, chance=lambda: 1.0)
    assert breaker.allows(in_flight=5)
    assert breaker.record_failure(None) == 2.0
    assert not breaker.allows(in_flight=0)
    clock.seconds = 2.0
    assert breaker.allows(in_flight=0)
    assert not breaker.allows(in_flight=1)
    breaker.record_success()
    assert breaker.allows(in_flight=1)


def test_the_breaker_stays_open_longer_after_each_failure_up_to_two_minutes() -> None:
    clock = FakeClock(seconds=0.0)
    breaker = CircuitBreaker(clock, chance=lambda: 1.0)
    waits = [breaker.record_failure(None) for _ in range(9)]
    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0, 120.0]
    assert breaker.record_failure(retry_after=600.0) == 600.0
    assert breaker.record_failure(None) == 600.0  # the server's wish still holds


def test_a_failure_counts_against_a_photo_only_after_another_was_accepted() -> None:
    clock = FakeClock(seconds=0.0)
    retries = RetryTracker(clock, chance=lambda: 0.0)
    assert [retries.record_failure(1) for _ in range(3)] == [1, 1, 1]
    assert retries.should_defer(1)
    retries.record_success(2)
    assert not retries.should_defer(1)  # the second try comes at once
    assert retries.record_failure(1) == 2
    retries.record_success(3)
    assert retries.should_defer(1)  # the third one later
    clock.seconds = 2.0
    assert not retries.should_defer(1)
    retries.record_success(1)
    assert retries.record_failure(1) == 1


def test_many_rejections_in_a_row_open_the_breaker_for_all() -> None:
    retries = RetryTracker(FakeClock(seconds=0.0), chance=lambda: 1.0)
    error = RejectedError(422, "no")
    for sequence in range(MAX_REJECTED_IN_A_ROW):
        retries.back_off(sequence, error)
    assert retries.breaker.open_for() == 0.0
    assert retries.retry_breaker.open_for() > 0.0
    retries.back_off(MAX_REJECTED_IN_A_ROW, error)
    assert retries.breaker.open_for() > 0.0
