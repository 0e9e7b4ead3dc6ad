"""The time limits of requests. One thread for all of them closes the connections of those that
take too long.

`requests` only has a limit on silence, which a server that sends one byte a second never reaches.
"""

import logging
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from urllib3.connection import HTTPConnection
from urllib3.util.ssltransport import SSLTransport

LOOK_SECONDS = 60.0  # between two looks while requests begin; the shortest of their limits
REPEAT_SECONDS = 1.0  # between two attempts to close a connection that may not be open yet

log = logging.getLogger("client")


class Deadline:
    """The time limit of one request: `at` is its end, in monotonic seconds."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.has_passed = False
        self._connections: list[HTTPConnection] = []
        self._sockets: list[object] = []  # which the connections had when they were registered

    def register(self, connection: HTTPConnection) -> None:
        """Have this connection closed when the time has passed: with the socket that it has now and
        with the one that it has then. A connection forgets its socket before the last response has
        been read (Connection: close)."""
        self._connections.append(connection)
        self._sockets.append(connection.sock)

    def check(self) -> None:
        """Raise TimeoutError if the time has passed: http.client takes a connection that was closed
        within the headers for the end of a response, which says nothing then."""
        if self.has_passed:
            raise TimeoutError

    def expire(self) -> None:
        """Close the connections, whatever they are doing."""
        self.has_passed = True
        for one in {*self._sockets, *(connection.sock for connection in self._connections)}:
            if (plain := _plain_socket(one)) is not None:
                with suppress(OSError):  # the plain shutdown: the one of TLS is not thread-safe
                    socket.socket.shutdown(plain, socket.SHUT_RDWR)


def _plain_socket(connected: object) -> socket.socket | None:
    """Return the socket below TLS inside TLS, which is how an HTTPS proxy is passed; None if there
    is none yet or no longer."""
    while isinstance(connected, SSLTransport):
        connected = connected.socket
    return connected if isinstance(connected, socket.socket) else None


class Deadlines:
    """The deadlines of the requests that are running. Threads share it.

    To wake up the thread for each request, and again at its deadline, would cost a device that
    only polls more than the polls. So it looks once a minute, as long as there are new requests,
    and a request wakes it up only if its deadline comes before the next look.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._running: set[Deadline] = set()
        self._has_new = False  # since the last look
        self._looks_at = math.inf  # when the thread looks at them next, in monotonic seconds
        self._thread: threading.Thread | None = None
        self._of_this_thread = threading.local()
        self._has_logged = False

    @property
    def running(self) -> int:
        """How many requests are running."""
        return len(self._running)

    @contextmanager
    def limit(self, seconds: float) -> Iterator[Deadline]:
        """Close the connection of this thread's request after `seconds`. `has_passed` of the
        deadline that is yielded tells whether that happened."""
        deadline = Deadline(time.monotonic() + seconds)
        self._add(deadline)
        self._of_this_thread.deadline = deadline
        try:
            yield deadline
        finally:
            self._of_this_thread.deadline = None
            with self._condition:  # the thread is not woken up for that: it looks later
                self._running.discard(deadline)

    def register(self, connection: HTTPConnection) -> None:
        """Have the deadline of this thread's request close this connection."""
        deadline: Deadline | None = getattr(self._of_this_thread, "deadline", None)
        if deadline is not None:
            deadline.register(connection)

    def _add(self, deadline: Deadline) -> None:
        with self._condition:
            self._running.add(deadline)
            self._has_new = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif deadline.at < self._looks_at:
                self._condition.notify()

    def _run(self) -> None:
        with self._condition:
            while True:
                now = time.monotonic()
                for deadline in self._running:
                    if deadline.at <= now:
                        self._expire(deadline)
                        deadline.at = now + REPEAT_SECONDS  # if it was still connecting
                self._looks_at = min((one.at for one in self._running), default=math.inf)
                if self._has_new:
                    self._looks_at = min(self._looks_at, now + LOOK_SECONDS)
                self._has_new = False
                is_idle = self._looks_at == math.inf
                self._condition.wait(None if is_idle else self._looks_at - now)

    def _expire(self, deadline: Deadline) -> None:
        """Close the connections of a request. No error ends the thread, which all requests need;
        the first one is logged."""
        try:
            deadline.expire()
        except Exception:
            if not self._has_logged:
                self._has_logged = True
                log.exception("the connection of a request that takes too long cannot be closed")
