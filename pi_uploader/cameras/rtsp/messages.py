"""RTSP's requests and responses (RFC 2326): text like HTTP's, with packets between them."""

import socket
from dataclasses import dataclass

from pi_uploader.errors import NightjarError

MAX_HEADER_SIZE = 65_536  # bytes
MAX_BODY_SIZE = 1_000_000  # bytes of a description
_CHUNK_SIZE = 65_536  # bytes
_PACKET_MARK = b"$"  # begins an interleaved packet, with pictures (section 10.12)


class NotRtspError(NightjarError):
    """The data received is not RTSP."""


@dataclass
class Message:
    """A request or a response. Header names are as received."""

    first_line: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header_values(self, name: str) -> list[str]:
        """Return all values of a header; its name ignores case."""
        return [value for one, value in self.headers if one.lower() == name.lower()]

    def header(self, name: str) -> str:
        """Return the first value of a header, empty if it is missing."""
        return next(iter(self.header_values(name)), "")

    @property
    def status(self) -> int:
        """The status code of a response. Raises NotRtspError if there is none."""
        protocol, _, rest = self.first_line.partition(" ")
        status = rest.partition(" ")[0]
        if not protocol.startswith("RTSP/") or not status.isdigit():
            raise NotRtspError
        return int(status)

    @property
    def method(self) -> str:
        return self.first_line.split(" ", 1)[0]

    def __bytes__(self) -> bytes:
        lines = [self.first_line, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class MessageReader:
    """Reads messages and packets from a connection, with the timeout of the connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""

    def next(self) -> Message | bytes | None:
        """Return the next message, or a packet as its bytes; None at the end of the connection.

        Raises NotRtspError for anything else, OSError (TimeoutError) from the connection.
        """
        while self._buffer[:1] in (b"\r", b"\n"):  # some cameras send an extra line break
            self._buffer = self._buffer[1:]
        if not self._buffer and not self._receive():
            return None
        if self._buffer[:1] == _PACKET_MARK:
            length = 4 + int.from_bytes(self._take(4, keep=True)[2:], "big")
            return self._take(length)
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > MAX_HEADER_SIZE or not self._receive():
                raise NotRtspError
        header, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first_line, *lines = header.decode("latin-1").split("\r\n")
        if "RTSP/" not in first_line:
            raise NotRtspError
        headers = [
            (name.strip(), value.strip())
            for name, _, value in (line.partition(":") for line in lines)
        ]
        message = Message(first_line, headers)
        size = message.header("Content-Length") or "0"
        if not size.isdigit() or int(size) > MAX_BODY_SIZE:
            raise NotRtspError
        message.body = self._take(int(size))
        return message

    def next_message(self) -> Message:
        """Return the next message, discarding packets before it. Raises NotRtspError at the end of
        the connection, and as `next` does."""
        while not isinstance(message := self.next(), Message):
            if message is None:
                raise NotRtspError
        return message

    @property
    def has_buffered(self) -> bool:
        """Whether data was received that no call has returned yet."""
        return bool(self._buffer)

    def take_buffered(self) -> bytes:
        """Return the data that was received and that no call has returned yet, without waiting."""
        buffered, self._buffer = self._buffer, b""
        return buffered

    def _take(self, count: int, keep: bool = False) -> bytes:
        while len(self._buffer) < count:
            if not self._receive():
                raise NotRtspError
        taken = self._buffer[:count]
        if not keep:
            self._buffer = self._buffer[count:]
        return taken

    def _receive(self) -> bool:
        received = self._connection.recv(_CHUNK_SIZE)
        self._buffer += received
        return bool(received)
