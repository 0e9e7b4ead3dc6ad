"""Ask the capture process for something: a photo, a preview, its state.

    {"do": "preview", "camera": "gate"}\n       the request, a line of JSON
    {"size": 31245}\n and 31,245 bytes          the reply, a line of JSON and `size` bytes
    {"error": "there is no camera gate"}\n      or why there is none

The capture process listens on a Unix socket in the spool's folder. Each connection is for one
request, and several may wait for their replies at once.
"""

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pi_uploader.errors import NightjarError
from pi_uploader.unix_sockets import address_of

SOCKET_NAME = "capture.sock"
MAX_REQUEST = 4096  # bytes of a request's line
MAX_REPLY = 2 * 1024 * 1024  # bytes of a reply's line; 256 KB of logs, escaped, are the longest
MAX_BODY = 2 * 1024 * 1024  # bytes after it; a preview has about 50 KB
RECONNECT_SECONDS = 0.02  # while as many connections wait as the socket's queue holds


class ControlError(NightjarError):
    """The capture process did not do what it was asked for. The text says why.

    It may have begun: a photo that came too late is found by its tag.
    """

    retryable = True


class NotRunningError(ControlError):
    """No capture process listens on this spool."""

    hint: ClassVar[str] = "systemctl status pi-uploader-capture shows why"


class RequestRefusedError(ControlError):
    """The capture process refused the request, or could not carry it out."""

    retryable = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What the capture process replied: the members of the JSON object, and the bytes after it."""

    members: Mapping[str, Any]
    body: bytes = b""


def ask(spool: Path, request: Mapping[str, Any], seconds: float) -> Reply:
    """Send a request to the capture process of the spool in this folder, and return its reply.

    Raises NotRunningError if none listens, RequestRefusedError with the reason if it refuses, and
    ControlError if the whole reply has not come within `seconds`.
    """
    timeout = ControlError(f"the capture process did not reply within {seconds:g} s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        lines = LineReader(connection, seconds, MAX_REPLY)
        try:
            _connect(lines, spool / SOCKET_NAME)
            lines.before_deadline().sendall(json.dumps(request).encode() + b"\n")
            members = _members(lines.read_line())
            body = lines.read(_size(members))
        except TimeoutError:
            raise timeout from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise ControlError(f"the capture process gave no reply: {reason}") from None
    return Reply(members, body)


class LineReader:
    """Reads a line, and bytes after it, from a connection. Everything together takes at most
    `seconds`, a line at most `limit` bytes."""

    def __init__(self, connection: socket.socket, seconds: float, limit: int) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + seconds
        self._limit = limit
        self._buffer = bytearray()

    def before_deadline(self) -> socket.socket:
        """Return the connection, whose next call waits until the deadline. Raises TimeoutError
        after it."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection

    def read_line(self) -> bytes:
        """Return the next line. Raises OSError if it is too long, or if the connection ends within
        it, TimeoutError after the deadline."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > self._limit:
                raise OSError(f"a line has more than {self._limit} bytes")
            self._receive()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes. Raises as `read_line` does."""
        while len(self._buffer) < size:
            self._receive()
        return bytes(self._buffer[:size])

    def _receive(self) -> None:
        received = self.before_deadline().recv(65536)
        if not received:
            raise ConnectionResetError("the connection ended")
        self._buffer += received


def _connect(lines: LineReader, path: Path) -> None:
    """Connect to the socket at this path. Raises NotRunningError, or TimeoutError."""
    while True:
        try:
            with address_of(path) as address:
                lines.before_deadline().connect(address)
        except BlockingIOError:  # the kernel does not wait for room in the socket's queue
            time.sleep(RECONNECT_SECONDS)
        except (FileNotFoundError, ConnectionRefusedError):
            raise NotRunningError("the capture process does not run, or cannot listen") from None
        else:
            return


def _members(line: bytes) -> dict[str, Any]:
    """Return the object in a reply's line. Raises RequestRefusedError if it has an error, and
    ControlError if it is no reply."""
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise ControlError("the capture process gave no reply that can be understood")
    if "error" in members:
        raise RequestRefusedError(str(members["error"]))
    return members


def _size(members: Mapping[str, Any]) -> int:
    size = members.get("size", 0)
    if not isinstance(size, int) or not 0 <= size <= MAX_BODY:
        raise ControlError("the capture process gave no reply that can be understood")
    return size
