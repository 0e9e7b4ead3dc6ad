"""RTSP's requests and responses (RFC 2326): text like HTTP's, with pictures between them."""

import socket
from dataclasses import dataclass

from pi_uploader.errors import NightjarError

MAX_HEAD = 65_536  # bytes
MAX_BODY = 1_000_000  # bytes of a description
_INTERLEAVED = b"$"  # begins a packet of pictures on the same connection (section 10.12)


class NotRtspError(NightjarError):
    """What came is no RTSP."""


@dataclass
class Message:
    """A request or a response. The names of headers are as they came."""

    first_line: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """Return all values of a header."""
        return [value for one, value in self.headers if one.lower() == name.lower()]

    def value(self, name: str) -> str:
        """Return the first value of a header, empty if there is none."""
        return next(iter(self.values(name)), "")

    @property
    def status(self) -> int:
        """The status code of a response. Raises NotRtspError if it has none."""
        words = self.first_line.split(" ", 2)
        if len(words) < 2 or not words[0].startswith("RTSP/") or not words[1].isdigit():
            raise NotRtspError
        return int(words[1])

    @property
    def method(self) -> str:
        return self.first_line.split(" ", 1)[0]

    def __bytes__(self) -> bytes:
        lines = [self.first_line, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class Reader:
    """Reads messages and packets from a connection, with its timeout."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._waiting = b""

    def next(self) -> Message | bytes | None:
        """Return the next message, or a packet as its bytes; None at the end.

        Raises NotRtspError for anything else, OSError (TimeoutError) from the connection.
        """
        while self._waiting[:1] in (b"\r", b"\n"):  # some cameras send one too many
            self._waiting = self._waiting[1:]
        if not self._waiting and not self._fill():
            return None
        if self._waiting[:1] == _INTERLEAVED:
            length = 4 + int.from_bytes(self._take(4, keep=True)[2:], "big")
            return self._take(length)
        while b"\r\n\r\n" not in self._waiting:
            if len(self._waiting) > MAX_HEAD or not self._fill():
                raise NotRtspError
        head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
        first_line, *lines = head.decode("latin-1").split("\r\n")
        if "RTSP/" not in first_line:
            raise NotRtspError
        headers = [
            (name.strip(), value.strip())
            for name, _, value in (one.partition(":") for one in lines)
        ]
        message = Message(first_line, headers)
        size = message.value("Content-Length") or "0"
        if not size.isdigit() or int(size) > MAX_BODY:
            raise NotRtspError
        message.body = self._take(int(size))
        return message

    def next_message(self) -> Message:
        """Return the next message; packets before it are dropped. Raises NotRtspError at the end,
        and as `next` does."""
        while not isinstance(found := self.next(), Message):
            if found is None:
                raise NotRtspError
        return found

    @property
    def has_more(self) -> bool:
        """Whether something was read that has not been given yet."""
        return bool(self._waiting)

    def rest(self) -> bytes:
        """Return what has been read and not been given yet, without waiting."""
        rest, self._waiting = self._waiting, b""
        return rest

    def _take(self, count: int, keep: bool = False) -> bytes:
        while len(self._waiting) < count:
            if not self._fill():
                raise NotRtspError
        found = self._waiting[:count]
        if not keep:
            self._waiting = self._waiting[count:]
        return found

    def _fill(self) -> bool:
        more = self._connection.recv(65_536)
        self._waiting += more
        return bool(more)
