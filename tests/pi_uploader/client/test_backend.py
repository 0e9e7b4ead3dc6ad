"""A photo leaves the spool on its receipt only, whatever the server does."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from urllib3.util import Timeout

from photo_wire.headers import CONTENT_DIGEST, FUNCTION_KEY, PHOTO_ID, content_digest
from pi_uploader.client import connection
from tests.support import faults
from tests.support.fault_server import Exchange, FaultServer, Handler, store_photo
from tests.support.spool_photos import content
from tests.support.store import Response
from tests.support.uploading import KEY, SHORT_TIMEOUT, Device
from tests.support.waiting import wait_for

BIG = 12_000_000  # bytes; more than the sockets' buffers take
WRONG_TIME = datetime(1970, 1, 2, tzinfo=UTC)


def test_a_photo_leaves_the_spool_when_its_receipt_comes(tmp_path: Path) -> None:
    with FaultServer() as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        device.try_once()
    assert device.places(photo) == []
    assert server.store.photos[str(photo.name)].receipt.sha256 == photo.sha256
    [request] = server.requests
    assert request.headers[FUNCTION_KEY] == KEY
    assert request.headers[PHOTO_ID] == str(photo.name)
    assert request.headers[CONTENT_DIGEST] == content_digest(photo.sha256)


def test_a_photo_that_is_stored_already_leaves_the_spool(tmp_path: Path) -> None:
    """The second device has the first one's photo in its spool: a retry after a lost receipt."""
    with FaultServer() as server:
        for number in range(2):
            device = Device(tmp_path / f"{number}", server)
            [photo] = device.take(1)
            device.try_once()
            assert device.places(photo) == []
    assert (len(server.store.photos), server.store.repeats) == (1, 1)


def test_no_proxy_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names a proxy for all addresses except this one."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    with FaultServer() as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        device.try_once()
    assert device.places(photo) == []


HANGING = [faults.hang]
FAULTS: dict[str, tuple[Handler, int]] = {
    # the answer to every request, and how many requests one try makes
    "hangs": (faults.hang, 1),
    "cuts before the body": (faults.cut_request(0), 2),
    "cuts within the body": (faults.cut_request(50), 2),
    "closes within the body": (faults.cut_request(50, reset=False), 2),
    "stores, then cuts": (faults.store_then_cut(), 2),
    "stores, then closes": (faults.store_then_cut(reset=False), 2),
    "cuts the status line": (faults.cut_response(7), 2),
    "cuts the headers": (faults.cut_response(30), 1),  # looks like a reply without a receipt
    "cuts the receipt": (faults.cut_response(200), 2),
    "301": (faults.redirect("/login", 301), 1),
    "302": (faults.redirect("/login", 302), 1),
    "303": (faults.redirect("/login", 303), 1),
    "307": (faults.redirect("/login", 307), 1),
    "308": (faults.redirect("/login", 308), 1),
    "a login page": (faults.login_page, 1),
    "an empty 200": (faults.respond_with(Response(200)), 1),
    "204": (faults.respond_with(Response(204)), 1),
    "another photo's receipt": (faults.receipt_of_another_photo, 1),
    "a receipt of another hash": (faults.receipt_with_another_hash, 1),
    "a receipt of another size": (faults.receipt_with_another_size, 1),
    "half a receipt": (faults.truncated_receipt, 1),
    "what is not gzip": (
        faults.respond_with(Response(200, b"{}", {"Content-Encoding": "gzip"})),
        2,
    ),
    "what is not HTTP": (lambda exchange: exchange.send_bytes(b"SSH-2.0-x\r\n\r\n"), 2),
    "the host's empty 401": (faults.wrong_key, 1),
    **{f"{code}": (faults.status(code), 1) for code in (401, 403, 404, 429, 500, 502, 503, 504)},
    **{f"{code}": (faults.status(code), 1) for code in (400, 409, 411, 413, 415, 422)},
}


@pytest.mark.parametrize(("handler", "requests"), FAULTS.values(), ids=FAULTS)
def test_a_photo_stays_in_the_spool_while_the_server(
    handler: Handler, requests: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits, and is stored once when the server works again; one try costs few requests."""
    with FaultServer(handler) as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        with monkeypatch.context() as patch:
            if handler in HANGING:
                patch.setattr(connection, "_TIMEOUT", Timeout(read=SHORT_TIMEOUT))
            device.try_once()
        assert device.places(photo) == ["waiting"]
        wait_for(lambda: len(server.requests) == requests, what=f"{requests} requests")
        assert {request.path for request in server.requests} == {"/api/camera/photo"}
        assert device.wait >= 1
        server.handler = store_photo
        device.try_once()
    assert device.places(photo) == []
    assert list(server.store.photos) == [str(photo.name)]


def test_a_photo_stays_in_the_spool_while_the_response_comes_byte_by_byte(tmp_path: Path) -> None:
    """Each byte comes in time, but never the whole."""
    with FaultServer(faults.drip(0.1)) as server:
        device = Device(tmp_path, server, max_put_seconds=3 * SHORT_TIMEOUT)
        [photo] = device.take(1)
        device.try_once()
        assert device.places(photo) == ["waiting"]
        assert (len(server.requests), device.wait >= 1) == (1, True)
        server.handler = store_photo
        Device(tmp_path, server).try_once()
    assert device.places(photo) == []
    assert list(server.store.photos) == [str(photo.name)]


def test_a_response_after_which_the_connection_closes_has_a_deadline_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection has forgotten its socket when the body comes, byte by byte."""

    def drip_body(exchange: Exchange) -> None:
        exchange.read()
        exchange.send_bytes(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 999\r\n\r\n")
        while not exchange.stopped.wait(0.1):
            exchange.send_bytes(b" ")

    with FaultServer(drip_body) as server:
        device = Device(tmp_path, server, max_put_seconds=SHORT_TIMEOUT)
        device.take(1)
        device.try_once()
        assert "took longer than 0.5 s" in caplog.text


@pytest.mark.parametrize(
    "beginning", [b"HTTP/1.1 201 Created\r\nX-", b"HTTP/1.1 422 Unprocessable Content\r\nX-"]
)
def test_headers_that_the_deadline_cut_are_no_answer(
    beginning: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """http.client takes the end of the connection for that of the headers."""

    def stall(exchange: Exchange) -> None:
        exchange.read()
        exchange.send_bytes(beginning)
        exchange.wait_for_close()

    with FaultServer(stall) as server:
        device = Device(tmp_path, server, max_put_seconds=SHORT_TIMEOUT)
        device.take(1)
        device.try_once()
    assert "took longer than 0.5 s" in caplog.text


def test_a_photo_stays_in_the_spool_while_connections_are_refused(tmp_path: Path) -> None:
    with FaultServer() as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        server.refuse()
        device.try_once()
        assert device.places(photo) == ["waiting"]
        assert (server.connections, device.wait >= 1) == (0, True)
        server.listen()
        device.try_once()
    assert device.places(photo) == []


def test_a_request_to_a_server_that_stops_reading_ends(tmp_path: Path) -> None:
    with FaultServer(faults.stop_reading(after=1000)) as server:
        device = Device(tmp_path, server, max_put_seconds=3 * SHORT_TIMEOUT)
        [photo] = device.take(1, size=BIG)
        device.try_once()
        assert device.places(photo) == ["waiting"]
        assert len(server.requests) <= 2


# --- one bad moment


@pytest.mark.parametrize("at", [0, 1, 12, 40, 90, 150, 300])
def test_a_response_cut_once_costs_one_request_more(at: int, tmp_path: Path) -> None:
    """The photo was stored; its second PUT earns the receipt."""
    with FaultServer(faults.in_turn(faults.cut_response(at))) as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        device.try_all(max_tries=2)
    assert device.places(photo) == []
    assert (len(server.requests), len(server.store.photos)) == (2, 1)


def test_connections_that_the_server_closed_delay_nothing(tmp_path: Path) -> None:
    """Servers close connections that are idle; only the next use shows it."""
    with FaultServer(faults.store_and_close) as server:
        device = Device(tmp_path, server)
        device.take(5)
        for _ in range(5):
            device.try_once()
            assert device.wait == 0
    assert (len(server.store.photos), server.store.repeats) == (5, 0)


# --- how long a server is left alone


RETRY_AFTER: dict[str, tuple[Handler, float]] = {
    "seconds": (faults.status(503, "120"), 120),
    "with 429": (faults.status(429, "120"), 120),
    "with 500": (faults.status(500, "7"), 7),
    "too many seconds": (faults.status(503, "999999"), 3600),
    "a date": (faults.retry_after_date(503, 120, datetime.now(UTC)), 120),
    "a date by a wrong clock": (faults.retry_after_date(503, 120, WRONG_TIME), 120),
    "a date far ahead": (faults.retry_after_date(503, 1e7, WRONG_TIME), 3600),
    "a date gone by": (faults.retry_after_date(503, -120, WRONG_TIME), 1),
    "absent": (faults.status(503), 1),
    "empty": (faults.status(503, ""), 1),
    "negative": (faults.status(503, "-5"), 1),
    "a word": (faults.status(503, "soon"), 1),
    "a day that is none": (faults.status(503, "Mon, 32 Jan 2026 00:00:00 GMT"), 1),
    "a year that is none": (faults.status(503, f"Mon, 01 Jan {10**20} 00:00:00 GMT"), 1),
    "a zone that is none": (faults.status(503, f"Mon, 01 Jan 2026 00:00:00 +{10**20}"), 1),
    "a date without a Date": (faults.status(503, "Mon, 05 Jan 2026 00:00:00 GMT", date=""), 1),
}


@pytest.mark.parametrize(("handler", "seconds"), RETRY_AFTER.values(), ids=RETRY_AFTER)
def test_retry_after(handler: Handler, seconds: float, tmp_path: Path) -> None:
    """It is limited to an hour, and a date is relative to the server's own clock. What cannot be
    parsed is ignored."""
    with FaultServer(handler) as server:
        device = Device(tmp_path, server)
        device.take(1)
        device.try_once()
        assert device.wait == pytest.approx(seconds)
        assert device.uploader.step() > 0
        assert len(server.requests) == 1


def test_the_backends_own_sentence_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It knows why; a status code from elsewhere, without a problem, gets a guess."""
    foreign = faults.respond_with(Response(403, b"<h1>Forbidden</h1>"))
    for name, handler, sentence in (
        ("own", faults.status(403), "answered 403: The test wants 403."),
        ("foreign", foreign, "answered 403: access is denied; check AZURE_FUNCTION_KEY"),
    ):
        with FaultServer(handler) as server:
            device = Device(tmp_path / name, server)
            device.take(1)
            device.try_once()
        assert sentence in caplog.text


@pytest.mark.slow
def test_an_outage_of_a_day_costs_few_requests(tmp_path: Path) -> None:
    """However many photos wait: one breaker for all."""
    with FaultServer(faults.status(503)) as server:
        device = Device(tmp_path, server, chance=1.0)
        photos = device.take(20)
        while device.now < timedelta(days=1).total_seconds():
            device.try_once()
        assert len(server.requests) < 750
        server.handler = store_photo
        device.try_all(max_tries=21)
    assert len(server.store.photos) == len(photos)


def test_photos_and_a_report_at_once_keep_their_connections(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """None is thrown away, and none is opened anew."""
    together = threading.Barrier(3, timeout=90)

    def wait_for_all(exchange: Exchange) -> None:
        exchange.read()
        together.wait()
        store_photo(exchange)

    with FaultServer(wait_for_all) as server, ThreadPoolExecutor() as threads:
        device = Device(tmp_path, server)
        for start in (0, 2):
            photos = device.take(2, start=start)
            sent = [
                threads.submit(device.uploader.client.send_photo, photo, BytesIO(content(number)))
                for number, photo in enumerate(photos, start)
            ]
            device.uploader.client.send_alerts([])
            for one in sent:
                one.result(90)
        assert server.connections == 3
    assert caplog.messages == []
