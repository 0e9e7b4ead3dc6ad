"""RTSP messages: what is read from a connection, and what is not RTSP."""

import socket
from collections.abc import Iterator

import pytest

from pi_uploader.cameras.rtsp.messages import (
    MAX_BODY_SIZE,
    MAX_HEADER_SIZE,
    Message,
    MessageReader,
    NotRtspError,
)

Connection = tuple[socket.socket, MessageReader]


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A socket to write to, and the reader of its other end."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(90)
    with ours, theirs:
        yield ours, MessageReader(theirs)


def test_messages_and_packets_are_read_in_turn(connection: Connection) -> None:
    """An extra line break between them, which some cameras send, is skipped."""
    peer, reader = connection
    peer.sendall(
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\ncontent-length: 4\r\n\r\nbody"
        b"\r\n$\x00\x00\x03abcPLAY rtsp://x RTSP/1.0\r\n\r\n"
    )
    message = reader.next()
    assert isinstance(message, Message)
    assert (message.status, message.body, message.header("cseq")) == (200, b"body", "1")
    assert reader.has_buffered
    assert reader.next() == b"$\x00\x00\x03abc"
    assert reader.next_message().method == "PLAY"
    peer.close()
    assert reader.next() is None


def test_packets_before_a_message_are_discarded(connection: Connection) -> None:
    peer, reader = connection
    peer.sendall(b"$\x00\x00\x01aRTSP/1.0 404 Not Found\r\n\r\n$\x00\x00\x01b")
    assert reader.next_message().status == 404
    assert reader.take_buffered() == b"$\x00\x00\x01b"
    assert not reader.has_buffered


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_SIZE + 1),
        b"RTSP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbo",
        b"RTSP/1.0 200 OK\r\n" + b"x" * (MAX_HEADER_SIZE + 1),
        b"$\x00\x00\x04ab",
    ],
)
def test_other_data_is_not_rtsp(connection: Connection, data: bytes) -> None:
    """Or RTSP that is too long, or that ends early."""
    peer, reader = connection
    peer.sendall(data)
    peer.close()
    with pytest.raises(NotRtspError):
        reader.next()


@pytest.mark.parametrize("line", ["RTSP/1.0", "RTSP/1.0 OK", "PLAY 200 RTSP/1.0"])
def test_a_response_without_a_status_is_not_rtsp(line: str) -> None:
    with pytest.raises(NotRtspError):
        _ = Message(line, []).status


def test_a_message_is_written_as_it_was_read() -> None:
    message = Message("DESCRIBE rtsp://x RTSP/1.0", [("CSeq", "2"), ("Accept", "a")], b"body")
    assert bytes(message) == b"DESCRIBE rtsp://x RTSP/1.0\r\nCSeq: 2\r\nAccept: a\r\n\r\nbody"
