"""Answer requests on the capture process's socket (pi_uploader/control.py).

One thread accepts connections, and a thread for each answers its request. However many requests
come, they take little from the cameras: at most MAX_CONNECTIONS are served at once, and MAX_RATE of
them begin in a second, after MAX_BURST that may follow a pause at once. The others wait in the
socket's queue.
"""

import json
import logging
import os
import select
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.control import MAX_REQUEST, SOCKET_NAME, LineReader, Reply
from pi_uploader.errors import NightjarError
from pi_uploader.unix_sockets import bind

MAX_CONNECTIONS = 8
MAX_RATE = 50.0  # requests a second
MAX_BURST = 5  # requests at once: what the page or MQTT asks for at a time, and a photo on request
MAX_WAITING = 32  # connections in the socket's queue
REQUEST_SECONDS = 5.0  # until a client has sent its request
REPLY_SECONDS = 5.0  # until it has read the reply
CLOSE_SECONDS = 2.0  # to send the last replies
ERROR_PAUSE_SECONDS = 1.0  # after an error of the socket

log = logging.getLogger("control")


class RefusedError(NightjarError):
    """The request is wrong, or cannot be carried out now. The text says why, to the client."""


IsWaiting = Callable[[], bool]
"""Returns whether the client still waits for the reply."""
Handler = Callable[[Mapping[str, Any], IsWaiting], Reply]
"""Returns the reply to a request. Raises RefusedError."""


class ControlServer:
    """Listens in the spool's folder from `start` until `close`. `pause(seconds)` waits between two
    requests, and returns whether the server is closed."""

    def __init__(
        self,
        spool: Path,
        handler: Handler,
        pause: Callable[[float], bool] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._spool = spool
        self._handler = handler
        self._closed = threading.Event()
        self._pause = pause or self._closed.wait
        self._clock = clock
        self._next_at = float("-inf")  # when another request may begin, in seconds of `clock`
        self._slots = threading.Semaphore(MAX_CONNECTIONS)
        self._socket: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._logged: set[str] = set()

    def start(self) -> None:
        """Listen in a thread. If that is not possible, log a warning: cameras work without it."""
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.fchmod(server.fileno(), 0o600)  # before it has a name: it is never open to others
            bind(server, self._spool / SOCKET_NAME, "capture")
            server.listen(MAX_WAITING)
        except OSError as error:
            server.close()
            log.warning(
                "nobody can ask for photos or previews, or arm cameras: %s; motion, pins and "
                "schedules work",
                error.strerror or error,
            )
            return
        self._socket = server
        thread = threading.Thread(target=self._accept, args=(server,), name="control", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Accept no more requests, and send the replies that are ready."""
        self._closed.set()
        if self._socket is None:
            return
        self._socket.shutdown(socket.SHUT_RDWR)  # ends accept() in the thread
        self._slots.release()
        for thread in self._threads:
            thread.join(CLOSE_SECONDS)
        self._socket.close()

    def _accept(self, server: socket.socket) -> None:
        while not self._closed.is_set():
            self._slots.acquire()
            try:
                connection, _ = server.accept()
                self._start_request(connection)
            except (OSError, RuntimeError) as error:  # closed, or too many files or threads
                self._slots.release()
                if self._closed.is_set():
                    return
                self._log_once(error)
                self._pause(ERROR_PAUSE_SECONDS)
            else:
                self._pause(self._seconds_until_next())

    def _seconds_until_next(self) -> float:
        """Return how long another request has to wait now that one has begun."""
        now = self._clock.monotonic()
        earliest = now - (MAX_BURST - 1) / MAX_RATE
        self._next_at = max(self._next_at, earliest) + 1 / MAX_RATE
        return max(0.0, self._next_at - now)

    def _start_request(self, connection: socket.socket) -> None:
        thread = threading.Thread(
            target=self._serve, args=(connection,), name="control request", daemon=True
        )
        thread.start()
        self._threads[1:] = [*(one for one in self._threads[1:] if one.is_alive()), thread]

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                self._answer(connection)
        except OSError:
            pass  # the client is gone, or sends no request
        except Exception as error:  # noqa: BLE001  whatever it is, the cameras work on
            self._log_once(error)
        finally:
            self._slots.release()

    def _answer(self, connection: socket.socket) -> None:
        line = LineReader(connection, REQUEST_SECONDS, MAX_REQUEST).read_line()
        try:
            reply = self._handler(_parse(line), lambda: _is_waiting(connection))
        except RefusedError as error:
            reply = Reply({"error": str(error)})
        except Exception as error:  # noqa: BLE001  as above, but the client is told
            self._log_once(error)
            reply = Reply({"error": f"unexpected error: {type(error).__name__}; see the log"})
        members = {**reply.members, "size": len(reply.body)} if reply.body else reply.members
        connection.settimeout(REPLY_SECONDS)
        connection.sendall(json.dumps(members).encode() + b"\n" + reply.body)

    def _log_once(self, error: Exception) -> None:
        kind = f"{type(error).__name__}: {error}"
        if kind not in self._logged and len(self._logged) < 100:
            self._logged.add(kind)
            log.error("a request failed", exc_info=error)


def _parse(line: bytes) -> Mapping[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise RefusedError("the request is not a JSON object")
    return request


def _is_waiting(connection: socket.socket) -> bool:
    """Return whether the other end is open. It sends nothing after its request."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return not poll.poll(0)
