"""Moments on the pages."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.http.preferences import Preferences, parse_zone
from function_app.localization.translation import Language, Translation
from function_app.web.times import Style, Times

MOMENT = datetime(2026, 11, 27, 23, 5, 9, 120_000, UTC)


def times(language: Language = "en", zone: str = "") -> Times:
    preferences = Preferences(language, zone or None, parse_zone(zone) or UTC)
    return Times(preferences, Translation(language), MOMENT)


@pytest.mark.parametrize(
    ("style", "english", "german"),
    [
        ("short", "23:05", "00:05"),
        ("seconds", "23:05:09", "00:05:09"),
        ("date", "27 Nov 2026", "28. Nov. 2026"),
        ("day", "Friday, 27 November 2026", "Samstag, 28. November 2026"),
        ("long", "27 Nov 2026, 23:05", "28. Nov. 2026, 00:05"),
        ("full", "27 Nov 2026, 23:05:09 UTC", "28. Nov. 2026, 00:05:09 CET"),
    ],
)
def test_a_moment_is_in_the_viewers_zone_and_language(
    style: Style, english: str, german: str
) -> None:
    assert times().text(MOMENT, style) == english
    assert times("de", "Europe/Berlin").text(MOMENT, style) == german


def test_a_moment_may_be_as_the_api_has_it() -> None:
    assert times().text("2026-11-27T23:05:09.120Z", "seconds") == "23:05:09"
    assert str(times()("2026-11-27T23:05:09.120Z")) == str(times()(MOMENT))


def test_the_last_moment_of_all_is_shown_too() -> None:
    """Where it is in the year 10000, which no datetime can be in. A device may say it."""
    text = times("en", "Asia/Tokyo").text("9999-12-31T23:59:59.000Z")
    assert text == "31 Dec 9999, 23:59"


def test_the_element_has_the_moment_for_scripts() -> None:
    expected = '<time datetime="2026-11-27T23:05:09.120Z" data-style="short">00:05</time>'
    assert str(times("de", "Europe/Berlin")(MOMENT, "short")) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "27 Nov 2026, 23:05:09"),
        (2, "27 Nov 2026, 23:05:09 \N{EN DASH} 23:05:11"),
        (3600, "27 Nov 2026, 23:05 \N{EN DASH} 28 Nov 2026, 00:05"),
    ],
)
def test_a_span_has_its_day_once(seconds: int, expected: str) -> None:
    last = MOMENT + timedelta(seconds=seconds)
    assert times().span(MOMENT, last).striptags() == expected


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (-5, "just now", "gerade eben"),
        (1, "just now", "gerade eben"),
        (2, "2 seconds ago", "vor 2 Sekunden"),
        (89, "89 seconds ago", "vor 89 Sekunden"),
        (90, "1 minute ago", "vor 1 Minute"),
        (120, "2 minutes ago", "vor 2 Minuten"),
        (2 * 3600, "2 hours ago", "vor 2 Stunden"),
        (48 * 3600, "2 days ago", "vor 2 Tagen"),
        (1500 * 86_400, "1,500 days ago", "vor 1.500 Tagen"),
    ],
)
def test_an_age_is_in_words(seconds: int, english: str, german: str) -> None:
    moment = MOMENT - timedelta(seconds=seconds)
    assert times().text(moment, "ago") == english
    assert times("de").text(moment, "ago") == german
