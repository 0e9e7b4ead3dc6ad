"""The fault server does what it is told, however the client's next word falls."""

import socket
import threading

from tests.support.fault_server import Exchange, FaultServer
from tests.support.store import Reply
from tests.support.waiting import wait_for

REQUEST = b"GET / HTTP/1.1\r\n\r\n"


def test_what_comes_before_a_cut_is_seen_is_not_heard() -> None:
    """A client that is quick says its next word before the server has closed the connection."""
    came = threading.Event()

    def reply_and_close(exchange: Exchange) -> None:
        exchange.send(Reply(204))
        assert came.wait(90)
        exchange.cut(reset=False)

    with FaultServer(reply_and_close) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(REQUEST)
            assert line.recv(1000).startswith(b"HTTP/1.1 204 ")
            line.sendall(REQUEST)
            came.set()
            assert line.recv(1000) == b""
        wait_for(lambda: not server._lines, what="the server's own end of it")
    assert len(server.requests) == 1
