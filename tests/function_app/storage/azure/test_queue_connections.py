"""Connections stay open as long as they are good, and each failure is told from the others."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from azure.core.exceptions import (
    AzureError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from function_app.storage.azure import queue_connections
from function_app.storage.azure.queue_connections import Connections, Reply
from tests.support.certificates import Authority, Kind
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.faults import hang, in_turn, respond_with, status, store_and_close
from tests.support.store import Response

LONG = 90.0  # seconds
SHORT = 0.05
DONE = Response(201, b"done", {"x-ms-error-code": "none"})
CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\n\r\n"
done = respond_with(DONE)


def post(connections: Connections, content: bytes = b"text") -> Reply:
    with connections.send("POST", "/queue?a=b", {"Name": "value"}, content) as sent:
        return sent.receive()


def test_a_connection_is_used_again() -> None:
    with FaultServer(done) as server:
        connections = Connections(f"{server.base_url}/account", LONG)
        assert connections.send_at_once("POST", "/queue", {}, b"text") is None
        assert [post(connections) for _ in range(3)] == [Reply(201, "none", b"done")] * 3
        sent = connections.send_at_once("POST", "/queue", {}, b"text")
        assert sent
        assert sent.receive().status == 201
        assert server.connections == 1
        [request] = {(one.method, one.path) for one in server.requests[:3]}
        assert request == ("POST", "/queue?a=b")
        headers = server.requests[0].headers
        assert dict(headers) == {
            "Host": f"127.0.0.1:{server.port}",
            "Name": "value",
            "Content-Length": "4",
        }


@pytest.mark.parametrize("raw", [CHUNKED, DONE.to_bytes()])
def test_a_response_may_come_in_pieces(raw: bytes) -> None:
    def send(exchange: Exchange) -> None:
        exchange.read()
        for at in range(0, len(raw), 7):
            exchange.send_bytes(raw[at : at + 7])

    with FaultServer(send) as server:
        connections = Connections(server.base_url, LONG)
        assert [post(connections).content for _ in range(2)] == [b"done"] * 2
        assert server.connections == 1


@pytest.mark.parametrize(
    "response", [Response(201, b"done", {"Connection": "close"}), Response(503, b"", {})]
)
def test_a_response_says_whether_its_connection_stays(response: Response) -> None:
    with FaultServer(in_turn(respond_with(response), then=done)) as server:
        connections = Connections(server.base_url, LONG)
        assert post(connections).content == response.body
        assert post(connections).status == 201
        assert server.connections == (2 if response.headers else 1)


def test_a_connection_that_the_other_side_has_closed_is_not_used() -> None:
    with FaultServer(in_turn(store_and_close, then=done)) as server:
        connections = Connections(server.base_url, LONG)
        assert post(connections).status == 404
        server.refuse()  # until the connection is closed
        server.listen()
        assert connections.send_at_once("POST", "/queue", {}, b"text") is None
        assert post(connections).status == 201


def test_a_connection_that_was_silent_for_a_minute_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue_connections, "MAX_IDLE_SECONDS", 0.0)
    with FaultServer(done) as server:
        connections = Connections(server.base_url, LONG)
        assert [post(connections).status for _ in range(2)] == [201] * 2
        assert server.connections == 2


def test_at_most_so_many_connections_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_connections, "MAX_IDLE", 1)
    with FaultServer(done) as server:
        connections = Connections(server.base_url, LONG)
        two = [connections.send("POST", "/queue", {}, b"text") for _ in range(2)]
        assert [one.receive().status for one in two] == [201, 201]
        sent = connections.send_at_once("POST", "/queue", {}, b"text")
        assert sent
        with sent:
            assert connections.send_at_once("POST", "/queue", {}, b"text") is None


def test_threads_get_their_own_responses() -> None:
    def echo(exchange: Exchange) -> None:
        exchange.send(Response(200, exchange.read()))

    with FaultServer(echo) as server, ThreadPoolExecutor(8) as pool:
        connections = Connections(server.base_url, LONG)
        texts = [b"%d" % number for number in range(200)]
        assert list(pool.map(lambda one: post(connections, one).content, texts)) == texts
        assert server.connections <= 8


def test_a_request_that_is_given_up_takes_its_connection_along() -> None:
    """Its response would else be taken for that of the next request."""
    with FaultServer(done) as server:
        connections = Connections(server.base_url, LONG)
        post(connections)
        with connections.send("POST", "/queue", {}, b"text"):
            pass
        assert post(connections).status == 201
        assert server.connections == 2


def cut(exchange: Exchange) -> None:
    exchange.read()
    exchange.cut()


def close(exchange: Exchange) -> None:
    exchange.read()
    exchange.cut(reset=False)


def send_half(exchange: Exchange) -> None:
    exchange.read()
    exchange.send_bytes(DONE.to_bytes()[:-2])
    exchange.cut(reset=False)


def send_noise(exchange: Exchange) -> None:
    exchange.read()
    exchange.send_bytes(b"\xff\r\n" * 100)
    exchange.cut(reset=False)


def send_wrong_chunks(exchange: Exchange) -> None:
    exchange.read()
    exchange.send_bytes(CHUNKED.replace(b"4", b"many"))
    exchange.cut(reset=False)


def drip(exchange: Exchange) -> None:
    """Begin a response, and go on so slowly that no part of it is late."""
    exchange.read()
    exchange.send_bytes(b"HTTP/1.1 201 Created\r\n")
    while not exchange.stopped.wait(SHORT / 5):
        exchange.send_bytes(b"Name: value\r\n")


@pytest.mark.parametrize("handler", [cut, close, send_half, send_noise, send_wrong_chunks])
def test_a_connection_that_breaks(handler: Handler) -> None:
    with FaultServer(in_turn(handler, then=done)) as server:
        connections = Connections(server.base_url, LONG)
        with pytest.raises(ServiceResponseError, match="the connection ended") as error:
            post(connections)
        assert not isinstance(error.value, ServiceResponseTimeoutError)
        assert post(connections).status == 201


@pytest.mark.parametrize("handler", [hang, drip])
def test_a_response_that_does_not_come_is_given_up(handler: Handler) -> None:
    with FaultServer(in_turn(handler, then=done)) as server:
        connections = Connections(server.base_url, LONG)
        with connections.send("POST", "/queue", {}, b"text") as sent:
            sent._seconds = SHORT  # of the response alone
            with pytest.raises(ServiceResponseTimeoutError):
                sent.receive()
        assert connections.send_at_once("POST", "/queue", {}, b"text") is None


def test_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ServiceRequestError, match="no connection: ConnectionRefusedError"):
        post(Connections(f"http://127.0.0.1:{port}", LONG))


@pytest.mark.parametrize("kind", Kind)
def test_tls_by_a_certificate_that_is_trusted(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setattr(queue_connections, "where", lambda: str(authority.bundle))
    with FaultServer(done, authority.certificate(kind)) as server:
        connections = Connections(server.base_url, LONG)
        if kind is Kind.GOOD:
            assert [post(connections).status for _ in range(3)] == [201] * 3
            assert server.connections == 1
        else:
            with pytest.raises(ServiceRequestError, match="SSLCertVerificationError"):
                post(connections)
            assert server.requests == []


def test_a_tls_handshake_that_hangs_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connections = Connections(f"https://127.0.0.1:{silent.getsockname()[1]}", SHORT)
        with pytest.raises(ServiceRequestError, match="no connection: TimeoutError"):
            post(connections)


def test_no_error_has_the_text_of_a_request() -> None:
    texts = []
    for handler in (cut, send_noise, hang):
        with FaultServer(handler) as server:
            connections = Connections(server.base_url, SHORT)
            with pytest.raises(AzureError) as error:
                connections.send("POST", "/queue?sig=secret", {"Authorization": "secret"}).receive()
            texts += [str(error.value), repr(error.value)]
    assert "secret" not in " ".join(texts)


def test_a_failing_response_keeps_its_code() -> None:
    handler = in_turn(
        respond_with(Response(404, b"", {"x-ms-error-code": "QueueNotFound"})), then=status(500)
    )
    with FaultServer(handler) as server:
        connections = Connections(server.base_url, LONG)
        assert post(connections)[:2] == (404, "QueueNotFound")
        assert post(connections)[:2] == (500, None)


def test_a_connection_that_ends_while_a_request_is_sent() -> None:
    """The bytes do not fit into the socket's buffers, and nobody reads them."""

    def read_little(exchange: Exchange) -> None:
        exchange.read(1)
        exchange.cut()

    with FaultServer(read_little) as server:
        connections = Connections(server.base_url, LONG)
        with pytest.raises(ServiceResponseError, match="the connection ended"):
            post(connections, bytes(20_000_000))
