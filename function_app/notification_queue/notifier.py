"""Put messages into the queue of notifications.

What they tell of does not suffer: nothing here raises an error or waits longer than
DEADLINE_SECONDS. While the queue is unavailable,
messages wait in rows of the table `notifications`, which a timer puts into the queue. As long as
there is no channel, nothing is put; whether there is one is a row, which each process reads once a
minute at most.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

from function_app.auth.timed_cache import TimedCache
from function_app.notification_queue.messages import (
    LostMessage,
    Message,
    PhotoMessage,
    format_message,
)
from function_app.storage.errors import RejectedError, StorageUnavailableError
from function_app.storage.interfaces import BegunPut, Queue
from function_app.storage.models import Photo
from function_app.storage.notification_keys import unqueued_key
from function_app.storage.parallel import map_parallel
from function_app.storage.table_store import PAGE_SIZE, Entity, TableStore
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName

# Partitions of the table: whether there is a channel, and messages that wait for the queue.
STATE, UNQUEUED = "STATE", "UNQUEUED"
CHANNELS_EXIST = "channels-exist"
DEADLINE_SECONDS = 2.0
MAX_DELAY = timedelta(days=6)  # a queue drops a message after 7, received or not
MAX_FAILURES = 3  # of the queue in a run of `requeue`, which then leaves it alone
RETRY_SECONDS = 30.0  # after a failure messages go to the table at once, for this time

MAX_AGE = timedelta(days=1)  # of a photo that is found later

log = logging.getLogger(__name__)


class Notifier:
    """Puts messages into `queue`, or into `rows` (the table `notifications`). Threads share it.
    `lost` counts the messages that could be put into neither, or that the queue rejects; the queue
    is told of them once it is available."""

    def __init__(
        self, queue: Queue, rows: TableStore, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._queue = queue
        self._rows = rows
        self._monotonic = monotonic
        self._known: TimedCache[bool] = TimedCache()
        self._retry_at = float("-inf")
        self._lock = threading.Lock()
        self.lost = 0
        self._unreported = 0  # of them

    def has_channels(self, now: datetime) -> bool:
        """Return whether there is a channel, as it was known a minute ago at most. If that cannot
        be read, there may be one."""
        if known := self._known.get(CHANNELS_EXIST, now):
            return known[0] is not None
        try:
            row = self._rows.get(STATE, CHANNELS_EXIST)
        except StorageUnavailableError:
            return True
        self._known.put(CHANNELS_EXIST, True if row else None, now)
        return row is not None

    def set_has_channels(self, has_channels: bool, now: datetime) -> None:
        """Record whether there is a channel. Other processes know it within a minute. Raises
        StorageUnavailableError."""
        if has_channels:
            self._rows.upsert(STATE, CHANNELS_EXIST, {"since": format_time(now)})
        else:
            self._rows.remove(STATE, CHANNELS_EXIST)
        self._known.put(CHANNELS_EXIST, True if has_channels else None, now)

    @contextmanager
    def telling(self, name: PhotoName, now: datetime) -> Iterator[None]:
        """Put the message that a photo came in at `now`, if there is a channel, while the block
        stores the photo. At its end, wait until that is done, for DEADLINE_SECONDS at most; not if
        it raises an error: then the photo has no receipt, and will be sent again.

        The message is sent before the block and its response read after it, by this thread. One of
        its own, which costs more, does what may take longer.
        """
        known = self._known.get(CHANNELS_EXIST, now)
        if known and known[0] is None:
            yield
            return
        message = PhotoMessage(name, now)
        with (self._begin(message) if known else None) or nullcontext() as begun:
            work = None if begun else self._start(message, now)
            yield
            end = self._monotonic() + DEADLINE_SECONDS
            if begun and not self._finish(begun):
                work = self._start(message, now)
            if work:
                work.join(max(0.0, end - self._monotonic()))

    def _begin(self, message: Message) -> BegunPut | None:
        if self._unreported or self._monotonic() < self._retry_at:
            return None
        try:
            return self._queue.begin_put(format_message(message))
        except Exception:
            log.exception("notifications: a message could not be sent")
            return None

    def _finish(self, begun: BegunPut) -> bool:
        """Return whether a message was put; if not, `tell` puts it."""
        try:
            return begun.finish()
        except StorageUnavailableError as error:
            self._set_unavailable(error)
        except Exception:
            log.exception("notifications: a message could not be put")
        return False

    def _start(self, message: Message, now: datetime) -> threading.Thread:
        work = threading.Thread(target=self.tell, args=([message], now), name="notify", daemon=True)
        work.start()
        return work

    def tell(
        self, messages: Sequence[Message], now: datetime, delay: timedelta | None = None
    ) -> None:
        """Put these messages, if there is a channel, to be received after the delay."""
        try:
            if messages and self.has_channels(now):
                map_parallel(lambda one: self.put(one, now, delay or timedelta(0)), messages)
        except Exception:
            log.exception("notifications: messages could not be put")
            self._count_lost(len(messages))

    def tell_found(self, photo: Photo, now: datetime) -> None:
        """Put the message of a photo that came in earlier and is not indexed, if there is a
        channel: a crash may have prevented it. After MAX_AGE nobody is told."""
        if now - photo.received_at <= MAX_AGE:
            self.tell([PhotoMessage(photo.name, min(photo.received_at, now))], now)

    def put(self, message: Message, now: datetime, delay: timedelta = timedelta(0)) -> None:
        """Put a message, to be received after the delay (after MAX_DELAY if that is sooner),
        whether there is a channel or not."""
        text, delay = format_message(message), min(delay, MAX_DELAY)
        if self._monotonic() >= self._retry_at:
            try:
                self._queue.put(text, delay)
                return self.report_lost(now)
            except RejectedError as error:
                return self._lose(text, error)
            except StorageUnavailableError as error:
                self._set_unavailable(error)
        key = unqueued_key(now, text)
        try:
            self._rows.upsert(UNQUEUED, key, {"message": text, "due": format_time(now + delay)})
        except StorageUnavailableError as error:
            self._lose(text, error)

    def report_lost(self, now: datetime) -> None:
        """Put a message that says how many messages were lost, if some were since the last one."""
        with self._lock:
            count, self._unreported = self._unreported, 0
        if not count:
            return
        try:
            self._queue.put(format_message(LostMessage(count, now)), timedelta(0))
        except StorageUnavailableError as error:
            log.warning(
                "notifications: nobody can be told yet of %d lost messages: %s", count, error
            )
            with self._lock:
                self._unreported += count

    def requeue(self, now: datetime) -> int:
        """Put the messages that wait in the table into the queue, the oldest first; return how
        many. Those that the queue does not take wait on, and those that it rejects are lost. One
        request, and two for each message. Raises StorageUnavailableError if some wait on."""
        failures: list[StorageUnavailableError] = []
        count = 0
        for row in self._rows.query(UNQUEUED, PAGE_SIZE):
            try:
                count += self._requeue(row, now)
            except StorageUnavailableError as error:
                failures.append(error)
                if len(failures) == MAX_FAILURES:
                    break
        if failures:
            raise failures[-1]
        return count

    def _requeue(self, row: Entity, now: datetime) -> bool:
        """Return whether the message of a row was put; False if the queue rejects it."""
        text, due = row.properties["message"], parse_time(row.properties["due"])
        rejection: RejectedError | None = None
        try:
            self._queue.put(text, min(max(due - now, timedelta(0)), MAX_DELAY))
        except RejectedError as error:
            rejection = error
        self._rows.remove(UNQUEUED, row.key)
        if rejection:
            self._lose(text, rejection)
        return rejection is None

    def _set_unavailable(self, error: StorageUnavailableError) -> None:
        self._retry_at = self._monotonic() + RETRY_SECONDS
        log.warning(
            "notifications: the queue is unavailable, so messages wait in the table: %s", error
        )

    def _lose(self, text: str, error: StorageUnavailableError) -> None:
        self._count_lost(1)
        log.error("notifications: a message is lost: %s: %s", text, error)

    def _count_lost(self, count: int) -> None:
        with self._lock:
            self.lost += count
            self._unreported += count
