"""Durations, moments, shares and large numbers as a reader writes them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.localization.quantities import duration, localize
from function_app.localization.translation import LANGUAGES, Language, Translation, load_strings

ENGLISH, GERMAN = Translation("en"), Translation("de")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("length", "english", "german"),
    [
        (timedelta(0), "0 s", "0 Sek."),
        (timedelta(seconds=59.9), "59 s", "59 Sek."),
        (timedelta(minutes=12, seconds=5), "12 min 5 s", "12 Min. 5 Sek."),
        (timedelta(hours=2, minutes=41), "2 h 41 min", "2 Std. 41 Min."),
        (timedelta(hours=2, minutes=41, seconds=59), "2 h 41 min", "2 Std. 41 Min."),
        (timedelta(hours=3, seconds=7), "3 h", "3 Std."),
        (timedelta(days=1, hours=2), "1 day 2 h", "1 Tag 2 Std."),
        (timedelta(days=1234), "1,234 days", "1.234 Tage"),
    ],
)
def test_a_duration_has_its_two_largest_units(length: timedelta, english: str, german: str) -> None:
    assert duration(ENGLISH, length.total_seconds()) == english
    assert duration(GERMAN, length.total_seconds()) == german


@given(st.integers(0, 10**9))
def test_a_duration_is_never_longer_than_it_was(seconds: int) -> None:
    """And by less than its smaller unit shorter: 2 h 41 min are no 3 hours."""
    units = {"day": 86_400, "days": 86_400, "h": 3600, "min": 60, "s": 1}
    parts = re.findall(r"([\d,]+) (\w+)", duration(ENGLISH, seconds))
    shown = sum(int(count.replace(",", "")) * units[unit] for count, unit in parts)
    larger = {86_400: 3600, 3600: 60, 60: 1, 1: 1}[units[parts[0][1]]]
    assert 0 <= seconds - shown < larger


@pytest.mark.parametrize(
    ("sentence", "english", "german"),
    [
        ("since 2026-11-28 18:02 UTC", "since 28 Nov 2026, 19:02", "since 28. Nov. 2026, 19:02"),
        ("at 2026-11-28T23:02:11.000Z.", "at 29 Nov 2026, 00:02.", "at 29. Nov. 2026, 00:02."),
        ("at 2026-11-28 18:02:11Z: x", "at 28 Nov 2026, 19:02: x", "at 28. Nov. 2026, 19:02: x"),
        ("after 3 h 2 min", "after 3 h 2 min", "after 3 Std. 2 Min."),
        ("it took 4 h 35 min.", "it took 4 h 35 min.", "it took 4 Std. 35 Min."),
        ("within 7.5 s", "within 7.5 s", "within 7,5 Sek."),
        ("after 1 d 2 h; x", "after 1 day 2 h; x", "after 1 Tag 2 Std.; x"),
        ("uses 83% of it", "uses 83% of it", "uses 83\N{NO-BREAK SPACE}% of it"),
        ("1,234,567 bytes", "1,234,567 bytes", "1.234.567 bytes"),
        # what is none of these
        ("gate-20261128T180211402Z-0000a1b2", None, None),
        ("2026-02-30 18:02 UTC", None, None),
        ("version 0.9.1, port 443, 10.0.0.5:80, 1,2,3", None, None),
        ("H.264 at 2 x 4K, 5 d/s", None, None),
    ],
)
def test_a_sentence_has_quantities_as_its_reader_writes_them(
    sentence: str, english: str | None, german: str | None
) -> None:
    assert localize(sentence, ENGLISH, BERLIN) == (english or sentence)
    assert localize(sentence, GERMAN, BERLIN) == (german or sentence)


def test_a_moment_without_a_zone_says_that_it_is_in_utc() -> None:
    """That of a browser which has not said its own yet."""
    assert localize("at 2026-11-28 18:02 UTC", ENGLISH, UTC) == "at 28 Nov 2026, 18:02 UTC"


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["Pacific/Kiritimati", "America/Adak", "Asia/Kolkata"]),
)
def test_each_moment_is_in_the_zone_of_the_reader(at: datetime, name: str) -> None:
    text = localize(f"{at.isoformat(' ', 'minutes')} UTC", ENGLISH, ZoneInfo(name))
    local = at.replace(tzinfo=UTC).astimezone(ZoneInfo(name))
    assert text == f"{ENGLISH.day(local)}, {local:%H:%M}"


@given(st.text(max_size=200) | st.text("0123456789-:TZ dhmins.,% UTC", max_size=60))
def test_no_text_of_a_device_is_an_error(text: str) -> None:
    for t in (ENGLISH, GERMAN):
        localize(text, t, BERLIN)


# Numbers that say how many, by the name of their placeholder; and what may stand beside them.
COUNTS = r"\{(?:count|days|hours|minutes|own|all|photos|cameras)\}"
UNITS = r"(?:KB|MB|GB|TB|min|h|s|d|Std|Min|Sek|Uhr)\b"
NEVER_ONE = {  # texts whose number is a limit, or is of several, or whose words stay as they are
    "sentence.alert_uncertain",
    *("day.limit", "now.many_alerts", "trash.hint", "sentence.address_long"),
    *("sentence.alert_back_many", "sentence.alert_silent_many", "sentence.audit_photos_from"),
    *("sentence.camera_bad_pictures", "sentence.camera_too_many", "sentence.live_many"),
    *("sentence.motion_slow", "sentence.name_length", "sentence.open_commands"),
    *("sentence.photos_wait", "sentence.silent_cameras", "sentence.tests"),
    *("sentence.too_many_channels", "sentence.detection_inputs", "sentence.detection_lines"),
    *("zones.script.too_few", "zones.script.too_many", "zones.script.too_many_corners"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_with_a_number_has_a_form_for_one(language: Language) -> None:
    """If a word stands beside the number that another number would change."""
    found = [
        key
        for key, text in load_strings(language).items()
        if re.search(rf"{COUNTS} (?!{UNITS})\w", text)
        and not key.endswith((".one", ".other", ".zero"))
        and key not in NEVER_ONE
    ]
    assert found == []


def test_german_units_stand_apart_from_their_numbers() -> None:
    units = r"(?:%|°|KB|MB|GB|TB|Std|Min|Sek|dBm)"
    found = [key for key, text in load_strings("de").items() if re.search(rf"[\d}}]{units}", text)]
    assert found == []
