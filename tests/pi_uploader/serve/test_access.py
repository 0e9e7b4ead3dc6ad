"""Which requests the page refuses: by password, by host name, by the site that sent them."""

import base64
import socket

import pytest

from pi_uploader.local_view.problems import RequestProblemError
from pi_uploader.serve.access import Access
from tests.support.fake_clock import FakeClock

PASSWORD = "pässword: good"


def request(method: str = "GET", password: str | None = PASSWORD, **headers: str) -> dict[str, str]:
    found = {"REQUEST_METHOD": method, "REMOTE_ADDR": "192.0.2.1", "HTTP_HOST": "192.0.2.9:8080"}
    if password is not None:
        token = base64.b64encode(f"anyone:{password}".encode()).decode()
        found["HTTP_AUTHORIZATION"] = f"Basic {token}"
    return found | {f"HTTP_{name}": value for name, value in headers.items()}


def status(one: Access, sent: dict[str, str]) -> int:
    try:
        one.check(sent)
    except RequestProblemError as problem:
        return int(problem.status)
    return 200


@pytest.fixture
def access() -> Access:
    """Its clock stands still: nobody's wait is over within a test."""
    return Access(PASSWORD, ("gate.example.org",), FakeClock(seconds=1000.0))


def test_the_password_opens_with_any_user_name(access: Access) -> None:
    assert status(access, request()) == 200
    assert status(access, request(password="wrong")) == 401
    assert status(access, request(password="")) == 401
    assert status(access, request(password=None)) == 401


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic !", "Basic YWJj", "Bearer abc", "Basic " + "A" * 9999]
)
def test_what_is_no_password(access: Access, authorization: str) -> None:
    sent = request(password=None, AUTHORIZATION=authorization)
    assert [status(access, sent) for _ in range(20)] in ([401] * 20, [401] * 5 + [429] * 15)
    assert status(access, request() | {"REMOTE_ADDR": "192.0.2.2"}) == 200


def test_a_guesser_waits_and_the_owner_does_not(access: Access) -> None:
    """Not even with the right password may who has to wait try one."""
    statuses = [status(access, request(password=f"wrong {one}")) for one in range(9)]
    assert statuses == [401] * 5 + [429] * 4
    assert status(access, request()) == 429
    assert status(access, request() | {"REMOTE_ADDR": "192.0.2.2"}) == 200
    with pytest.raises(RequestProblemError) as refused:
        access.check(request())
    assert refused.value.headers["Retry-After"]


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("192.168.1.20", True),
        ("192.168.1.20:8080", True),
        ("[::1]:8080", True),
        ("[fe80::1%eth0]", True),
        ("localhost:8080", True),
        (socket.gethostname(), True),
        ("pi.local.", True),
        ("Pi.Lan:80", True),
        ("gate.example.org", True),
        ("evil.example.org", False),
        ("local", False),
        ("notlocal", False),
        ("gate.example.org.evil.com", False),
        ("", False),
        ("[", False),
    ],
)
def test_another_sites_name_may_not_lead_here(access: Access, host: str, is_own: bool) -> None:
    assert (status(access, request(HOST=host)) == 200) is is_own


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({}, True),  # curl
        ({"ORIGIN": "http://192.0.2.9:8080", "SEC_FETCH_SITE": "same-origin"}, True),
        ({"ORIGIN": "http://192.0.2.9:8080"}, True),
        ({"ORIGIN": "http://192.0.2.9"}, False),
        ({"ORIGIN": "http://evil.example.org"}, False),
        ({"ORIGIN": "null"}, False),
        ({"SEC_FETCH_SITE": "cross-site"}, False),
        ({"SEC_FETCH_SITE": "same-site", "SEC_FETCH_MODE": "navigate"}, False),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_another_site_changes_nothing(
    access: Access, method: str, headers: dict[str, str], is_allowed: bool
) -> None:
    assert status(access, request(method, **headers)) == (200 if is_allowed else 403)


def test_another_site_shows_no_picture_and_may_link_here(access: Access) -> None:
    cross = {"SEC_FETCH_SITE": "cross-site"}
    assert status(access, request(**cross, SEC_FETCH_MODE="no-cors")) == 403
    assert status(access, request(**cross, SEC_FETCH_MODE="navigate")) == 200
