"""The fault server does what the test chose, whenever the client sends its next request."""

import socket
import threading

from tests.support.fault_server import Exchange, FaultServer
from tests.support.store import Response
from tests.support.waiting import wait_for

REQUEST = b"GET / HTTP/1.1\r\n\r\n"


def test_a_request_that_comes_after_the_cut_is_ignored() -> None:
    """A quick client sends its next request before the server has closed the connection."""
    came = threading.Event()

    def respond_and_close(exchange: Exchange) -> None:
        exchange.send(Response(204))
        assert came.wait(90)
        exchange.cut(reset=False)

    with FaultServer(respond_and_close) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(REQUEST)
            assert line.recv(1000).startswith(b"HTTP/1.1 204 ")
            line.sendall(REQUEST)
            came.set()
            assert line.recv(1000) == b""
        wait_for(lambda: not server._open_connections, what="the server's own end of it")
    assert len(server.requests) == 1
