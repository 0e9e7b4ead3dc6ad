"""The socket of the capture process: who may use it, how many at once, and what cannot stop it."""

import logging
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest

from pi_uploader.capture.control_server import (
    MAX_BURST,
    MAX_CONNECTIONS,
    MAX_RATE,
    ControlServer,
    Handler,
    IsWaiting,
    RefusedError,
)
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.control import SOCKET_NAME, Reply, RequestRefusedError, ask
from pi_uploader.unix_sockets import bind
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_for

ENOUGH = 90.0  # seconds

Serve = Callable[..., ControlServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """`serve(handler, pause, clock)` starts a server that is closed after the test."""
    with ExitStack() as resources:

        def start(
            handler: Handler,
            pause: Callable[[float], bool] | None = None,
            clock: Clock = SYSTEM_CLOCK,
        ) -> ControlServer:
            server = ControlServer(tmp_path, handler, pause, clock)
            resources.callback(server.close)
            server.start()
            return server

        yield start


def echo(request: Mapping[str, Any], _: IsWaiting) -> Reply:
    return Reply({"request": request}, b"\0\n" if request.get("body") else b"")


def test_a_request_gets_its_reply(serve: Serve, tmp_path: Path) -> None:
    serve(echo)
    reply = ask(tmp_path, {"do": "x", "body": True}, ENOUGH)
    assert (reply.members["request"], reply.body) == ({"do": "x", "body": True}, b"\0\n")
    assert ask(tmp_path, {"do": "x"}, ENOUGH).body == b""


def test_the_socket_is_its_owners_alone(serve: Serve, tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        serve(echo)
    finally:
        os.umask(former)
    assert stat.S_IMODE((tmp_path / SOCKET_NAME).stat().st_mode) == 0o600


def test_a_socket_that_a_killed_process_left_is_replaced(serve: Serve, tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as left:
        bind(left, tmp_path / SOCKET_NAME, "capture")
    serve(echo)
    assert ask(tmp_path, {}, ENOUGH).members["request"] == {}


def test_a_second_process_warns_once_and_leaves_the_first_its_socket(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    serve(echo)
    second = ControlServer(tmp_path, echo)
    second.start()
    second.close()
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "another capture process runs on this spool: end one of them" in record.getMessage()
    assert ask(tmp_path, {}, ENOUGH).members["request"] == {}


@pytest.mark.parametrize("obstacle", [Path.touch, Path.mkdir, os.mkfifo])
def test_a_file_of_another_program_is_one_warning(
    obstacle: Callable[[Path], None],
    serve: Serve,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    obstacle(tmp_path / SOCKET_NAME)
    before = (tmp_path / SOCKET_NAME).lstat()
    serve(echo)
    [record] = caplog.records
    assert "is a file of another program: move it away; motion, pins" in record.getMessage()
    assert (tmp_path / SOCKET_NAME).lstat() == before


def test_a_folder_without_sockets_is_one_warning(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT has none: bind() fails with EPERM."""

    class NoSocket(socket.socket):
        def bind(self, address: object) -> None:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", NoSocket)
    serve(echo)
    [record] = caplog.records
    assert "Operation not permitted; motion, pins and schedules work" in record.getMessage()


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b"{\n", b"\xff\n", b"[" * 4000 + b"\n"])
def test_a_request_that_is_none_is_refused(line: bytes, serve: Serve, tmp_path: Path) -> None:
    serve(echo)
    with closing(connect(tmp_path)) as client:
        client.sendall(line)
        assert client.makefile("rb").read() == b'{"error": "the request is not a JSON object"}\n'


def connect(folder: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(ENOUGH)
    client.connect(str(folder / SOCKET_NAME))
    return client


def test_a_line_that_is_too_long_ends_the_connection(serve: Serve, tmp_path: Path) -> None:
    serve(echo)
    with closing(connect(tmp_path)) as client, suppress(BrokenPipeError):  # while it sends
        client.sendall(b"{" + b" " * 200_000)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert ask(tmp_path, {}, ENOUGH).members["request"] == {}


def test_errors_are_replied_and_logged_once(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: Mapping[str, Any], _: IsWaiting) -> Reply:
        if request["do"] == "refuse":
            raise RefusedError("not today")
        raise KeyError("camera")

    serve(fail)
    for _ in range(3):
        with pytest.raises(RequestRefusedError, match=r"^not today$"):
            ask(tmp_path, {"do": "refuse"}, ENOUGH)
        with pytest.raises(RequestRefusedError, match="unexpected error: KeyError; see the log"):
            ask(tmp_path, {"do": "fail"}, ENOUGH)
    assert [record.getMessage() for record in caplog.records] == ["a request failed"]


class Gate:
    """A handler that waits until the test opens it, and knows how many wait."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.entered = threading.Semaphore(0)
        self.most = self.now = 0
        self._lock = threading.Lock()

    def handle(self, request: Mapping[str, Any], _: IsWaiting) -> Reply:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.entered.release()
        assert self.opened.wait(ENOUGH)
        with self._lock:
            self.now -= 1
        return Reply({"number": request["number"]})


def test_at_most_eight_connections_are_served_at_once(serve: Serve, tmp_path: Path) -> None:
    """The others wait, and get their replies later."""
    gate = Gate()
    serve(gate.handle, lambda _: False)
    replies: list[int] = []

    def ask_one(number: int) -> None:
        replies.append(ask(tmp_path, {"number": number}, ENOUGH).members["number"])

    threads = [threading.Thread(target=ask_one, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for _ in range(MAX_CONNECTIONS):
        assert gate.entered.acquire(timeout=ENOUGH)
    gate.opened.set()
    for thread in threads:
        thread.join(ENOUGH)
    assert sorted(replies) == list(range(30))
    assert gate.most <= MAX_CONNECTIONS


def test_a_flood_begins_at_a_limited_rate(serve: Serve, tmp_path: Path) -> None:
    """A burst at once, and each further request after a pause, however many wait."""
    began: list[int] = []
    now = [0.0]  # seconds
    pauses = threading.Semaphore(0)
    paused = threading.Semaphore(0)

    def handle(request: Mapping[str, Any], _: IsWaiting) -> Reply:
        began.append(request["number"])
        return Reply({})

    def pause(seconds: float) -> bool:
        if seconds < 0.001:
            return False
        now[0] += seconds
        paused.release()
        return not pauses.acquire(timeout=ENOUGH)

    serve(handle, pause, FakeClock(seconds=lambda: now[0]))
    threads = [
        threading.Thread(target=ask, args=(tmp_path, {"number": number}, ENOUGH))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for turn in range(MAX_BURST, 21):
        assert paused.acquire(timeout=ENOUGH)
        wait_for(lambda turn=turn: len(began) == turn, what="one more request")  # type: ignore[misc]
        pauses.release()
    for thread in threads:
        thread.join(ENOUGH)
    assert sorted(began) == list(range(20))
    assert now[0] == pytest.approx((21 - MAX_BURST) / MAX_RATE)


def test_after_a_pause_a_burst_begins_at_once(serve: Serve, tmp_path: Path) -> None:
    """And no more than that, however long the pause was."""
    waits: list[float] = []

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        return False

    clock = FakeClock(seconds=0.0)
    serve(echo, pause, clock)
    for hour in range(2):
        clock.seconds = hour * 3600.0
        for _ in range(MAX_BURST + 1):
            ask(tmp_path, {}, ENOUGH)
        count = (hour + 1) * (MAX_BURST + 1)
        wait_for(lambda count=count: len(waits) == count, what="the last pause")  # type: ignore[misc]
    assert waits == pytest.approx([*[0.0] * (MAX_BURST - 1), 1 / MAX_RATE, 2 / MAX_RATE] * 2)


def test_a_handler_learns_that_its_client_is_gone(serve: Serve, tmp_path: Path) -> None:
    is_gone = threading.Event()
    began = threading.Event()

    def wait(_: Mapping[str, Any], is_waiting: IsWaiting) -> Reply:
        assert is_waiting()
        began.set()
        wait_for(lambda: not is_waiting(), what="the client's end")
        is_gone.set()
        return Reply({})

    serve(wait)
    with closing(connect(tmp_path)) as client:
        client.sendall(b"{}\n")
        assert began.wait(ENOUGH)
        assert not is_gone.is_set()
    assert is_gone.wait(ENOUGH)


def test_after_too_many_open_files_it_accepts_again(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [OSError(24, "Too many open files"), RuntimeError("can't start new thread")]
    real = ControlServer._start_request

    def start_request(server: ControlServer, connection: socket.socket) -> None:
        if failures:
            connection.close()
            raise failures.pop(0)
        real(server, connection)

    monkeypatch.setattr(ControlServer, "_start_request", start_request)
    serve(echo, lambda _: False)
    for _ in range(2):
        with closing(connect(tmp_path)) as client:
            assert client.recv(1) == b""
    assert ask(tmp_path, {}, ENOUGH).members["request"] == {}
    assert len(caplog.records) == 2
