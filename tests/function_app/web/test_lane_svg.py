"""The lanes as a picture: told by a pattern and in words, in the viewer's zone."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.days.lane import Interval, Lane, LaneCondition
from function_app.devices.conditions import State
from function_app.http.preferences import Preferences
from function_app.localization.translation import LANGUAGES
from function_app.web.lane_svg import MIN_WIDTH, PATTERNS, describe, render, sentence
from tests.support.silent_devices import START, at

UTC_PREFERENCES = Preferences()
BERLIN = Preferences("de", "Europe/Berlin", ZoneInfo("Europe/Berlin"))
SILENCE = LaneCondition(
    State.SILENT,
    None,
    {
        "from": "2026-11-20T02:10:30.000Z",
        "to": "2026-11-20T06:40:10.000Z",
        "photos": 14,
        "came_from": "2026-11-20T06:41:00.000Z",
        "came_to": "2026-11-20T06:41:00.000Z",
    },
)


def lane(*conditions: LaneCondition, camera: str = "gate") -> Lane:
    """Return a lane with an hour of each condition."""
    return Lane(
        camera,
        [
            Interval(at(60 * n), at(60 * n + 60), condition)
            for n, condition in enumerate(conditions)
        ],
    )


class Bars(HTMLParser):
    """Collects the attributes of each bar, and its title as `title`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag == "rect" and "role" in own:
            self.found.append(own)

    def handle_data(self, data: str) -> None:
        if self.lasttag == "title":
            self.found[-1].setdefault("title", data)


def bars(*lanes: Lane, hours: int = 24) -> list[dict[str, str]]:
    """Return the bars of the picture of these lanes, of some hours."""
    parser = Bars()
    parser.feed(str(render(lanes, at(0), at(60 * hours), UTC_PREFERENCES)))
    return parser.found


def test_every_state_has_a_text_and_a_look_of_its_own() -> None:
    """Recorded and quiet are plain, one dark and one pale; each of the others has a pattern."""
    conditions = [LaneCondition(state) for state in State]
    found = bars(lane(*conditions), hours=len(conditions))
    assert [one["class"] for one in found] == [f"lane lane-{state}" for state in State]
    plain = {one["class"] for one in found if one["fill"] == "currentColor"}
    assert plain == {"lane lane-recorded", "lane lane-quiet"}
    assert len(set(PATTERNS.values())) == len(PATTERNS) == len(conditions) - 2
    texts = [one["aria-label"] for one in found]
    assert len({text.partition(": ")[2] for text in texts}) == len(conditions)
    assert [one["title"] for one in found] == texts
    assert [one["tabindex"] for one in found] == ["0", *["-1"] * (len(conditions) - 1)]


def test_the_bars_are_as_long_as_their_times() -> None:
    """Those that begin before or end after the day are cut, and a minute can be seen."""
    shown = Lane(
        "gate",
        [
            Interval(at(-60), at(6 * 60), LaneCondition(State.QUIET)),
            Interval(at(6 * 60), at(6 * 60 + 1), LaneCondition(State.RECORDED)),
            Interval(at(6 * 60 + 1), at(25 * 60), LaneCondition(State.QUIET)),
            Interval(at(25 * 60), at(26 * 60), LaneCondition(State.QUIET)),
        ],
    )
    found = bars(shown)
    assert [(one["x"], one["width"]) for one in found] == [
        ("0.0%", "25.0%"),
        ("25.0%", f"{MIN_WIDTH}%"),
        ("25.069%", "74.931%"),
    ]


def test_a_silence_says_why() -> None:
    """Between the heartbeats before and after it, whichever part of it is shown."""
    one = Interval(START - timedelta(hours=9), START - timedelta(hours=6), SILENCE)
    assert sentence(one, UTC_PREFERENCES) == (
        "silent; no heartbeat from 02:10 to 06:40; 14 photos of that time came at 06:41"
    )
    assert sentence(one, BERLIN) == (
        "meldet sich nicht; kein Lebenszeichen von 03:10 bis 07:40; "
        "14 Fotos aus dieser Zeit kamen um 07:41"
    )


def test_what_was_on_another_day_says_so() -> None:
    """Of a silence that began before the day, and of photos that came after it."""
    midnight = START.replace(hour=0)
    later = midnight + timedelta(days=1)
    silence = replace(SILENCE, details={**SILENCE.details, "from": "2026-11-18T22:05:00.000Z"})
    assert sentence(Interval(midnight, later, silence), UTC_PREFERENCES).startswith(
        "silent; no heartbeat from 22:05 on 18 Nov to 06:40; "
    )
    came = {"came_from": "2026-11-20T23:58:00.000Z", "came_to": "2026-11-21T00:04:00.000Z"}
    late = LaneCondition(State.LATE, None, {"photos": 2, "late": 2, **came})
    one = Interval(later - timedelta(minutes=30), later - timedelta(minutes=29), late)
    assert sentence(one, UTC_PREFERENCES) == (
        "23:30 to 23:31: came late; 2 photos of that time came between 23:58 and 00:04 on 21 Nov"
    )


def test_silences_of_unknown_heartbeats_are_not_joined() -> None:
    """Their own times are all that is said of them."""
    silent, recorded = LaneCondition(State.SILENT), LaneCondition(State.RECORDED)
    texts = [text for _, text in describe(lane(silent, recorded, silent), UTC_PREFERENCES)]
    assert [text.partition(": ")[0] for text in texts] == [
        f"{at(60 * n):%H:%M} to {at(60 * n + 60):%H:%M}" for n in range(3)
    ]


PHOTOS = st.sampled_from([State.LATE, State.RECORDED, State.LOST, State.EXPIRED, State.UNKNOWN])


@given(photos=st.dictionaries(st.integers(1, 58), PHOTOS, max_size=20))
def test_photos_do_not_split_a_silence(photos: dict[int, State]) -> None:
    """It is one bar with one sentence, below those of its photos; another silence has its own. Each
    minute is seen as what it was."""
    other = replace(SILENCE, details={"from": "2026-11-20T07:00:00.000Z", "to": None})
    conditions = [LaneCondition(photos[n]) if n in photos else SILENCE for n in range(60)]
    conditions += [LaneCondition(State.QUIET), other, other]
    minutes = [Interval(at(n), at(n + 1), condition) for n, condition in enumerate(conditions)]
    found = bars(Lane("gate", minutes))
    texts = [one["aria-label"] for one in found]
    assert len(texts) == len(set(texts)) == len(photos) + 3
    assert texts == [text for _, text in describe(Lane("gate", minutes), UTC_PREFERENCES)]
    seen = ["" for _ in minutes]
    for bar in found:  # a later one is above, and is what the slider says
        for minute in range(int(bar["data-first"]), int(bar["data-end"])):
            seen[minute] = bar["class"]
    assert seen == [f"lane lane-{condition.state}" for condition in conditions]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("condition", "ending"),
    [
        (LaneCondition(State.FAILING, "no frames"), "no frames"),
        (LaneCondition(State.RECORDED, None, {"photos": 3}), "3 "),
        (LaneCondition(State.LOST, None, {"lost": 2, "photos": 1}), "2 "),
        (LaneCondition(State.LOST, "missing", {"missing": 1}), "1 "),
        (LaneCondition(State.EXPIRED, None, {"expired": 4}), "4 "),
        (LaneCondition(State.UNKNOWN, "deleted"), ""),
        (
            LaneCondition(
                State.SILENT, "shutdown", {"from": "2026-11-20T02:10:30.000Z", "to": None}
            ),
            "02:10",
        ),
        *((LaneCondition(State.UNKNOWN, one), "") for one in ("backend-down", "no-heartbeat-yet")),
        *((LaneCondition(State.QUIET, one), "") for one in ("paused", "data-budget-spent")),
    ],
)
def test_each_reason_has_words(language: str, condition: LaneCondition, ending: str) -> None:
    preferences = Preferences(language)  # type: ignore[arg-type]
    ((state, text),) = describe(lane(condition), preferences)
    assert state == condition.state
    assert ending in text
    assert "{" not in text
    assert not re.search(r"[a-z]-[a-z]|_", text), "a name of the API"


def test_what_a_device_says_is_text() -> None:
    """Not markup, whatever it is."""
    evil = '"><script>alert(1)</script>&'
    text = str(
        render([lane(LaneCondition(State.FAILING, evil), camera="gate")], at(0), at(60), BERLIN)
    )
    assert "<script" not in text
    assert evil in unescape(text)


def test_the_hours_are_the_viewers() -> None:
    """Also on the days on which the clock is changed, of 23 and 25 hours."""
    berlin = ZoneInfo("Europe/Berlin")
    for month, day, hours in ((3, 29, 23), (10, 25, 25), (11, 20, 24)):
        start = START.replace(month=month, day=day, hour=0, tzinfo=berlin)
        end = start + timedelta(days=1)  # by the clock on the wall
        start, end = start.astimezone(START.tzinfo), end.astimezone(START.tzinfo)
        assert (end - start) == timedelta(hours=hours)
        text = str(render([lane()], start, end, BERLIN))
        found = re.findall(r'class="lane-hour" x="([0-9.]+)%"[^>]*>([0-9:]+)<', text)
        assert [hour for _, hour in found] == ["00:00", "06:00", "12:00", "18:00", "00:00"]
        assert [float(place) for place, _ in found][::4] == [0, 100]


def test_no_style_of_its_own() -> None:
    """The pages' policy (CSP) would block it."""
    text = str(render([lane(*map(LaneCondition, State))], at(0), at(1440), UTC_PREFERENCES))
    assert "style" not in text
    assert "href" not in text
