"""`/api/session` over HTTP: a browser trades the read token for a cookie."""

import json
from http.cookies import Morsel, SimpleCookie

import azure.functions as func
import pytest

from function_app.backend import Backend
from function_app.gallery.session import close_session, open_session
from function_app.refused import RefusedError
from function_app.settings import Settings
from tests.function_app.api import Api
from tests.function_app.memory_store import MemoryAlerts, MemoryBlobs, MemoryIndex

TOKEN = "the-read-token-of-this-test"


def cookie_of(header: str) -> "Morsel[str]":
    return SimpleCookie(header)["nightjar_session"]


def request(url: str, body: bytes = b"", **headers: str) -> func.HttpRequest:
    return func.HttpRequest("POST", url, headers=headers, body=body)


def backend_with(token: str | None) -> Backend:
    return Backend(MemoryBlobs(), MemoryIndex(), MemoryAlerts(), Settings("", token))


def test_a_session_reads(api: Api) -> None:
    """Signed in: everything can be read, without the token; signed out: nothing."""
    reply = api.ask("/api/session", method="POST", json={"token": api.backend.read_token})
    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["Cache-Control"] == "no-store"
    assert api.backend.read_token not in reply.headers["Set-Cookie"]
    assert api.ask("/api/photos").status_code == 200

    reply = api.ask("/api/session", method="DELETE")
    assert reply.status_code == 204
    assert cookie_of(reply.headers["Set-Cookie"])["max-age"] == "0"
    assert api.ask("/api/photos").status_code == 401


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("http://127.0.0.1:7071/api/session", False),
        ("http://localhost:7071/api/session", False),
        ("http://[::1]:7071/api/session", False),
        ("https://localhost/api/session", True),
        ("https://nightjar.example/api/session", True),
        ("http://192.168.1.20:7071/api/session", True),
        ("http://localhost.example/api/session", True),
    ],
)
def test_the_cookie_is_locked_up(url: str, secure: bool) -> None:
    """Secure wherever it could leave the machine; never for scripts, never from other sites."""
    body = json.dumps({"token": TOKEN}).encode()
    for reply in (
        open_session(request(url, body), backend_with(TOKEN)),
        close_session(request(url), backend_with(TOKEN)),
    ):
        cookie = cookie_of(reply.headers["Set-Cookie"])
        assert bool(cookie["secure"]) is secure
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Strict", "/", "")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"token": "wrong"}', 401),
        (b'{"token": ""}', 401),
        (b'{"token": "\\ud800"}', 401),
        (b'{"token": null}', 400),
        (b'{"token": ["x"]}', 400),
        (b"{}", 400),
        (b"[]", 400),
        (b"", 400),
        (b"\xff", 400),
        (b"[" * 4000, 400),
        (b'{"token": "' + b"x" * 5000 + b'"}', 400),
    ],
)
def test_nothing_else_opens_a_session(api: Api, body: bytes, status: int) -> None:
    """And no cookie is set."""
    reply = api.ask("/api/session", method="POST", data=body)
    assert reply.status_code == status
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_another_site_s_page_is_refused(api: Api, origin: str, method: str) -> None:
    """Its browser says where the request comes from."""
    body = {"token": api.backend.read_token}
    reply = api.ask("/api/session", {"Origin": origin}, method, json=body)
    assert reply.status_code == 403
    assert "Set-Cookie" not in reply.headers


def test_the_gallery_s_own_page_is_let_in(api: Api) -> None:
    """Its Origin is the backend's address."""
    body = {"token": api.backend.read_token}
    headers = {"Origin": api.backend.base_url}
    assert api.ask("/api/session", headers, "POST", json=body).status_code == 204


@pytest.mark.parametrize("body", [b'{"token": ""}', b'{"token": "None"}', b'{"token": null}'])
def test_without_a_configured_token_there_is_no_session(body: bytes) -> None:
    """An empty setting is no password."""
    with pytest.raises(RefusedError, match="READ_TOKEN"):
        open_session(request("http://127.0.0.1/api/session", body), backend_with(None))
