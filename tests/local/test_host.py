"""The local host behaves as the real one over HTTP."""

import http.client
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.host import Host
from local.processes import ROOT
from local.server import BODY_LIMIT, Server
from tests.local.toy_app import toy_app
from tests.support.waiting import wait_for

KEYS = ["first-key", "second-key"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(Host(toy_app().get_functions(), KEYS).handle) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def url(server: Server) -> str:
    return server.base_url


def test_a_wrong_method_is_404(url: str) -> None:
    assert requests.post(f"{url}/api/echo", timeout=90).status_code == 404


def test_options_is_404_unless_listed(url: str) -> None:
    assert requests.options(f"{url}/api/echo", timeout=90).status_code == 404


def test_head_is_404_unless_listed(url: str) -> None:
    assert requests.head(f"{url}/api/days/1", timeout=90).status_code == 404


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/api/photos/a%20b", "photo a b"),
        ("/api/photos/newest", "the newest"),
        ("/API/Photos/NEWEST/", "the newest"),
        ("/api/days/2026-11-20", "day 2026-11-20"),
        ("/api/days", "day None"),
        ("/", "page None"),
        ("/static/a/b.css", "page static/a/b.css"),
        ("/static/a/", "page static/a/"),
        ("/api/photos/a/b", "page api/photos/a/b"),
    ],
)
def test_the_most_specific_route_answers(url: str, path: str, text: str) -> None:
    assert requests.get(url + path, timeout=90).text == text


def test_one_path_has_a_function_for_each_method(url: str) -> None:
    response = requests.delete(f"{url}/api/photos/a", timeout=90)
    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Length" not in response.headers


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"x-functions-key": "wrong"}, "", 401),
        ({"x-functions-key": "first-key"}, "", 200),
        ({"X-Functions-Key": "second-key"}, "", 200),
        ({}, "?code=first-key", 200),
        ({}, "?code=wrong", 401),
        ({"x-functions-key": "wrong"}, "?code=first-key", 401),
        ({"x-functions-key": "first-key"}, "?code=wrong", 200),
        ({"x-functions-key": ""}, "", 401),
        ({"x-functions-key": "schl\xfcssel"}, "", 401),
    ],
)
def test_level_function_needs_a_key(
    url: str, headers: dict[str, str], query: str, status: int
) -> None:
    response = requests.put(f"{url}/api/locked{query}", data=b"x", headers=headers, timeout=90)
    assert response.status_code == status
    assert response.content == (b"1" if status == 200 else b"")


def test_a_large_body_with_a_wrong_key_reads_its_401(server: Server) -> None:
    """The body is read before the response, and the connection stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=90)
    for key, status, body in [("wrong", 401, b""), ("first-key", 200, b"6000000")]:
        headers = {"x-functions-key": key}
        connection.request("PUT", "/api/locked", body=bytes(6_000_000), headers=headers)
        response = connection.getresponse()
        assert (response.status, response.read()) == (status, body)
    connection.close()


def test_a_chunked_body_arrives_empty(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=90)
    for _ in range(2):  # the second shows that the first was read to its end
        connection.request("PUT", "/api/echo", body=iter([b"some", b"bytes"]), encode_chunked=True)
        assert json.load(connection.getresponse())["size"] == 0
    connection.close()


def test_a_body_above_the_limit_is_500(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=90)
    parts = [bytes(1024 * 1024)] * 100 + [b"x"]
    headers = {"Content-Length": str(BODY_LIMIT + 1)}
    connection.request("PUT", "/api/echo", body=iter(parts), headers=headers)
    response = connection.getresponse()
    assert (response.status, response.read()) == (500, b"")
    connection.close()


def test_a_body_that_ends_early_reaches_no_function(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "local.host")
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(b"PUT /api/echo?half HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1000) == b""
    requests.get(f"{server.base_url}/api/days/after", timeout=90)
    wait_for(lambda: "/api/days/after" in caplog.text)
    assert "/api/echo" not in caplog.text


@pytest.mark.parametrize("chunks", [b"100\r\nabc", b"ffffffffffffffff\r\nabc", b"3\r\nabc", b"0"])
def test_an_incomplete_chunked_body_does_not_stop_the_host(chunks: bytes) -> None:
    """In its own process: a reader that returned a wrong length crashed the whole process."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from tests.local.toy_app import toy_app;"
        "from local.host import Host; from local.server import Server;"
        "server = Server(Host(toy_app().get_functions(), ['key']).handle);"
        "print(server.server_port, flush=True); server.serve_forever()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(ROOT)], stdout=subprocess.PIPE, cwd=ROOT
    ) as host:
        try:
            assert host.stdout
            port = int(host.stdout.readline())
            for _ in range(3):
                with socket.create_connection(("127.0.0.1", port), timeout=90) as client:
                    client.sendall(b"PUT /api/echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
                    client.sendall(chunks)
                    client.shutdown(socket.SHUT_WR)
                    assert client.recv(1000)[:13] in (b"", b"HTTP/1.1 400 ")
            after = requests.get(f"http://127.0.0.1:{port}/api/days/after", timeout=90)
            assert after.status_code == 200
        finally:
            host.terminate()


@pytest.mark.parametrize(
    "chunks",
    [
        b"nonsense\r\n\r\n",
        b"-5\r\nabcde\r\n0\r\n\r\n",
        b"1_0\r\n" + bytes(16) + b"\r\n0\r\n\r\n",
        b"0" * 5000 + b"\r\n\r\n",
        b"2\r\nlonger\r\n0\r\n\r\n",
        b"0\r\n" + b"x: y\r\n" * 200,
    ],
)
def test_a_malformed_chunked_body_is_400(server: Server, chunks: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=90) as client:
        client.sendall(b"PUT /api/echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("length", ["5", "005", "   5  \t"])
def test_a_length_may_have_zeros_and_spaces(server: Server, length: str) -> None:
    """RFC 9110, sections 5.5 and 8.6."""
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        head = f"PUT /api/echo HTTP/1.1\r\nContent-Length: {length}\r\n\r\n"
        client.sendall(head.encode() + b"photo")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("length", ["-1", "1_0", "ten", "+1"])
def test_an_invalid_length_is_400(server: Server, length: str) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(f"PUT /api/echo HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"   \r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/1.x\r\n\r\n", 400),
        (b"GET / HTTQ/1.1\r\n\r\n", 400),
        (b"GET / a b HTTP/1.1\r\n\r\n", 400),
        (b"PUT /\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET http://[ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: [\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\n\r\n", 505),
        (b"BREW / HTTP/1.1\r\n\r\n", 501),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
    ],
    ids=lambda one: repr(one[:24]) if isinstance(one, bytes) else str(one),
)
def test_a_malformed_request_is_answered(
    server: Server, caplog: pytest.LogCaptureFixture, data: bytes, status: int
) -> None:
    """With a status and no body, which would quote the request; then the connection is closed."""
    caplog.set_level(logging.DEBUG, "local.host")
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=90) as client:
        client.sendall(data)
        response = http.client.HTTPResponse(client)
        response.begin()
        assert (response.status, response.read(), response.getheader("Connection")) == (
            status,
            b"",
            "close",
        )
    assert requests.get(f"{server.base_url}/api/days/after", timeout=90).status_code == 200
    assert "nonsense" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b[2J / HTTP/1.1",
        b"\xe2\x80\xae / HTTP/1.1",
        b"GET /\x1b[2J\x07 HTTP/1.1",
        b"GET /%0d%0a%1b%5b2J%e2%80%ae HTTP/1.1",
        b"GET / HTTP/1.1\x1b[2J",
    ],
)
def test_no_request_puts_a_control_character_into_the_log(
    server: Server, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    """Nor a character that reverses the direction of the text."""
    caplog.set_level(logging.DEBUG, "local.host")
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=90) as client:
        client.sendall(data + b"\r\nConnection: close\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 ")
    wait_for(lambda: caplog.records)
    assert all(one.getMessage().isprintable() for one in caplog.records)


@pytest.mark.parametrize("forwarded_for", [None, "6.6.6.6", "6.6.6.6, 192.0.2.1:99"])
def test_the_app_receives_the_clients_address_as_in_azure(
    forwarded_for: str | None, url: str
) -> None:
    """The host adds it as the last one in X-Forwarded-For, with the port."""
    headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else {}
    echoed = requests.get(f"{url}/api/echo", headers=headers, timeout=90).json()
    *before, caller = echoed["headers"]["x-forwarded-for"].split(", ")
    assert ", ".join(before) == (forwarded_for or "")
    assert caller.startswith("127.0.0.1:")


def test_expect_100_continue_is_answered_at_once(server: Server) -> None:
    """curl sends it before a large body."""
    head = b"PUT /api/echo HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=90) as client:
        client.sendall(head)
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"photo")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_small_response_is_sent_at_once(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Two packets would wake its reader twice."""
    sent: list[int] = []

    class Counted(socket.socket):
        def send(self, data: Any, flags: int = 0) -> int:
            sent.append(len(memoryview(data)))
            return super().send(data, flags)

        def sendall(self, data: Any, flags: int = 0) -> None:
            sent.append(len(memoryview(data)))
            super().sendall(data, flags)

    def accept(server: Server) -> tuple[socket.socket, object]:
        connection, address = server.socket.accept()
        return Counted(fileno=connection.detach()), address

    monkeypatch.setattr(Server, "get_request", accept)
    assert requests.get(f"{url}/api/photos/one", timeout=90).text
    assert len(sent) == 1


def test_the_app_sees_method_url_headers_and_parameters(url: str) -> None:
    echoed = requests.get(
        f"{url}/api/echo?a=1&b=&a=2", headers={"X-Photo-Id": "Some Id"}, timeout=90
    ).json()
    assert echoed["method"] == "GET"
    assert echoed["url"] == f"{url}/api/echo?a=1&b=&a=2"
    assert echoed["params"] == {"a": "1,2", "b": ""}
    assert echoed["headers"]["x-photo-id"] == "Some Id"


def test_responses_have_a_length_and_a_type(url: str) -> None:
    response = requests.get(f"{url}/api/photos/a", timeout=90)
    assert response.headers["Content-Length"] == "7"
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert requests.get(f"{url}/api/echo", timeout=90).headers["Content-Type"] == "application/json"


def test_a_response_to_head_has_a_length_and_no_body(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=90)
    connection.request("HEAD", "/api/photos/a")
    response = connection.getresponse()
    assert (response.status, response.getheader("Content-Length"), response.read()) == (
        200,
        "7",
        b"",
    )
    connection.request("GET", "/api/photos/b")  # would read a left-over body as its status line
    assert connection.getresponse().read() == b"photo b"
    connection.close()


def test_304_has_no_body(url: str) -> None:
    response = requests.get(f"{url}/api/unchanged", timeout=90)
    assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", '"a"')


def test_each_cookie_is_sent_with_its_attributes(url: str) -> None:
    response = requests.post(f"{url}/api/session", timeout=90)
    assert response.raw.headers.getlist("Set-Cookie") == ["a=1; Path=/; HttpOnly", "b=2; Secure"]


def test_an_exception_is_500_without_a_body(url: str, caplog: pytest.LogCaptureFixture) -> None:
    response = requests.get(f"{url}/api/broken", timeout=90)
    assert (response.status_code, response.content) == (500, b"")
    assert "a defect in the app" in caplog.text


def test_the_log_leaves_out_the_query(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "local.host")
    requests.put(f"{url}/api/locked?code=first-key", data=b"x", timeout=90)
    wait_for(lambda: "PUT /api/locked 200" in caplog.text)
    assert "first-key" not in caplog.text


def test_the_prefix_precedes_every_route() -> None:
    host = Host(toy_app().get_functions(), KEYS, prefix="base")
    assert all(function.route.template.startswith("base/") for function in host.functions)


@pytest.mark.parametrize("path", ["/shared/SECRET", "/api/shared/SECRET/x", "/api/%73hared/SECRET"])
def test_the_log_leaves_out_the_secret_of_a_link(
    url: str, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """A link that is used for another photo, or after its end, is still a secret."""
    caplog.set_level(logging.DEBUG, "local.host")
    requests.get(url + path, timeout=90)
    wait_for(lambda: "shared/..." in caplog.text)
    assert "SECRET" not in caplog.text


def test_the_real_host_sends_no_telemetry_of_requests() -> None:
    """Telemetry would include the path, and with it the secret of a link."""
    levels = json.loads((ROOT / "host.json").read_text())["logging"]["logLevel"]
    assert levels["Host.Results"] == "None"
