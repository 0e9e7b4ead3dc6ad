"""What a browser remembers of how its user wants the pages."""

from datetime import UTC
from zoneinfo import ZoneInfo

import azure.functions as func
import pytest

from function_app.http.preferences import Preferences, preference_cookie
from function_app.http.request import Request


def read(cookie: str = "", accept: str = "") -> Preferences:
    headers = {"Cookie": cookie, "Accept-Language": accept}
    return Preferences.read(Request(func.HttpRequest("GET", "/", headers=headers, body=b""), {}))


def test_what_the_cookies_say_counts() -> None:
    found = read("zone=Europe/Berlin; language=de; theme=dark; density=compact; other=1", "en")
    zone = ZoneInfo("Europe/Berlin")
    assert found == Preferences("de", "Europe/Berlin", zone, "dark", "compact")


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "zone=; language=; theme=; density=",
        "zone=../../etc/passwd; language=xx; theme=pink; density=0",
        "zone=Europe; language=EN; theme=<script>; density=\x00",
        'zone="Europe/Berlin',
        "zone=/etc/localtime",
        "zone=" + "a" * 5000,
    ],
)
def test_what_is_wrong_counts_as_absent(cookie: str) -> None:
    """Nobody but the browser's user suffers from a planted cookie, and not even they do."""
    found = read(cookie)
    assert found == Preferences()
    assert found.zone is UTC


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr, de;q=0.5, en;q=0.7", "en"),
        ("fr;q=1, DE;q=0.1", "de"),
        ("de;q=0", "en"),
        ("de;q=x, *", "en"),
        ("fr", "en"),
        (";;,,q=1", "en"),
    ],
)
def test_the_browsers_language_is_the_default(header: str, expected: str) -> None:
    assert read(accept=header).language == expected


def test_a_cookie_is_kept_for_a_year_or_deleted() -> None:
    assert (
        preference_cookie("theme", "dark") == "theme=dark; Max-Age=31536000; Path=/; SameSite=Lax"
    )
    assert "Max-Age=0" in preference_cookie("theme", "")
