"""infra/sign_in.py: whether browsers keep a cookie as Azure sends it."""

import pytest

from function_app.http.cookies import SESSION, set_cookie
from infra.sign_in import NAME, CookieError, check, session_cookie


def test_browsers_keep_the_backends_own_cookie() -> None:
    header = set_cookie(SESSION, "owner.secret", 60, "https://nightjar.example/api/session")
    cookie = session_cookie(f"HTTP/1.1 200 OK\r\nSet-Cookie: {header}\r\n")
    check(cookie)
    assert (cookie.value, cookie.domain) == ("owner.secret", None)
    assert NAME == SESSION


@pytest.mark.parametrize("domain", ["", "nightjar.example"])
def test_an_empty_domain_differs_from_none(domain: str) -> None:
    header = f"__Secure-{NAME}=x; domain={domain}; path=/; secure; httponly; samesite=strict"
    cookie = session_cookie(f"set-cookie: other=1; path=/\nset-cookie: {header}\n")
    check(cookie)
    assert cookie.domain == domain


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (f"__Host-{NAME}=x; domain=a.b; path=/; secure; httponly; samesite=lax", "domain=a.b"),
        (f"__Secure-{NAME}=x; path=/; httponly; samesite=strict", "needs Secure"),
        (f"__Secure-{NAME}=x; path=/; secure; samesite=strict", "no httponly"),
        (f"__Secure-{NAME}=x; secure; httponly; path=/", "no samesite"),
        ("other=x; path=/", "without the session's cookie"),
    ],
)
def test_a_cookie_that_browsers_reject_is_reported(header: str, problem: str) -> None:
    with pytest.raises(CookieError, match=problem):
        check(session_cookie(f"Set-Cookie: {header}\n"))
