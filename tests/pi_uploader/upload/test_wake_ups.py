"""Threads sleep until there may be something to do; no wake-up and no photo is missed."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pi_uploader.client import BackendClient
from pi_uploader.spool import Spool
from pi_uploader.spool.notification import SOCKET_NAME, notify
from pi_uploader.upload.process import upload_all
from pi_uploader.upload.uploader import Uploader
from pi_uploader.upload.wake_ups import POLL_SECONDS, NotificationThread, WakeUps
from tests.support.fault_server import Exchange, FaultServer, store_photo
from tests.support.spool_photos import put
from tests.support.waiting import wait_for

FAR = 3600.0  # seconds; a test that sleeps for so long has failed


@contextmanager
def sleeping(wake_ups: WakeUps, count: int) -> Iterator[list[threading.Thread]]:
    """Yield threads that sleep until the first wake-up that reaches them."""
    threads = [threading.Thread(target=wake_ups.sleep, args=(FAR,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    wait_for(lambda: wake_ups.sleepers == count, what="sleeping threads")
    yield threads
    wake_ups.close()
    for thread in threads:
        thread.join(90)


@contextmanager
def uploading(
    uploader: Uploader, sleep: Callable[[float], None] | None = None, count: int = 2
) -> Iterator[None]:
    """Run upload threads, until the end of the block."""
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=upload_all,
            args=(uploader, stop),
            kwargs={"sleep": sleep or uploader.wake_ups.sleep},
        )
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        uploader.wake_ups.close()
        for thread in threads:
            thread.join(90)


def test_a_wake_up_before_the_sleep_is_not_lost() -> None:
    """It comes between a thread's last look and its sleep."""
    wake_ups = WakeUps()
    wake_ups.wake()
    wake_ups.sleep(FAR)


def test_a_wake_up_ends_the_sleep_of_one_thread() -> None:
    wake_ups = WakeUps()
    with sleeping(wake_ups, 3):
        wake_ups.wake()
        wait_for(lambda: wake_ups.sleepers == 2, what="one thread awake")


def test_a_wake_up_that_was_used_ends_no_second_sleep() -> None:
    wake_ups = WakeUps()
    wake_ups.wake()
    wake_ups.sleep(FAR)
    with sleeping(wake_ups, 1) as (thread,):
        assert thread.is_alive()


def test_after_the_close_nothing_sleeps() -> None:
    wake_ups = WakeUps()
    with sleeping(wake_ups, 2):
        wake_ups.close()
    for _ in range(2):
        wake_ups.sleep(FAR)


def test_one_notification_of_two_photos_wakes_two_threads(tmp_path: Path) -> None:
    """The server answers only when both photos are there."""
    both = threading.Barrier(2)

    def together(exchange: Exchange) -> None:
        exchange.read()
        both.wait(90)
        store_photo(exchange)

    with FaultServer(together) as server:
        spool = Spool(tmp_path)
        uploader = Uploader(spool, BackendClient(server.base_url, "key", connections=2))
        with uploading(uploader):
            wait_for(lambda: uploader.wake_ups.sleepers == 2, what="sleeping threads")
            for number in range(2):
                put(spool, number)
            uploader.notify()
            wait_for(lambda: len(server.store.photos) == 2, what="both photos")


def test_a_photo_that_is_put_after_the_last_look_is_sent(tmp_path: Path) -> None:
    """It is put when the thread has decided to sleep, and before it sleeps."""
    spool = Spool(tmp_path)
    with FaultServer() as server:
        uploader = Uploader(spool, BackendClient(server.base_url, "key"))
        has_put = threading.Event()

        def put_then_sleep(seconds: float) -> None:
            if not has_put.is_set():
                has_put.set()
                put(spool, 1)
                uploader.notify()
            uploader.wake_ups.sleep(FAR)

        with uploading(uploader, put_then_sleep, count=1):
            wait_for(lambda: server.store.photos, what="the photo")


def test_a_photo_of_which_the_notification_is_lost_is_found_by_a_poll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No upload thread wakes up by itself. The polls are 6,000 times as frequent."""
    with FaultServer() as server:
        uploader = Uploader(Spool(tmp_path), BackendClient(server.base_url, "key"))
        poll = POLL_SECONDS / 6000
        with uploading(uploader), notified(tmp_path, poll, uploader.poll) as calls:
            assert calls.acquire(timeout=90)
            monkeypatch.setattr("pi_uploader.spool.spool.notify", lambda folder: None)
            put(Spool(tmp_path), 1)
            wait_for(lambda: server.store.photos, what="the photo")


@contextmanager
def notified(
    folder: Path, poll_seconds: float = FAR, on_poll: Callable[[], None] = lambda: None
) -> Iterator[threading.Semaphore]:
    """Yield a semaphore that counts the notifications that a thread passes on."""
    calls = threading.Semaphore(0)
    thread = NotificationThread(folder, calls.release, on_poll, poll_seconds=poll_seconds)
    try:
        yield calls
    finally:
        thread.close()


def test_what_was_put_before_the_listener_is_notified(tmp_path: Path) -> None:
    with notified(tmp_path) as calls:
        assert calls.acquire(timeout=90)


def test_each_notification_is_passed_on(tmp_path: Path) -> None:
    with notified(tmp_path) as calls:
        assert calls.acquire(timeout=90)
        for _ in range(3):
            notify(tmp_path)
            assert calls.acquire(timeout=90)


def test_a_socket_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    with notified(tmp_path, poll_seconds=0.01) as calls:
        assert calls.acquire(timeout=90)
        (tmp_path / SOCKET_NAME).unlink()
        wait_for((tmp_path / SOCKET_NAME).is_socket, what="a new socket")
        assert calls.acquire(timeout=90)


def test_without_a_socket_the_spool_is_read_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so once, and the socket is made as soon as it can be."""
    monkeypatch.setattr("pi_uploader.upload.wake_ups.UNNOTIFIED_POLL_SECONDS", 0.01)
    (tmp_path / SOCKET_NAME).write_text("not ours")
    with caplog.at_level(logging.WARNING), notified(tmp_path) as calls:
        for _ in range(3):
            assert calls.acquire(timeout=90)
        (tmp_path / SOCKET_NAME).unlink()
        wait_for((tmp_path / SOCKET_NAME).is_socket, what="the socket")
    assert len([one for one in caplog.records if "no notification" in one.getMessage()]) == 1
