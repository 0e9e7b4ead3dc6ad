"""The upload process as a whole, with a backend and without."""

import threading
from pathlib import Path

import pytest

from pi_uploader.spool import Spool
from pi_uploader.spool.admin import count_spool
from pi_uploader.spool.notification import SOCKET_NAME
from pi_uploader.upload.process import keep_all, thread_count
from pi_uploader.upload.state import read_state, state_file
from tests.support.disks import FailingPathDisk, Fault, Kind
from tests.support.fault_server import FaultServer
from tests.support.installed_pi import InstalledPi, installed_settings
from tests.support.spool_photos import put
from tests.support.waiting import wait_for


def test_without_a_backend_a_photo_that_cannot_be_moved_holds_up_no_other(
    tmp_path: Path,
) -> None:
    photos = [put(Spool(tmp_path), number) for number in range(4)]
    disk = FailingPathDisk(Fault(Kind.RENAME, tmp_path / "waiting" / photos[0].path))
    spool, stop = Spool(tmp_path, disk), threading.Event()
    thread = threading.Thread(target=keep_all, args=(spool, stop))
    thread.start()
    try:
        wait_for(lambda: count_spool(tmp_path).kept == 3, what="three kept photos")
    finally:
        stop.set()
        thread.join(90)
    assert list(spool.waiting_photos()) == photos[:1]


@pytest.mark.parametrize(
    ("uploads", "has_rate_limit", "threads"),
    [(1, False, 1), (1, True, 1), (2, False, 3), (2, True, 2), (8, False, 9)],
)
def test_the_next_photo_is_prepared_while_several_are_sent(
    uploads: int, has_rate_limit: bool, threads: int
) -> None:
    assert thread_count(uploads, has_rate_limit) == threads


def test_the_state_file_is_complete_when_the_service_ends(tmp_path: Path) -> None:
    """The real service sends ten photos at once; a second one then adds ten to the count."""
    with FaultServer() as server:
        pi = InstalledPi(installed_settings(tmp_path, server.base_url))
        for count in (10, 20):
            for number in range(10):
                put(pi.spool, count + number)
            with pi.uploading():
                wait_for(lambda count=count: len(server.store.photos) == count, what="photos")  # type: ignore[misc]
                wait_for(lambda: not pi.waiting(), what="an empty spool")
            shown = read_state(state_file(pi.spool_folder))
            assert sum(minute["photos"] for minute in shown["minutes"]) == count


FAR = 3600.0  # seconds between two polls; a test that waits for one has failed


@pytest.fixture
def _no_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service learns of photos by notifications alone."""
    for module in ("process", "wake_ups"):
        monkeypatch.setattr(f"pi_uploader.upload.{module}.POLL_SECONDS", FAR)


@pytest.mark.usefixtures("_no_poll")
def test_photos_are_sent_when_they_are_put(tmp_path: Path) -> None:
    with FaultServer() as server:
        pi = InstalledPi(installed_settings(tmp_path, server.base_url))
        with pi.uploading():
            for count in (1, 2, 3):
                put(pi.spool, count)
                wait_for(lambda count=count: len(server.store.photos) == count, what="a photo")  # type: ignore[misc]


@pytest.mark.usefixtures("_no_poll")
def test_without_a_backend_photos_are_kept_when_they_are_put(tmp_path: Path) -> None:
    pi = InstalledPi(installed_settings(tmp_path, "") | {"CAMERA_UPLOAD": "off"})
    with pi.uploading():
        for count in (1, 2, 3):
            put(pi.spool, count)
            wait_for(lambda count=count: len(pi.kept()) == count, what="a kept photo")  # type: ignore[misc]


@pytest.mark.usefixtures("_no_poll")
@pytest.mark.parametrize("upload", ["on", "off"])
def test_where_there_are_no_notifications_photos_are_found_all_the_same(
    upload: str, tmp_path: Path
) -> None:
    with FaultServer() as server:
        pi = InstalledPi(installed_settings(tmp_path, server.base_url) | {"CAMERA_UPLOAD": upload})
        pi.spool_folder.mkdir(parents=True)
        (pi.spool_folder / SOCKET_NAME).write_text("a file of another program")
        with pi.uploading():
            put(pi.spool, 1)
            wait_for(lambda: server.store.photos or pi.kept(), what="the photo")


def test_without_a_backend_a_lost_notification_is_made_up_for(tmp_path: Path) -> None:
    """Nobody listens. The clock of the sleep is 6,000 times as fast."""
    stop = threading.Event()
    thread = threading.Thread(
        target=keep_all,
        args=(Spool(tmp_path), stop),
        kwargs={"sleep": lambda seconds: stop.wait(seconds / 6000)},
    )
    thread.start()
    try:
        put(Spool(tmp_path), 1)
        wait_for(lambda: count_spool(tmp_path).kept, what="a kept photo")
    finally:
        stop.set()
        thread.join(90)
