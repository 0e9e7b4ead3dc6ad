"""Reading and writing blobs by links with secrets."""

import logging
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from pi_uploader.client import BackendClient, UnavailableError
from pi_uploader.client.blobs import MAX_BLOB_BYTES, BlobClient
from tests.support.certificates import Authority
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.faults import in_turn, redirect, respond_with, status
from tests.support.proxy import as_proxy
from tests.support.store import Response

SECRET = "sig=a%2Fsecret%3D"
DATE = datetime(2026, 11, 28, 3, 0, 7, tzinfo=UTC)
HEADERS = {"ETag": '"1"', "Date": format_datetime(DATE, usegmt=True)}


def blob(exchange: Exchange) -> None:
    """Respond as a storage with one blob."""
    if exchange.request.headers.get("If-None-Match") == HEADERS["ETag"]:
        exchange.send(Response(304, b"", HEADERS))
    else:
        exchange.send(Response(200, b"{}", HEADERS))


def then_close(handler: Handler) -> Handler:
    """Return a handler that closes the connection after another one."""

    def handle(exchange: Exchange) -> None:
        handler(exchange)
        exchange.cut(reset=False)

    return handle


def link(server: FaultServer) -> str:
    return f"{server.base_url}/devices/commands/gate.json?sv=2026&{SECRET}"


@pytest.fixture
def client() -> BlobClient:
    return BackendClient("http://127.0.0.1:1", None).blobs()


def test_a_blob_is_read_once_and_then_asked_for_by_its_etag(client: BlobClient) -> None:
    with FaultServer(blob) as server:
        first = client.read(link(server))
        second = client.read(link(server), first.etag)
        assert (first.content, first.server_time) == (b"{}", DATE)
        assert (second.content, second.server_time) == (None, DATE)
        assert server.connections == 1
        assert server.requests[0].path.endswith(SECRET)
        assert 400 < second.size < 900


def test_a_blob_is_written(client: BlobClient) -> None:
    bodies = []

    def store(exchange: Exchange) -> None:
        bodies.append(exchange.read())
        exchange.send(Response(201))

    with FaultServer(store) as server:
        size = client.write(link(server), b"a picture", "image/jpeg").size
        [request] = server.requests
    assert (request.method, bodies) == ("PUT", [b"a picture"])
    assert request.headers["x-ms-blob-type"] == "BlockBlob"
    assert request.headers["Content-Type"] == "image/jpeg"
    assert size > 300


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (status(403), 403),
        (status(404), 404),
        (redirect("/elsewhere"), 302),
        (respond_with(Response(201)), 201),
        (respond_with(Response(200, b"x" * (MAX_BLOB_BYTES + 1))), None),
        (respond_with(Response(200, b"not compressed", {"Content-Encoding": "gzip"})), None),
        (lambda exchange: exchange.send_bytes(b"nonsense\r\n\r\n"), None),
        (lambda exchange: exchange.cut(), None),
    ],
)
def test_what_is_no_blob(handler: Handler, code: int | None, client: BlobClient) -> None:
    with FaultServer(then_close(handler)) as server:
        with pytest.raises(UnavailableError) as raised:
            client.read(link(server))
        assert all("elsewhere" not in one.path for one in server.requests)
    assert raised.value.status == code
    assert "secret" not in f"{raised.value!r}"


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nX-"], ids=["nothing", "headers"])
def test_a_server_that_never_ends_its_response(
    beginning: bytes, client: BlobClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pi_uploader.client.blobs.MAX_SECONDS", 0.2)

    def stall(exchange: Exchange) -> None:
        exchange.send_bytes(beginning)
        exchange.wait_for_close()

    with FaultServer(stall) as server, pytest.raises(UnavailableError, match="longer than"):
        client.read(link(server))


def test_an_idle_connection_that_the_server_closed_costs_no_poll(client: BlobClient) -> None:
    def close_after(exchange: Exchange) -> None:
        blob(exchange)
        exchange.cut(reset=False)

    with FaultServer(in_turn(close_after, then=blob)) as server:
        for _ in range(3):
            assert client.read(link(server)).content == b"{}"


def test_another_host_gets_its_own_connection(client: BlobClient) -> None:
    with FaultServer(blob) as one, FaultServer(blob) as other:
        for server in (one, other, one):
            assert client.read(link(server)).content == b"{}"


@pytest.mark.parametrize(
    "url",
    ["", "http://", "ftp://127.0.0.1/x", "http://user:word@127.0.0.1/", "http://[::1/?" + SECRET],
)
def test_links_that_cannot_be_used(url: str, client: BlobClient) -> None:
    with pytest.raises(UnavailableError, match="a link that cannot be used"):
        client.read(url)


def test_a_backend_with_tls_gives_no_links_without(trusted: Authority) -> None:
    client = BackendClient("https://127.0.0.1:1", None).blobs()
    with FaultServer(blob) as server:
        with pytest.raises(UnavailableError, match="a link that cannot be used"):
            client.read(link(server))
        assert server.connections == 0
    with FaultServer(blob, trusted.certificate()) as secure:
        assert client.read(link(secure)).content == b"{}"


def test_a_proxy_is_used(client: BlobClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(as_proxy) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(UnavailableError, match="404"):
            client.read(f"http://storage.example/devices/gate.json?{SECRET}")
        assert proxy.requests[0].path.startswith("http://storage.example/")


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\n: x\r\nbroken\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_no_log_line_shows_the_link(
    raw: bytes, client: BlobClient, caplog: pytest.LogCaptureFixture
) -> None:
    """urllib3 would log the address of a response with broken headers."""
    caplog.set_level(logging.INFO)
    with FaultServer(then_close(lambda exchange: exchange.send_bytes(raw))) as server:
        try:
            client.read(link(server))
        except UnavailableError:
            logging.exception("as an unexpected error is logged")
    assert "secret" not in caplog.text
