"""Signing in and out by forms, as a browser without JavaScript sends them."""

import re

import pytest
import requests

from function_app.settings import Settings
from function_app.storage.errors import StorageUnavailableError
from tests.support.api import Api
from tests.support.browser import same_origin
from tests.support.memory_store import memory_services
from tests.support.page_host import Visitor

HOSTILE = ["//evil.example", "/\\evil.example", "https://evil.example", "/x\r\nSet-Cookie: a=b"]


def send(
    api: Api, fields: dict[str, str], headers: dict[str, str] | None = None
) -> requests.Response:
    """Send the form, and stay at the redirect."""
    headers = same_origin(api) | {"X-Forwarded-For": "192.0.2.7"} | (headers or {})
    reply = api.ask("/sign-in", headers, "POST", data=fields, allow_redirects=False)
    api.http.cookies.clear()  # each test says which cookies it sends
    return reply


def right(api: Api, **more: str) -> dict[str, str]:
    return {"name": "owner", "password": api.backend.password, **more}


def test_a_session_begins_and_ends_by_forms(api: Api) -> None:
    """The next page is that which was wanted; afterwards the session opens nothing more."""
    begun = send(api, right(api, next="/devices"))
    assert (begun.status_code, begun.headers["Location"]) == (303, "/devices")
    session = {"Cookie": f"nightjar_session={begun.cookies['nightjar_session']}"}
    assert api.ask("/devices", session).status_code == 200
    form = api.ask("/sign-in?next=/devices", session, allow_redirects=False)
    assert (form.status_code, form.headers["Location"]) == (303, "/devices")
    ended = api.ask("/sign-out", session | same_origin(api), "POST", allow_redirects=False)
    assert (ended.status_code, ended.headers["Location"]) == (303, "/sign-in")
    assert "Max-Age=0" in ended.headers["Set-Cookie"]
    gone = api.ask("/devices", session, allow_redirects=False)
    assert gone.headers["Location"] == "/sign-in?next=%2Fdevices&ended=1"
    assert "You were signed out" in api.ask("/devices", session).text


def test_a_browser_forgets_its_session_while_the_store_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a shared computer. The page says that the session itself has not ended."""
    services = memory_services(Settings(""))
    owner = Visitor(services)

    def fail(partition: str, key: str) -> None:
        raise StorageUnavailableError("stopped")

    monkeypatch.setattr(services.accounts, "get", fail)
    reply = owner.send("/sign-out")
    assert reply.status_code == 503
    assert reply.headers["Retry-After"] == "10"
    assert reply.headers["Set-Cookie"].startswith("nightjar_session=")
    assert "Max-Age=0" in reply.headers["Set-Cookie"]
    assert "could not be ended in the store" in reply.get_body().decode()
    refused = owner.send("/sign-out", headers={"origin": "https://evil.example"})
    assert (refused.status_code, refused.headers.get("Set-Cookie")) == (403, None)


def test_a_wrong_password_is_shown_beside_the_field(api: Api) -> None:
    """The name stays in the form, the password does not."""
    reply = send(api, {"name": "vera", "password": "not the password", "next": "/devices"})
    assert reply.status_code == 401
    assert "Name or password is wrong." in reply.text
    assert 'value="vera"' in reply.text
    assert reply.text.count('aria-invalid="true"') == 1
    assert 'name="next" value="/devices"' in reply.text
    assert "not the password" not in reply.text
    assert "Set-Cookie" not in reply.headers


def test_who_typed_too_many_wrong_passwords_reads_how_long_to_wait() -> None:
    """No field is wrong then: the next password may be right."""
    visitor = Visitor(memory_services(Settings("")))
    replies = [visitor.send("/sign-in", [("name", "vera"), ("password", "no")]) for _ in range(20)]
    page = replies[-1].get_body().decode()
    assert replies[-1].status_code == 429
    assert re.search(r"Try again in \d+ seconds?\.", page)
    assert "aria-invalid" not in page


def test_another_sites_form_signs_nobody_in_or_out(api: Api) -> None:
    """Neither does one without an origin, which every browser sends with a form."""
    session = send(api, right(api)).cookies["nightjar_session"]
    for origin in ("https://evil.example", "null", ""):
        headers = {"Origin": origin, "Cookie": f"nightjar_session={session}"}
        for path in ("/sign-in", "/sign-out"):
            reply = api.ask(path, headers, "POST", data=right(api), allow_redirects=False)
            assert reply.status_code == 403
            assert "Set-Cookie" not in reply.headers
    assert api.ask("/devices", {"Cookie": f"nightjar_session={session}"}).status_code == 200


@pytest.mark.parametrize("wanted", HOSTILE)
def test_no_form_leads_to_another_site(api: Api, wanted: str) -> None:
    """Whether the address asks for it or the form."""
    begun = send(api, right(api, next=wanted))
    assert (begun.status_code, begun.headers["Location"]) == (303, "/")
    form = api.ask("/sign-in", params={"next": wanted})
    assert 'name="next" value="/"' in form.text
    assert "evil" not in form.text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 401),
        ({"name": "owner"}, 401),
        ({"name": "<script>alert(1)</script>", "password": "x"}, 401),
        ({"name": "\x00\ud7ff", "password": "x"}, 401),
        ({"password": "x" * 20_000}, 413),
    ],
)
def test_whatever_is_sent_gets_a_page(api: Api, fields: dict[str, str], expected: int) -> None:
    reply = send(api, fields)
    assert reply.status_code == expected
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script>alert" not in reply.text


@pytest.mark.parametrize("body", [b"\xff\xfe", b"name=%ff&password=x", b"{}"])
def test_a_form_that_cannot_be_read_gets_a_page(api: Api, body: bytes) -> None:
    reply = api.ask("/sign-in", same_origin(api), "POST", data=body, allow_redirects=False)
    assert reply.status_code in (400, 401)
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
