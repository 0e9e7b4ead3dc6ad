"""Asking the capture process, with a real socket and a process that answers anything."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from pi_uploader.control import (
    MAX_BODY,
    MAX_REPLY,
    SOCKET_NAME,
    ControlError,
    LineReader,
    NotRunningError,
    RequestRefusedError,
    ask,
)
from pi_uploader.unix_sockets import MAX_ADDRESS, bind

ENOUGH = 90.0  # seconds; a reply that comes does so long before
SOON = 0.2  # for replies that never come

StartServer = Callable[[bytes], list[bytes]]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """`start_server(reply)` answers one request with these bytes; returns the list of requests."""
    with ExitStack() as resources:

        def start(reply: bytes) -> list[bytes]:
            server = resources.enter_context(closing(socket.socket(socket.AF_UNIX)))
            bind(server, tmp_path / SOCKET_NAME, "capture")
            server.listen()
            requests: list[bytes] = []

            def answer() -> None:
                connection, _ = server.accept()
                with connection:
                    requests.append(LineReader(connection, ENOUGH, 4096).read_line())
                    with suppress(OSError):  # the client has read enough of it
                        connection.sendall(reply)

            thread = threading.Thread(target=answer)
            thread.start()
            resources.callback(thread.join, ENOUGH)
            return requests

        yield start


def test_the_reply_has_members_and_bytes(start_server: StartServer, tmp_path: Path) -> None:
    requests = start_server(b'{"size": 5, "photo": "a"}\n\xff\xd8\n\0\xd9')
    reply = ask(tmp_path, {"do": "preview", "camera": "gate"}, ENOUGH)
    assert (reply.members["photo"], reply.body) == ("a", b"\xff\xd8\n\0\xd9")
    assert requests == [b'{"do": "preview", "camera": "gate"}']


def test_a_refusal_says_why(start_server: StartServer, tmp_path: Path) -> None:
    start_server(b'{"error": "there is no camera gate"}\n')
    with pytest.raises(RequestRefusedError, match=r"^there is no camera gate$"):
        ask(tmp_path, {"do": "photo"}, ENOUGH)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b'{"size": 5}',
        b'{"size": 5}\nfour',
        b"{}" + b" " * (MAX_REPLY + 65536),
        b"[1]\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
        b'{"size": "5"}\n',
        b'{"size": -1}\n',
        b'{"size": %d}\n' % (MAX_BODY + 1),
    ],
    ids=lambda reply: reply[:16],
)
def test_a_reply_that_is_none_is_an_error(
    reply: bytes, start_server: StartServer, tmp_path: Path
) -> None:
    start_server(reply)
    with pytest.raises(ControlError, match="gave no reply") as raised:
        ask(tmp_path, {"do": "state"}, ENOUGH)
    assert not isinstance(raised.value, RequestRefusedError)


def test_without_a_capture_process_there_is_none_to_ask(tmp_path: Path) -> None:
    for folder in (tmp_path / "missing", tmp_path):
        with pytest.raises(NotRunningError, match="does not run"):
            ask(folder, {"do": "state"}, ENOUGH)
    with closing(socket.socket(socket.AF_UNIX)) as left:
        bind(left, tmp_path / SOCKET_NAME, "capture")
    with pytest.raises(NotRunningError):
        ask(tmp_path, {"do": "state"}, ENOUGH)


def test_a_socket_that_may_not_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / SOCKET_NAME).symlink_to(SOCKET_NAME)
    with pytest.raises(ControlError, match="gave no reply: Too many levels of symbolic links"):
        ask(tmp_path, {"do": "state"}, ENOUGH)


def test_a_process_that_does_not_answer_is_waited_for_until_the_deadline(tmp_path: Path) -> None:
    """Also if its queue of connections is full."""
    with ExitStack() as resources:
        server = resources.enter_context(closing(socket.socket(socket.AF_UNIX)))
        bind(server, tmp_path / SOCKET_NAME, "capture")
        server.listen(0)
        for _ in range(2):
            with pytest.raises(ControlError, match=r"did not reply within 0\.2 s"):
                ask(tmp_path, {"do": "state"}, SOON)


def test_a_path_that_is_too_long_for_an_address_works(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * MAX_ADDRESS)
    folder.mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as server:
        bind(server, folder / SOCKET_NAME, "capture")
        server.listen()
        with pytest.raises(ControlError, match="did not reply"):
            ask(folder, {"do": "state"}, SOON)
    assert os.listdir(folder) == [SOCKET_NAME]  # noqa: PTH208
