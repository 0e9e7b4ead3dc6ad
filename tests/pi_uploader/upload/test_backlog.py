"""The photos that wait: which is sent next, and how many there are, without counting each time."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from photo_wire.headers import ClockStatus, Trigger, parse_headers
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.client import RejectedError
from pi_uploader.spool import PhotoInfo, Quota, Spool, SpooledPhoto
from pi_uploader.upload.backlog import (
    MAX_LIST_SECONDS,
    MIN_COUNT_PAUSE_SECONDS,
    URGENT_TURNS,
    BacklogCounter,
    PhotoSelector,
)
from pi_uploader.upload.retries import RetryTracker
from tests.support.disks import FailingDisk, Kind
from tests.support.fake_clock import FakeClock
from tests.support.fault_server import Exchange, FaultServer, store_photo
from tests.support.spool_photos import put
from tests.support.uploading import Device

GATE = new_name("gate", datetime.now(UTC))


def test_photos_are_counted_now_and_then_and_delivered_ones_subtracted(tmp_path: Path) -> None:
    """Photos that are put meanwhile are in the next count."""
    disk, now = FailingDisk(kinds={Kind.NAMES}), [0.0]  # which never fails, and counts
    spool = Spool(tmp_path, disk, Quota(reserve=0))
    backlog = BacklogCounter(spool, FakeClock(seconds=lambda: now[0]))

    def put(count: int) -> None:
        for number in range(count):
            name = new_name("gate", datetime.now(UTC) + timedelta(seconds=number))
            spool.put(b"photo", PhotoInfo(name, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED))

    put(5)
    nothing_read = disk.operations
    assert backlog.count_after("gate", 1) is None  # the first photo goes at once
    assert disk.operations == nothing_read
    backlog.record_removed(GATE)
    assert backlog.count_after("gate", 1) == 4
    put(3)
    counted = disk.operations
    for left in (3, 2, 1, 0, 0):
        backlog.record_removed(GATE)
        assert backlog.count_after("gate", 1) == left
    assert disk.operations == counted
    now[0] += MIN_COUNT_PAUSE_SECONDS
    backlog.record_removed(GATE)
    assert backlog.count_after("gate", 1) == 7


def test_each_camera_is_counted_by_itself(tmp_path: Path) -> None:
    """A device with two cameras: the last photo of each leaves none of its own waiting."""
    waits: dict[str, list[int | None]] = {"gate": [], "yard": []}
    with FaultServer() as server:
        device = Device(tmp_path, server)
        for number, camera in enumerate(("yard", "gate", "gate", "yard", "yard")):
            put(device.spool, number, camera=camera)
        device.try_all(max_tries=6)
        for request in server.requests:
            headers = parse_headers(request.headers)
            waits[str(headers.camera or (headers.name and headers.name.camera))].append(
                headers.waiting
            )
    assert waits == {"gate": [1, 0], "yard": [None, 1, 0]}


def test_the_last_two_photos_in_flight_together_leave_none_waiting(tmp_path: Path) -> None:
    """The second of them does not count the first one as waiting."""
    both = threading.Barrier(2)

    def wait_for_the_other(exchange: Exchange) -> None:
        exchange.read()
        both.wait(90)
        store_photo(exchange)

    with FaultServer() as server:
        device = Device(tmp_path, server)
        device.take(3)
        device.try_once()
        server.handler = wait_for_the_other
        threads = [threading.Thread(target=device.uploader.step) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        headers = [parse_headers(request.headers).waiting for request in server.requests]
    assert 0 in headers[1:]


class Selection:
    """A selector over a spool with `count` photos."""

    def __init__(self, folder: Path, count: int) -> None:
        self.clock = FakeClock(seconds=0.0)
        self.disk = FailingDisk(kinds={Kind.NAMES})  # which never fails, and counts
        self.spool = Spool(folder, self.disk)
        self.photos = [put(self.spool, number) for number in range(count)]
        self.retries = RetryTracker(self.clock, chance=lambda: 1.0)
        self.selector = PhotoSelector(self.spool, self.retries, self.clock)

    def candidates(self) -> list[int]:
        return [self.photos.index(one) for one in self.selector.candidates()]

    def choose(self) -> SpooledPhoto:
        """Return the best candidate, which is in flight from now on."""
        photo = next(self.selector.candidates())
        self.selector.in_flight[photo.sequence] = photo
        return photo

    def listings(self, choices: int) -> int:
        """Return how often a folder is listed for so many choices."""
        before = self.disk.operations
        for _ in range(choices):
            self.choose()
        return self.disk.operations - before


def test_the_newest_photo_is_the_best_choice_and_at_every_fourth_turn_the_oldest(
    tmp_path: Path,
) -> None:
    selection = Selection(tmp_path, 4)
    choices = []
    for _ in range(8):
        choices.append(selection.candidates())
        selection.selector.record_delivery(selection.photos[0])
    assert choices == [[3, 0], [3, 0], [3, 0], [0, 3]] * 2


def test_photos_in_flight_delivered_or_skipped_are_no_candidates(tmp_path: Path) -> None:
    selection = Selection(tmp_path, 4)
    in_flight, delivered, skipped, _ = reversed(selection.photos)
    selection.selector.in_flight[in_flight.sequence] = in_flight
    selection.selector.undeletable.add(delivered)
    selection.selector.defer(skipped, 60.0)
    assert selection.candidates() == [0, 0]
    selection.clock.seconds = 60.0
    assert selection.candidates() == [1, 0]


def test_photos_that_failed_come_after_all_others(tmp_path: Path) -> None:
    """And not before their own breaker closes."""
    selection = Selection(tmp_path, 2)
    oldest, newest = selection.photos
    selection.retries.record_failure(newest.sequence)
    assert selection.candidates() == [0, 0]
    assert not selection.selector.has_only_retries()
    selection.retries.record_failure(oldest.sequence)
    selection.retries.back_off(oldest.sequence, RejectedError(422, "no"))
    assert selection.selector.has_only_retries()
    assert selection.candidates() == []
    selection.clock.seconds = 2.0
    assert selection.candidates() == [1, 0]


def test_the_spool_is_listed_once_a_second_once_there_are_notifications(tmp_path: Path) -> None:
    """The folder of shards, and the shard. Without notifications each choice lists them."""
    selection = Selection(tmp_path, 12)
    assert selection.listings(3) == 2 * 3
    selection.selector.notify()
    assert selection.listings(4) == 2
    selection.clock.seconds = MAX_LIST_SECONDS
    assert selection.listings(4) == 2
    assert [selection.photos.index(one) for one in selection.selector.in_flight.values()] == [
        *range(11, 0, -1)
    ]


def test_a_photo_is_chosen_next_after_its_notification_or_a_second(tmp_path: Path) -> None:
    """The second is for a notification that is lost."""
    selection = Selection(tmp_path, 4)
    selection.selector.notify()
    selection.choose()
    new = put(selection.spool, 4)
    assert selection.choose() == selection.photos[2]
    selection.selector.notify()
    assert selection.choose() == new
    new = put(selection.spool, 5)
    selection.clock.seconds = MAX_LIST_SECONDS
    assert selection.choose() == new


def test_nothing_waits_only_if_a_new_list_has_no_photo(tmp_path: Path) -> None:
    selection = Selection(tmp_path, 1)
    selection.selector.notify()
    selection.choose()
    new = put(selection.spool, 1)
    assert selection.choose() == new
    assert not list(selection.selector.candidates())


def test_a_photo_that_the_limits_did_not_allow_is_chosen_again(tmp_path: Path) -> None:
    selection = Selection(tmp_path, 3)
    selection.selector.notify()
    assert selection.candidates() == [2, 0]
    assert selection.candidates() == [2, 0]


def test_photos_that_were_evicted_since_they_were_listed_hold_up_no_other(tmp_path: Path) -> None:
    with FaultServer() as server:
        device = Device(tmp_path, server)
        photos = device.take(4)
        device.uploader.notify()
        device.try_once()
        for photo in photos[1:3]:
            (device.spool.waiting_folder / photo.path).unlink()
        device.try_all(max_tries=6)
    assert set(server.store.photos) == {str(photos[0].name), str(photos[3].name)}


def test_what_was_sent_from_one_list_is_not_opened_from_the_other(tmp_path: Path) -> None:
    """The list of the oldest photos and that of the newest have the same ones."""
    disk = FailingDisk(kinds={Kind.OPEN})  # which never fails, and counts
    with FaultServer() as server:
        device = Device(tmp_path, server, spool=Spool(tmp_path, disk, Quota(reserve=0)))
        device.take(8)
        put_with = disk.operations
        device.uploader.notify()
        device.try_all(max_tries=8)
        device.uploader.step()
    assert len(server.store.photos) == 8
    assert disk.operations == put_with + 8


def test_a_photo_that_was_sent_and_put_back_is_chosen_again(tmp_path: Path) -> None:
    """Its notification may be lost."""
    selection = Selection(tmp_path, 4)
    selection.selector.notify()
    photo = selection.choose()
    selection.selector.in_flight.clear()
    selection.selector.record_delivery(photo)
    assert selection.candidates() == [2, 0]
    selection.clock.seconds = MAX_LIST_SECONDS
    assert selection.candidates() == [3, 0]


def test_a_photo_that_somebody_waits_for_comes_first(tmp_path: Path) -> None:
    selection = Selection(tmp_path, 5)
    wanted = selection.photos[2]
    selection.selector.prioritize(wanted.name.tag)
    assert selection.candidates()[0] == 2
    selection.selector.in_flight[wanted.sequence] = wanted
    assert selection.candidates() == [4, 0]
    selection.selector.in_flight.clear()
    selection.selector.record_delivery(wanted)
    assert selection.candidates() == [4, 0]


def test_a_photo_that_does_not_come_is_forgotten(tmp_path: Path) -> None:
    selection = Selection(tmp_path, 5)
    selection.selector.prioritize(selection.photos[2].name.tag)
    for _ in range(URGENT_TURNS):
        assert selection.candidates()[0] == 2
        selection.selector.record_delivery(selection.photos[0])
    assert 2 not in selection.candidates()
