"""Cookies as browsers get them and send them."""

import pytest

from function_app.http.cookies import SESSION, read_cookie, set_cookie

SITE = "https://night.example/api/session"


@pytest.mark.parametrize(
    ("url", "is_secure"),
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
def test_a_cookie_is_protected(url: str, is_secure: bool) -> None:
    """Secure, and of this host alone, wherever it could leave the machine; never for scripts."""
    header = set_cookie(SESSION, "vera.secret", 60, url)
    assert header.startswith("__Secure-nightjar_session=" if is_secure else "nightjar_session=")
    attributes = {"Path=/", "Max-Age=60", "HttpOnly", "SameSite=Lax"}
    assert set(header.split("; ")[1:]) == attributes | ({"Secure"} if is_secure else set())


def test_zero_seconds_drop_a_cookie() -> None:
    assert "Max-Age=0" in set_cookie(SESSION, "", 0, SITE).split("; ")


@pytest.mark.parametrize(
    "odd", ['prefs={"a":"b c"}', "na\u00efve=1", "=", "a[]=(b", 'x="', ";;", "a b=c", ""]
)
def test_an_odd_cookie_of_another_app_hides_no_session(odd: str) -> None:
    """Another host of the same domain may set cookies for it."""
    headers = {"Cookie": f"{odd}; __Secure-nightjar_session=vera.secret; {odd}"}
    assert read_cookie(headers, SESSION, SITE) == "vera.secret"


def test_without_the_cookie_there_is_no_session() -> None:
    """A cookie without the prefix is another one: any host of the domain may have set it."""
    for header in ("", "nightjar_session=vera.secret", "x__Secure-nightjar_session=1"):
        assert read_cookie({"Cookie": header}, SESSION, SITE) == ""
    assert read_cookie({}, SESSION, SITE) == ""
