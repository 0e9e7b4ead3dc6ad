"""The local host runs queue functions as the real one does, over Azurite's queues."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import azure.functions as func
import pytest
from azure.core.exceptions import AzureError

from function_app.storage.azure.account import open_account
from function_app.storage.azure.queues import AzureQueue
from function_app.storage.models import QueuedMessage
from local import queues
from local.azurite import Azurite
from local.processes import ROOT
from local.queues import MIN_POLLING_SECONDS, Backoff, Hide, QueueOptions, Queues, Renewal
from tests.conftest import NewStore, StartAzurite
from tests.support.waiting import wait_for

NAME = "things"
HOUR = timedelta(hours=1)
Handle = Callable[[func.QueueMessage], None]


class Store:
    """An account with the queue of the tests, and its poison queue."""

    def __init__(self, connection_string: str) -> None:
        self.connection_string = connection_string
        account = open_account(connection_string, 0)
        self.queue, self.poison = AzureQueue(account, NAME), AzureQueue(account, f"{NAME}-poison")

    @contextmanager
    def handling(self, handle: Handle, options: QueueOptions | None = None) -> Iterator[None]:
        """Have a host run this function for the messages."""
        app = func.FunctionApp()

        @app.queue_trigger(arg_name="message", queue_name=NAME, connection="STORE")
        def work(message: func.QueueMessage) -> None:
            handle(message)

        environment = {"STORE": self.connection_string}
        with Queues(app.get_functions(), environment, options or QueueOptions()):
            yield


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return Store(new_store())


def body(message: func.QueueMessage) -> str:
    return message.get_body().decode()


def test_each_message_is_handled_and_removed(store: Store) -> None:
    """Those that were there before, and those that come later."""
    handled: list[str] = []
    texts = [f"ä {number}" for number in range(40)]
    for text in texts[:20]:
        store.queue.put(text)
    with store.handling(lambda message: handled.append(body(message))):
        wait_for(lambda: len(handled) == 20)
        for text in texts[20:]:
            store.queue.put(text)
        wait_for(lambda: len(handled) == 40)
    assert sorted(handled) == sorted(texts)
    assert store.queue.receive(32, HOUR) == []


def test_a_call_that_fails_is_repeated_and_then_the_message_is_poison(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    counts: list[int | None] = []

    def fail(message: func.QueueMessage) -> None:
        counts.append(message.dequeue_count)
        raise RuntimeError("a defect in the app")

    store.queue.put("text")
    with caplog.at_level(logging.ERROR, "local.host"), store.handling(fail):
        (poison,) = wait_for(lambda: store.poison.receive(32, HOUR))
    assert poison.text == "text"
    assert counts == [1, 2, 3, 4, 5]
    assert store.queue.receive(32, HOUR) == []
    assert "a defect in the app" in caplog.text


def test_a_failed_message_comes_again_after_the_visibility_timeout(store: Store) -> None:
    """Meanwhile others are handled. This one is in the queue before the first call has failed: from
    then on only the host has to be quicker than the timeout."""
    calls: list[str] = []

    def fail_once(message: func.QueueMessage) -> None:
        calls.append(body(message))
        if message.dequeue_count == 1 and body(message) == "first":
            store.queue.put("second")
            raise RuntimeError("not now")

    options = QueueOptions(visibility_timeout=timedelta(seconds=2))
    store.queue.put("first")
    with store.handling(fail_once, options):
        wait_for(lambda: len(calls) == 3, what="three calls")
    assert calls == ["first", "second", "first"]


def test_no_more_calls_run_at_once_than_a_batch_and_the_threshold(store: Store) -> None:
    may_end, lock = threading.Semaphore(0), threading.Lock()
    running = most = ended = 0

    def wait(message: func.QueueMessage) -> None:
        nonlocal running, most, ended
        with lock:
            running += 1
            most = max(most, running)
        assert may_end.acquire(timeout=90)
        with lock:
            running -= 1
            ended += 1

    for number in range(12):
        store.queue.put(str(number))
    with store.handling(wait, QueueOptions(batch_size=4, new_batch_threshold=2)):
        wait_for(lambda: running == 4)
        for _ in range(2):
            may_end.release()
        wait_for(lambda: running == 6)  # two are left, and a batch of four comes
        for _ in range(10):
            may_end.release()
        wait_for(lambda: ended == 12)
    assert most == 6


def test_the_end_of_the_host_waits_for_the_calls_under_way(store: Store) -> None:
    has_begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work(message: func.QueueMessage) -> None:
        has_begun.set()
        assert may_end.wait(90)
        ended.set()

    store.queue.put("text")
    with store.handling(work):
        assert has_begun.wait(90)
        threading.Timer(0.2, may_end.set).start()
    assert ended.is_set()
    assert store.queue.receive(32, HOUR) == []


class Waiting:
    """A function that waits until the message was hidden this often, and returns or fails."""

    def __init__(self, renewals: int, fails: bool = False) -> None:
        self._renewals, self._fails = renewals, fails
        self.calls: list[int | None] = []
        self.receipts: list[str] = []
        self._enough = threading.Event()

    def note(self, receipt: str) -> None:
        self.receipts.append(receipt)
        if len(self.receipts) >= self._renewals:
            self._enough.set()

    def __call__(self, message: func.QueueMessage) -> None:
        self.calls.append(message.dequeue_count)
        assert self._enough.wait(90)
        if self._fails and message.dequeue_count == 1:
            raise RuntimeError("not now")


Renew = Callable[[Waiting, timedelta], None]


@pytest.fixture
def renewing(monkeypatch: pytest.MonkeyPatch) -> Renew:
    """Hide messages for this time, again and again in a 20th of it."""

    def start(work: Waiting, hidden: timedelta) -> None:
        class Observed(Renewal):
            interval = hidden / 20

            def __init__(self, message: QueuedMessage, hide: Hide) -> None:
                def noted(one: QueuedMessage, time: timedelta) -> QueuedMessage:
                    hid = hide(one, time)
                    work.note(hid.receipt)
                    return hid

                super().__init__(message, noted)

        monkeypatch.setattr(queues, "HIDDEN", hidden)
        monkeypatch.setattr(queues, "Renewal", Observed)

    return start


@pytest.mark.parametrize("fails", [False, True])
def test_a_message_is_hidden_on_then_removed_or_released_with_its_last_receipt(
    store: Store, renewing: Renew, fails: bool
) -> None:
    work = Waiting(3, fails)
    renewing(work, timedelta(seconds=20))
    store.queue.put("text")
    with store.handling(work):
        wait_for(lambda: len(work.calls) == (2 if fails else 1))
    assert len(set(work.receipts)) >= 3  # each renewal gives another one
    assert work.calls == ([1, 2] if fails else [1])
    assert store.queue.receive(32, HOUR) == []


@pytest.mark.slow
def test_a_call_that_lasts_longer_than_a_message_is_hidden_is_the_only_one(
    store: Store, renewing: Renew
) -> None:
    """30 renewals take one and a half times as long."""
    work = Waiting(30)
    renewing(work, timedelta(seconds=5))
    store.queue.put("text")
    with store.handling(work):
        wait_for(lambda: len(work.receipts) >= 30)
    assert work.calls == [1]
    assert store.queue.receive(32, HOUR) == []


def test_a_message_that_somebody_else_has_is_renewed_no_more() -> None:
    """A failure of the service is tried again; what is lost is not."""
    errors = [AzureError("the service is busy"), lost("PopReceiptMismatch")]
    tries: list[str] = []
    is_lost = threading.Event()

    def hide(message: QueuedMessage, time: timedelta) -> QueuedMessage:
        tries.append(message.receipt)
        if len(tries) == len(errors):
            is_lost.set()
        raise errors[len(tries) - 1]

    class Quick(Renewal):
        interval = shortest = timedelta(0)

    with Quick(QueuedMessage("text", "1", "receipt", 1), hide) as renewal:
        assert is_lost.wait(90)
    assert tries == ["receipt", "receipt"]
    assert renewal.message.receipt == "receipt"


def lost(code: str) -> AzureError:
    error = AzureError(code)
    error.error_code = code  # type: ignore[attr-defined]
    return error


def test_a_disabled_function_handles_nothing(store: Store) -> None:
    app = func.FunctionApp()

    @app.queue_trigger(arg_name="message", queue_name=NAME, connection="STORE")
    def work(message: func.QueueMessage) -> None:
        raise AssertionError

    environment = {"AzureWebJobs__work__Disabled": "true"}
    assert Queues(app.get_functions(), environment, QueueOptions()).functions == []


@pytest.mark.slow
def test_messages_are_handled_again_once_the_storage_is_back(
    start_azurite: StartAzurite, caplog: pytest.LogCaptureFixture
) -> None:
    azurite: Azurite = start_azurite()
    store, handled = Store(azurite.connection_string), list[str]()
    with store.handling(lambda message: handled.append(body(message))):
        azurite.stop()
        wait_for(lambda: "the queue things is unavailable" in caplog.text)
        azurite.start()
        store.queue.put("text")
        wait_for(lambda: handled == ["text"])
    assert caplog.text.count("is unavailable") == 1


def test_an_empty_queue_is_read_ever_less_often() -> None:
    backoff = Backoff(2.0)
    for _ in range(2):
        delays = [backoff.next_delay() for _ in range(12)]
        assert delays[0] == MIN_POLLING_SECONDS
        for exponent, delay in enumerate(delays[1:5]):
            assert 0.8 * 2**exponent <= delay / MIN_POLLING_SECONDS - 1 <= 1.2 * 2**exponent
        assert delays[-1] == 2.0
        backoff.reset()


def test_host_json_says_how_queues_are_read() -> None:
    host_json = json.loads((ROOT / "host.json").read_text())
    seconds = timedelta(seconds=1)
    assert QueueOptions.read(host_json) == QueueOptions(16, 8, 5, 30 * seconds, 2 * seconds)
    assert QueueOptions.read({}) == QueueOptions()
    with pytest.raises(ValueError, match="base64 alone"):
        QueueOptions.read({"extensions": {"queues": {"messageEncoding": "none"}}})
