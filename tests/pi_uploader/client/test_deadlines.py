"""One thread closes the connections of all requests that take too long."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from urllib3.connection import HTTPConnection

from pi_uploader.client.deadlines import Deadline, Deadlines
from tests.support.waiting import wait_for

FAR = 3600.0  # seconds; no test waits for it
MANY = 50


@contextmanager
def connected() -> Iterator[tuple[HTTPConnection, socket.socket]]:
    """Yield a connection and the socket of its server, which neither reads nor sends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = HTTPConnection("127.0.0.1", listener.getsockname()[1])
        connection.connect()
        server, _ = listener.accept()
        with server:
            yield connection, server
        connection.close()


def context_switches(task: Path) -> int:
    """Return how often a thread has waited (proc_pid_status(5))."""
    lines = (task / "status").read_text().splitlines()
    [count] = [line.split()[1] for line in lines if line.startswith("voluntary_ctxt_switches")]
    return int(count)


def send_for_ever(connection: HTTPConnection) -> None:
    while True:
        connection.sock.sendall(bytes(2**20))


def receive(connection: HTTPConnection) -> None:
    if connection.sock.recv(1) == b"":
        raise ConnectionError


@pytest.mark.parametrize("block", [send_for_ever, receive])
def test_a_blocked_request_is_ended(block: object) -> None:
    """It blocks in sendall to a server that reads nothing, or in recv from one that sends
    nothing."""
    deadlines = Deadlines()
    with connected() as (connection, _), deadlines.limit(0.01) as deadline:
        deadlines.register(connection)
        with pytest.raises(OSError):  # noqa: PT011  which of them is up to the system
            block(connection)  # type: ignore[operator]
        assert deadline.has_passed


def test_a_connection_that_is_opened_too_late_is_closed_too() -> None:
    """The time has passed while the host's name was looked up."""
    deadlines = Deadlines()
    with connected() as (connection, _), deadlines.limit(0.0) as deadline:
        wait_for(lambda: deadline.has_passed, what="the end of the time")
        deadlines.register(connection)
        with pytest.raises(ConnectionError):
            receive(connection)


def test_a_near_deadline_is_not_held_up_by_far_ones() -> None:
    deadlines = Deadlines()
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(deadlines.limit(FAR))
        near = stack.enter_context(deadlines.limit(0.0))
        wait_for(lambda: near.has_passed, what="the near deadline")


def test_a_request_that_ends_in_time_leaves_nothing_behind() -> None:
    """There is one thread for all."""
    deadlines = Deadlines()
    before = set(threading.enumerate())
    for _ in range(MANY):
        with deadlines.limit(FAR):
            assert len(set(threading.enumerate()) - before) == 1
    assert deadlines.running == 0


def test_requests_do_not_wake_up_the_thread() -> None:
    """It looks at them once a minute. Each of them would wake it up twice otherwise."""
    deadlines = Deadlines()
    before = set(Path("/proc/self/task").iterdir())
    with deadlines.limit(FAR):
        [task] = set(Path("/proc/self/task").iterdir()) - before
        wait_for(lambda: "State:\tS" in (task / "status").read_text(), what="the thread's sleep")
    switches = context_switches(task)
    for _ in range(MANY):
        with deadlines.limit(FAR):
            pass
    assert context_switches(task) - switches < MANY / 5


def test_the_connections_of_other_threads_are_left_alone() -> None:
    deadlines = Deadlines()
    with connected() as (mine, server), deadlines.limit(FAR):
        deadlines.register(mine)

        def other() -> None:
            with deadlines.limit(0.0) as deadline:
                wait_for(lambda: deadline.has_passed, what="the end of the time")

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(90)
        server.sendall(b"x")
        receive(mine)


def test_outside_of_a_request_no_connection_is_registered() -> None:
    deadlines = Deadlines()
    with connected() as (connection, server):
        with deadlines.limit(FAR):
            pass
        deadlines.register(connection)
        server.sendall(b"x")
        receive(connection)


def test_a_connection_that_forgets_its_socket_meanwhile_is_closed() -> None:
    """Its own thread closes it while the time passes, between two looks at it."""

    class Forgetful(HTTPConnection):
        looks = 0

        @property
        def sock(self) -> socket.socket | None:
            self.looks += 1
            return server if self.looks % 2 == 0 else None

        @sock.setter
        def sock(self, value: object) -> None:
            pass

    deadlines = Deadlines()
    with connected() as (client, server), deadlines.limit(0.0):
        deadlines.register(Forgetful("127.0.0.1"))
        with pytest.raises(ConnectionError):
            receive(client)


def test_a_socket_that_its_connection_has_forgotten_is_closed() -> None:
    """As after the headers of a response with Connection: close."""
    deadlines = Deadlines()
    with connected() as (connection, server), deadlines.limit(0.01):
        deadlines.register(connection)
        forgotten, connection.sock = connection.sock, None
        with forgotten:
            assert server.recv(1) == b""


def test_no_error_ends_the_time_limits_of_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once."""

    def fail(deadline: Deadline) -> None:
        deadline.has_passed = True
        raise TypeError

    monkeypatch.setattr(Deadline, "expire", fail)
    deadlines = Deadlines()
    for _ in range(3):
        with deadlines.limit(0.0) as deadline:
            wait_for(lambda: deadline.has_passed, what="the end of the time")
    assert caplog.text.count("cannot be closed") == 1
