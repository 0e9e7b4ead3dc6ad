"""What happens to the message of a photo when the queue fails between its request and its response.
The queue is a server that fails as the test says."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from function_app.notification_queue import notifier
from function_app.notification_queue.messages import PhotoMessage, format_message
from function_app.notification_queue.notifier import RETRY_SECONDS, UNQUEUED, Notifier
from function_app.storage.azure.account import open_account
from function_app.storage.azure.queue_connections import Reply, SentRequest
from function_app.storage.azure.queues import NOTIFICATIONS, AzureQueue
from function_app.storage.errors import RejectedError, StorageUnavailableError
from photo_wire.name import new_name
from tests.conftest import NewStore
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.faults import hang, in_turn, respond_with, status
from tests.support.memory_store import MemoryTable
from tests.support.store import Response
from tests.support.waiting import wait_for

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NAME = new_name("gate", NOW, "00000001")
MESSAGE = format_message(PhotoMessage(NAME, NOW))
ACCOUNT, KEY = "night", "c2VjcmV0"
SECRETS = (KEY, "SharedKey")
RECEIVE = SentRequest.receive
done = respond_with(Response(201))


class Process:
    """A notifier whose queue is the server; its table is in memory."""

    def __init__(self, server: FaultServer) -> None:
        self.server, self.rows = server, MemoryTable()
        account = open_account(
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint={server.base_url}/b;TableEndpoint={server.base_url}/t;"
            f"QueueEndpoint={server.base_url}",
            0,
        )
        self.seconds = 0.0
        queue = AzureQueue(account, NOTIFICATIONS)
        self.notifier = Notifier(queue, self.rows, lambda: self.seconds)
        self.notifier.set_has_channels(True, NOW)

    @property
    def waiting(self) -> list[str]:
        return [row.properties["message"] for row in self.rows.query(UNQUEUED, 100)]

    @property
    def requests(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.server.requests]

    def store_photo(self) -> None:
        with self.notifier.telling(NAME, NOW):
            pass


@contextmanager
def process(*faults: Handler) -> Iterator[Process]:
    """A process that has an open connection, whose next requests have these faults."""
    with FaultServer(in_turn(done, *faults, then=done)) as server:
        one = Process(server)
        one.store_photo()
        assert one.requests == [PUT]
        yield one


PUT = f"POST /{NOTIFICATIONS}/messages?visibilitytimeout=0"
BEGUN = f"POST /{NOTIFICATIONS}/messages"
CREATE = f"PUT /{NOTIFICATIONS}"


def test_a_message_takes_one_request_and_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there before the photo is stored; its response is read afterwards."""
    with process() as one:
        monkeypatch.delattr(threading.Thread, "start")
        with one.notifier.telling(NAME, NOW):
            wait_for(lambda: len(one.requests) == 2)
        assert one.requests == [PUT, BEGUN]
        assert (one.waiting, one.server.connections) == ([], 1)


def test_a_slow_queue_is_waited_for() -> None:
    is_stored = threading.Event()

    def answer_late(exchange: Exchange) -> None:
        exchange.read()
        is_stored.wait(90)
        exchange.send(Response(201))

    with process(answer_late) as one:
        with one.notifier.telling(NAME, NOW):
            is_stored.set()
        assert (one.requests, one.waiting) == ([PUT, BEGUN], [])


def cut(exchange: Exchange) -> None:
    exchange.read()
    exchange.cut()


def close(exchange: Exchange) -> None:
    exchange.read()
    exchange.cut(reset=False)


@pytest.mark.parametrize("fault", [cut, close])
def test_a_connection_that_breaks_is_replaced(fault: Handler) -> None:
    with process(fault) as one:
        one.store_photo()
        assert (one.requests, one.waiting) == ([PUT, BEGUN, PUT], [])
        one.store_photo()
        assert one.requests == [PUT, BEGUN, PUT, BEGUN]


def test_a_queue_that_was_deleted_is_created_again() -> None:
    missing = respond_with(Response(404, b"", {"x-ms-error-code": "QueueNotFound"}))
    with process(missing, missing) as one:
        one.store_photo()
        assert one.requests == [PUT, BEGUN, PUT, CREATE, PUT]
        assert one.waiting == []


@pytest.mark.parametrize("fault", [*map(status, (403, 404, 429, 500, 503)), hang])
def test_a_queue_that_fails_is_left_alone_for_a_while(
    fault: Handler, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with process(fault) as one, caplog.at_level(logging.INFO):
        if fault is hang:
            monkeypatch.setattr(SentRequest, "receive", _receive_soon)
        one.store_photo()
        assert one.requests == [PUT, BEGUN]
        assert one.waiting == [MESSAGE]
        one.store_photo()
        assert one.requests == [PUT, BEGUN]
        assert one.notifier.lost == 0
    assert len(caplog.records) == 1
    assert "the queue is unavailable, so messages wait in the table" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)


def test_a_message_that_is_rejected_leaves_the_queue_available() -> None:
    code = {"x-ms-error-code": "RequestBodyTooLarge"}
    rejected = respond_with(Response(413, b"", code))
    with process(rejected, rejected) as one:
        one.store_photo()
        assert (one.requests, one.waiting, one.notifier.lost) == ([PUT, BEGUN, PUT], [], 1)
        one.store_photo()
        assert one.requests[3:] == [PUT, PUT]  # the second tells of the lost one


def _receive_soon(sent: SentRequest) -> Reply:
    sent._seconds = 0.05
    return RECEIVE(sent)


def test_the_next_photo_after_a_lost_message_tells_of_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise StorageUnavailableError("down")

    with process(status(503)) as one:
        monkeypatch.setattr(one.rows, "upsert", fail)
        one.store_photo()
        assert one.notifier.lost == 1
        one.seconds = RETRY_SECONDS
        for _ in range(2):
            one.store_photo()
        assert one.requests == [PUT, BEGUN, PUT, PUT, BEGUN]


def test_a_photo_that_is_not_stored_waits_for_nothing() -> None:
    is_closed = threading.Event()

    def wait(exchange: Exchange) -> None:
        exchange.read()
        exchange.wait_for_close()
        is_closed.set()

    with process(wait) as one:
        with pytest.raises(ZeroDivisionError), one.notifier.telling(NAME, NOW):
            raise ZeroDivisionError
        assert is_closed.wait(90)
        assert (one.requests, one.waiting) == ([PUT, BEGUN], [])
        one.store_photo()
        assert one.requests == [PUT, BEGUN, PUT]


def test_an_unexpected_error_reaches_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    with process() as one:
        with monkeypatch.context() as patch:
            patch.setattr("function_app.storage.azure.queues.check", fail)
            one.store_photo()
        monkeypatch.setattr(AzureQueue, "begin_put", fail)
        one.store_photo()
        assert (one.requests, one.waiting) == ([PUT, BEGUN, PUT, PUT], [])
    assert caplog.text.count("RuntimeError: a defect") == 2


def test_azurite_has_the_message(new_store: NewStore) -> None:
    queue = AzureQueue(open_account(new_store(), 0), NOTIFICATIONS)
    assert queue.begin_put(MESSAGE) is None
    queue.put("first")
    begun = queue.begin_put(MESSAGE)
    assert begun
    with begun:
        assert begun.finish()
    assert [one.text for one in queue.receive(32, timedelta(minutes=1))] == ["first", MESSAGE]


def test_azurite_rejects_a_delay_of_more_than_7_days(new_store: NewStore) -> None:
    queue = AzureQueue(open_account(new_store(), 0), NOTIFICATIONS)
    with pytest.raises(RejectedError):
        queue.put(MESSAGE, timedelta(days=8))
    queue.put(MESSAGE, notifier.MAX_DELAY)
