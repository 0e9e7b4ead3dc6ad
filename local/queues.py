"""Queue functions, run for the messages of their queues as the Functions host runs them.

It behaves as version 5 of Microsoft.Azure.WebJobs.Extensions.Storage.Queues does (QueueListener and
QueueProcessor), with the settings of host.json: a message is handled by up to batchSize +
newBatchThreshold calls at once, is hidden for as long as its call lasts, and is removed when that
returns. After an exception it comes again after visibilityTimeout; after the maxDequeueCount-th one
it goes to NAME-poison. An empty queue is read ever less often, up to maxPollingInterval.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from azure.core.exceptions import AzureError
from azure.functions import QueueMessage
from azure.functions.decorators.function_app import Function
from azure.functions.decorators.queue import QueueTrigger

if TYPE_CHECKING:  # the host has no queue function when it runs another app than function_app
    from function_app.storage.models import QueuedMessage

MAX_WAIT_SECONDS = 5.0  # for the calls under way when the host stops
HIDDEN = timedelta(minutes=10)  # by one request; the next one comes after half of it
MIN_POLLING_SECONDS = 0.1

# Codes of Queue Storage for a message that another reader has, or nobody any more.
_LOST = ("PopReceiptMismatch", "MessageNotFound", "QueueNotFound", "QueueBeingDeleted")

_LOG = logging.getLogger("local.host")


Hide = Callable[["QueuedMessage", timedelta], "QueuedMessage"]


@dataclass(frozen=True)
class QueueOptions:
    """`extensions.queues` of host.json, with the host's defaults."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    max_polling_interval: timedelta = timedelta(minutes=1)

    @classmethod
    def read(cls, host_json: Mapping[str, Any]) -> Self:
        """Return the options of a host.json. Raises ValueError for an encoding that is not base64,
        which this host alone supports."""
        options = host_json.get("extensions", {}).get("queues", {})
        if options.get("messageEncoding", "base64") != "base64":
            raise ValueError("the local host supports the messageEncoding base64 alone")
        return cls(
            options.get("batchSize", cls.batch_size),
            options.get("newBatchThreshold", cls.new_batch_threshold),
            options.get("maxDequeueCount", cls.max_dequeue_count),
            _parse_time(options.get("visibilityTimeout", "00:00:00")),
            _parse_time(options.get("maxPollingInterval", "00:01:00")),
        )


@dataclass(frozen=True)
class QueueFunction:
    """A function with a queue trigger: which queue, in the account of which setting, what to
    call."""

    name: str
    queue: str
    connection: str
    parameter: str
    call: Callable[..., Any]


class Queues:
    """Runs each queue function for its messages in the `with` block, except for those that
    `environment` disables: AzureWebJobs__{name}__Disabled=true. `environment` also has their
    connection strings."""

    def __init__(
        self,
        functions: Iterable[Function],
        environment: Mapping[str, str],
        options: QueueOptions,
    ) -> None:
        self.functions = [
            one
            for one in filter(None, map(_queue_function, functions))
            if environment.get(f"AzureWebJobs__{one.name}__Disabled", "").lower()
            not in ("true", "1")
        ]
        self._environment = environment
        self._options = options
        self._listeners: list[_Listener] = []

    def __enter__(self) -> Self:
        for one in self.functions:
            try:
                listener = _Listener(one, self._environment.get(one.connection, ""), self._options)
            except ValueError as error:  # the app says so, too, and goes on, as in Azure
                _LOG.error("%s: %s cannot be used: %s", one.name, one.connection, error)
                continue
            listener.start()
            self._listeners.append(listener)
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until the calls under way have ended, but not for ever. Their messages come again
        then."""
        for one in self._listeners:
            one.stop()


class _Listener:
    """Receives the messages of one queue, and calls its function for each in a thread."""

    def __init__(
        self, function: QueueFunction, connection_string: str, options: QueueOptions
    ) -> None:
        from function_app.storage.azure.account import open_account
        from function_app.storage.azure.queues import AzureQueue
        from function_app.storage.errors import StorageUnavailableError

        account = open_account(connection_string, 0)
        self._unavailable = StorageUnavailableError
        self._function = function
        self._options = options
        self._requests = account.queues
        self._queue = AzureQueue(account, function.queue)
        self._poison = AzureQueue(account, f"{function.queue}-poison")
        self._backoff = Backoff(options.max_polling_interval.total_seconds())
        self._stopping = threading.Event()
        self._is_unavailable = False
        self._running = 0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name=function.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(MAX_WAIT_SECONDS)
        with self._changed:
            self._changed.wait_for(lambda: not self._running, MAX_WAIT_SECONDS)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            messages = self._receive()
            for message in messages:
                with self._changed:
                    self._running += 1
                work = threading.Thread(
                    target=self._run, args=(message,), name=self._function.name, daemon=True
                )
                work.start()
            if messages:
                self._backoff.reset()
                with self._changed:
                    self._changed.wait_for(self._has_room)
            else:
                self._stopping.wait(self._backoff.next_delay())

    def _has_room(self) -> bool:
        return self._stopping.is_set() or self._running <= self._options.new_batch_threshold

    def _receive(self) -> "list[QueuedMessage]":
        """Return the next batch; nothing, with one warning, while the queue is unavailable."""
        try:
            messages = self._queue.receive(self._options.batch_size, HIDDEN)
        except self._unavailable as error:
            if not self._is_unavailable:
                _LOG.warning("the queue %s is unavailable: %s", self._function.queue, error)
            self._is_unavailable = True
            return []
        self._is_unavailable = False
        return messages

    def _run(self, message: "QueuedMessage") -> None:
        """Handle one message. If storage is unavailable at the end, it comes again later."""
        try:
            self._handle(message)
        except self._unavailable as error:
            _LOG.warning("a message of %s comes again: %s", self._function.queue, error)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _handle(self, message: "QueuedMessage") -> None:
        limit = self._options.max_dequeue_count
        is_handled = False
        if message.count <= limit:  # above it, its last call ended the host
            with Renewal(message, self._hide) as renewal:
                is_handled = self._call(message)
            message = renewal.message
        if is_handled:
            self._queue.remove(message)
        elif message.count < limit:
            self._release(message)
        else:
            _LOG.error("%s failed %d times: its message is poison", self._function.name, limit)
            self._poison.put(message.text)
            self._queue.remove(message)

    def _call(self, message: "QueuedMessage") -> bool:
        """Return whether the function handled a message."""
        try:
            self._function.call(**{self._function.parameter: _Message(message)})
        except Exception:  # noqa: BLE001 - whatever the app raises, the message comes again
            _LOG.exception("%s failed", self._function.name)
            return False
        return True

    def _release(self, message: "QueuedMessage") -> None:
        """Hide the message for as long as it has to wait for its next call."""
        try:
            self._hide(message, self._options.visibility_timeout)
        except AzureError as error:  # it comes again in ten minutes
            _LOG.warning("a message of %s is not released: %s", self._function.queue, error)

    def _hide(self, message: "QueuedMessage", time: timedelta) -> "QueuedMessage":
        """Hide a message from now on for this time, and return it with its new receipt (Update
        Message). Raises AzureError."""
        path = f"{self._function.queue}/messages/{quote(message.id, safe='')}"
        query = {"popreceipt": message.receipt, "visibilitytimeout": str(int(time.total_seconds()))}
        reply = self._requests.send("PUT", path, query)
        return replace(message, receipt=reply.receipt or message.receipt)


class Renewal:
    """Goes on hiding a message in the `with` block, as the host's
    UpdateQueueMessageVisibilityCommand does: halfway through HIDDEN, and sooner after a failure.
    `message` has the receipt that is valid after the block."""

    interval = HIDDEN / 2
    shortest = timedelta(minutes=1)  # until the next try after one that failed

    def __init__(self, message: "QueuedMessage", hide: "Hide") -> None:
        self.message = message
        self._hide = hide
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="renewal", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _renew(self) -> None:
        wait = self.interval
        while not self._ended.wait(wait.total_seconds()):
            try:
                self.message = self._hide(self.message, HIDDEN)
                wait = self.interval
            except AzureError as error:
                if getattr(error, "error_code", None) in _LOST:
                    return
                wait = max(wait / 2, self.shortest)


@dataclass
class Backoff:
    """The waits of a queue that is empty, as RandomizedExponentialBackoffStrategy has them: 0.1 s
    and more by powers of two, each a fifth longer or shorter by chance, up to `maximum` seconds."""

    maximum: float
    _exponent: int = field(default=0, init=False)

    def reset(self) -> None:
        """Look often again: a message was found."""
        self._exponent = 0

    def next_delay(self) -> float:
        """Return for how many seconds to wait now."""
        delay = MIN_POLLING_SECONDS
        if self._exponent:
            chance = random.uniform(0.8, 1.2)  # noqa: S311 - no secret
            delay += chance * 2.0 ** (self._exponent - 1) * MIN_POLLING_SECONDS
        if delay >= self.maximum:
            return self.maximum
        self._exponent += 1
        return delay


class _Message(QueueMessage):
    """What a queue function is given."""

    def __init__(self, message: "QueuedMessage") -> None:
        super().__init__(id=message.id, body=message.text, pop_receipt=message.receipt)
        self._count = message.count

    @property
    def dequeue_count(self) -> int:
        return self._count


def _queue_function(function: Function) -> QueueFunction | None:
    trigger, name = function.get_trigger(), str(function.get_function_name())
    if not isinstance(trigger, QueueTrigger):
        return None
    return QueueFunction(
        name, trigger.queue_name, trigger.connection, trigger.name, function.get_user_function()
    )


def _parse_time(text: str) -> timedelta:
    hours, minutes, seconds = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
