"""Messages are put, or wait in the table, and what they tell of never waits for them."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.notification_queue.messages import (
    ChannelMessage,
    LostMessage,
    PhotoMessage,
    format_message,
)
from function_app.notification_queue.notifier import (
    MAX_DELAY,
    MAX_FAILURES,
    RETRY_SECONDS,
    STATE,
    UNQUEUED,
    Notifier,
)
from function_app.storage.errors import RejectedError, StorageUnavailableError
from photo_wire.moment import format_time, parse_time
from photo_wire.name import new_name
from tests.support.memory_store import MemoryQueue, MemoryTable
from tests.support.samples import photo_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NAME = new_name("gate", NOW, "00000001")
MINUTE = timedelta(minutes=1)
CHANNEL = ChannelMessage("c1")


class Calls:
    """A store whose calls are counted; `fails` makes each raise."""

    def __init__(self, store: Any) -> None:
        self.store, self.count, self.fails = store, 0, False

    def begin_put(self, text: str) -> None:
        """As without an open connection (test_notifier_faults.py has one)."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.fails:
                raise StorageUnavailableError("down")
            return getattr(self.store, name)(*args, **kwargs)

        return call


class Process:
    """A notifier whose queue and table are counted, and whose clock the test sets."""

    def __init__(self, is_on: bool = True) -> None:
        self.memory, self.table = MemoryQueue(lambda: self.now), MemoryTable()
        self.queue, self.rows = Calls(self.memory), Calls(self.table)
        self.now, self.seconds = NOW, 0.0
        self.notifier = Notifier(self.queue, self.rows, lambda: self.seconds)
        if is_on:
            self.notifier.set_has_channels(True, NOW)
            self.rows.count = 0

    @property
    def waiting(self) -> list[str]:
        return [row.properties["message"] for row in self.table.query(UNQUEUED, 100)]


def store_photo(notifier: Notifier, now: datetime = NOW) -> None:
    """Tell of a photo that is stored in no time."""
    with notifier.telling(NAME, now):
        pass


def test_without_a_channel_nothing_is_put_and_a_minute_takes_one_read() -> None:
    process = Process(is_on=False)
    for second in range(59):
        now = NOW + timedelta(seconds=second)
        store_photo(process.notifier, now)
        process.notifier.tell([CHANNEL], now)
    assert (process.queue.count, process.rows.count) == (0, 1)
    store_photo(process.notifier, NOW + MINUTE)
    assert (process.queue.count, process.rows.count) == (0, 2)


def test_with_a_channel_a_photo_puts_one_message() -> None:
    process = Process()
    store_photo(process.notifier)
    assert process.memory.texts == [format_message(PhotoMessage(NAME, NOW))]
    assert (process.queue.count, process.rows.count) == (1, 0)


def test_another_process_knows_of_the_first_and_the_last_channel_within_a_minute() -> None:
    process, table = Process(is_on=False), MemoryTable()
    one, other = Notifier(process.queue, table), Notifier(process.queue, table)
    assert not one.has_channels(NOW)
    other.set_has_channels(True, NOW)
    assert other.has_channels(NOW)
    assert not one.has_channels(NOW + MINUTE / 2)
    assert one.has_channels(NOW + MINUTE)
    other.set_has_channels(False, NOW)
    assert not other.has_channels(NOW)
    assert not one.has_channels(NOW + 2 * MINUTE)
    assert table.query(STATE, 10) == []


def test_if_the_row_cannot_be_read_there_may_be_a_channel() -> None:
    """And it is read again at the next call."""
    process = Process(is_on=False)
    process.rows.fails = True
    assert process.notifier.has_channels(NOW)
    process.rows.fails = False
    assert not process.notifier.has_channels(NOW)


def test_while_the_queue_is_unavailable_messages_wait_in_the_table() -> None:
    """It is tried again after a while, and the timer puts what waits, when it is due."""
    process = Process()
    process.queue.fails = True
    store_photo(process.notifier)
    process.notifier.put(CHANNEL, NOW, timedelta(hours=1))
    photo = format_message(PhotoMessage(NAME, NOW))
    assert sorted(process.waiting) == sorted([photo, format_message(CHANNEL)])
    assert process.queue.count == 1  # the second message did not wait for it
    with pytest.raises(StorageUnavailableError):
        process.notifier.requeue(NOW)
    assert len(process.waiting) == 2
    process.queue.fails = False
    process.now = NOW + MINUTE
    assert process.notifier.requeue(process.now) == 2
    assert process.waiting == []
    assert [one.text for one in process.memory.receive(32, MINUTE)] == [photo]
    process.now = NOW + timedelta(hours=1)
    assert len(process.memory.receive(32, MINUTE)) == 2
    assert process.notifier.requeue(process.now) == 0
    process.seconds = RETRY_SECONDS
    process.notifier.put(CHANNEL, NOW)
    assert len(process.memory.texts) == 3
    assert process.notifier.lost == 0


def test_a_message_that_can_be_put_nowhere_is_counted_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    process = Process()
    process.queue.fails = process.rows.fails = True
    process.notifier.tell([CHANNEL, PhotoMessage(NAME, NOW)], NOW)
    assert process.notifier.lost == 2
    assert str(NAME) in caplog.text


def test_lost_messages_are_reported_once_the_queue_is_available() -> None:
    process = Process()
    process.queue.fails = process.rows.fails = True
    process.notifier.tell([CHANNEL, PhotoMessage(NAME, NOW)], NOW)
    process.notifier.report_lost(NOW)  # by the timer
    process.queue.fails = process.rows.fails = False
    assert process.memory.texts == []
    process.seconds = RETRY_SECONDS
    for _ in range(3):
        process.notifier.put(CHANNEL, NOW)
    report = format_message(LostMessage(2, NOW))
    assert process.memory.texts == [format_message(CHANNEL), report, *[format_message(CHANNEL)] * 2]
    assert process.notifier.lost == 2  # as /api/health says


def test_an_unexpected_error_reaches_nobody(caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier(None, MemoryTable())  # type: ignore[arg-type]
    notifier.set_has_channels(True, NOW)
    store_photo(notifier)
    assert notifier.lost == 1
    assert "AttributeError" in caplog.text


def test_a_photo_does_not_wait_for_a_queue_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait has a deadline; the message is put when the queue answers."""
    monkeypatch.setattr("function_app.notification_queue.notifier.DEADLINE_SECONDS", 0.01)
    process, answers, is_put = Process(), threading.Event(), threading.Event()

    def hang(*args: object) -> None:
        answers.wait()
        is_put.set()

    process.queue.__dict__["put"] = hang
    store_photo(process.notifier)
    assert not is_put.is_set()
    answers.set()
    assert is_put.wait(90)


def test_the_table_has_when_a_message_is_due() -> None:
    process = Process()
    process.queue.fails = True
    process.notifier.put(CHANNEL, NOW, MINUTE)
    (row,) = process.table.query(UNQUEUED, 10)
    assert parse_time(row.properties["due"]) == NOW + MINUTE


def fail_for(process: Process, texts: set[str], error: StorageUnavailableError) -> None:
    """Have the queue raise an error for these texts."""
    put = process.memory.put

    def fail(text: str, delay: timedelta = timedelta(0)) -> None:
        if text in texts:
            raise error
        put(text, delay)

    process.memory.put = fail  # type: ignore[method-assign]


def channel_messages(count: int) -> list[ChannelMessage]:
    return [ChannelMessage(f"c{number}") for number in range(count)]


def texts_of(messages: list[ChannelMessage]) -> list[str]:
    return [format_message(one) for one in messages]


def wait_in_table(process: Process, messages: list[ChannelMessage]) -> None:
    """Put messages, a second apart, while the queue is unavailable."""
    process.queue.fails = True
    for second, message in enumerate(messages):
        process.notifier.put(message, NOW + timedelta(seconds=second))
    process.queue.fails = False


def test_what_waited_is_put_in_the_order_in_which_it_came() -> None:
    process, messages = Process(), channel_messages(20)
    wait_in_table(process, messages)
    assert process.notifier.requeue(NOW) == 20
    assert process.memory.texts == texts_of(messages)


def test_rows_of_the_version_before_are_put_too() -> None:
    """Their keys were hashes."""
    process = Process()
    row = {"message": format_message(CHANNEL), "due": format_time(NOW)}
    process.table.upsert(UNQUEUED, "f" * 32, row)
    assert process.notifier.requeue(NOW) == 1
    assert (process.memory.texts, process.waiting) == ([row["message"]], [])


def test_a_message_that_the_queue_rejects_stops_no_other_and_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    process, messages = Process(), channel_messages(10)
    first, *others = texts_of(messages)
    wait_in_table(process, messages)
    fail_for(process, {first}, RejectedError("400"))
    assert process.notifier.requeue(NOW) == 9
    assert (process.memory.texts, process.waiting, process.notifier.lost) == (others, [], 1)
    assert f"a message is lost: {first}: 400" in caplog.text


def test_rows_that_fail_stop_no_others_until_the_queue_seems_to_be_unavailable() -> None:
    process, messages = Process(), channel_messages(10)
    failing = set(texts_of(messages)[: MAX_FAILURES - 1])
    wait_in_table(process, messages)
    fail_for(process, failing, StorageUnavailableError("400"))
    with pytest.raises(StorageUnavailableError):
        process.notifier.requeue(NOW)
    assert set(process.waiting) == failing
    assert process.memory.texts == texts_of(messages)[len(failing) :]
    process, messages = Process(), channel_messages(10)
    wait_in_table(process, messages)
    process.queue.fails, process.queue.count = True, 0
    with pytest.raises(StorageUnavailableError):
        process.notifier.requeue(NOW)
    assert (process.queue.count, len(process.waiting)) == (MAX_FAILURES, 10)


def test_a_rejected_message_does_not_make_the_queue_unavailable() -> None:
    process, text = Process(), format_message(CHANNEL)
    fail_for(process, {text}, RejectedError("400"))
    process.notifier.put(CHANNEL, NOW)
    store_photo(process.notifier)
    photo, report = format_message(PhotoMessage(NAME, NOW)), format_message(LostMessage(1, NOW))
    assert (process.memory.texts, process.waiting) == ([photo, report], [])


def test_a_wrong_clock_delays_nothing_for_longer_than_a_queue_keeps_it() -> None:
    process = Process()
    process.notifier.put(CHANNEL, NOW, timedelta(days=300))
    wait_in_table(process, [CHANNEL])
    (row,) = process.table.query(UNQUEUED, 10)
    far = {**row.properties, "due": format_time(NOW + timedelta(days=300))}
    process.table.upsert(UNQUEUED, row.key, far)
    process.notifier.requeue(NOW)
    process.now = NOW + MAX_DELAY
    assert len(process.memory.receive(32, MINUTE)) == 2


def test_a_photo_that_a_wrong_clock_received_has_the_present_time() -> None:
    process = Process()
    photo = replace(photo_of("gate", NOW), received_at=NOW + timedelta(days=300))
    process.notifier.tell_found(photo, NOW)
    (text,) = process.memory.texts
    assert f'"at":"{format_time(NOW)}"' in text
