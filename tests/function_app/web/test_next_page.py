"""Where a person goes after signing in: never to another site."""

import string
from urllib.parse import parse_qs, quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.web.next_page import next_page, sign_in_page

SITE = "https://nightjar.example"
HOSTILE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/days\r\nSet-Cookie: nightjar_session=x",
    "/days\nLocation: https://evil.example",
    "/days\0",
    "/\x7f/evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/\u2044evil.example",
    "/\uff0fevil.example",
    "/x/" + "a" * 3000,
    "",
    "?next=//evil.example",
    "#x",
]


@pytest.mark.parametrize("wanted", HOSTILE)
def test_another_site_is_none_to_go_to(wanted: str) -> None:
    assert next_page(wanted) == "/"


@pytest.mark.parametrize("wanted", HOSTILE)
def test_what_is_encoded_once_more_stays_on_this_site(wanted: str) -> None:
    """A browser does not decode a path before it opens it."""
    for path in (quote(wanted, safe=""), "/" + quote(wanted, safe="")):
        assert urlsplit(urljoin(SITE, next_page(path))).netloc == "nightjar.example"


@pytest.mark.parametrize(
    "wanted", ["/", "/days/2026-11-27?camera=gate&from=12%3A30", "/live/gate", "/photos/a-b~c!'()*"]
)
def test_a_page_of_this_site_is(wanted: str) -> None:
    assert next_page(wanted) == wanted


@pytest.mark.parametrize("wanted", ["/sign-in", "/sign-in?next=/sign-in"])
def test_signing_in_leads_to_no_form_again(wanted: str) -> None:
    assert next_page(wanted) == "/"


@given(st.text(alphabet=string.printable + "\0\x7f\u2028\\", max_size=30))
def test_whatever_is_wanted_is_of_this_site(wanted: str) -> None:
    """As a browser reads a Location: without tabs and line breaks, and a backslash as a slash."""
    for asked in (wanted, "/" + wanted, "//" + wanted):
        found = next_page(asked)
        assert found.isprintable()
        assert found.isascii()
        as_read = found.replace("\\", "/")
        assert urlsplit(urljoin(SITE + "/sign-in", as_read)).netloc == "nightjar.example"
        assert as_read.startswith("/")
        assert not as_read.startswith("//")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/", "/"),
        ("https://a.example/days?month=2026-11&camera=x%26y", "/days?month=2026-11&camera=x%26y"),
        ("https://a.example//evil.example", "/"),
        ("", "/"),
    ],
)
def test_the_page_to_sign_in_leads_back(url: str, expected: str) -> None:
    address = urlsplit(sign_in_page(url, has_ended=False))
    assert address.path == "/sign-in"
    assert parse_qs(address.query).get("next", ["/"]) == [expected]
    assert "ended=1" in sign_in_page(url, has_ended=True)
