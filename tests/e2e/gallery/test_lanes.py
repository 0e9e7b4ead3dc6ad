"""The lanes in a browser, at three widths, light and dark: all that they say is seen and heard."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup
from playwright.sync_api import expect

from function_app.days.lane import Interval, Lane, LaneCondition
from function_app.devices.conditions import State
from function_app.http.preferences import Preferences
from function_app.web.lane_svg import render
from tests.e2e.gallery.browser_pages import Pages, Scheme, Size, check_axe, in_each_look
from tests.support.silent_devices import START

Details = dict[str, int | str | None]
FOLDER = Path("function_app/web/page")
MIDNIGHT = START.replace(hour=0)
CAME: Details = {"came_from": "2026-11-20T06:41:00.000Z", "came_to": "2026-11-20T06:41:00.000Z"}
SILENCE: Details = {
    "from": "2026-11-20T02:10:30.000Z",
    "to": "2026-11-20T06:40:10.000Z",
    "photos": 14,
}
# A day of two cameras: until which minute, and what.
NIGHT = (
    (130, LaneCondition(State.QUIET)),
    (131, LaneCondition(State.RECORDED, None, {"photos": 4})),
    (190, LaneCondition(State.QUIET)),
    (200, LaneCondition(State.SILENT, None, {**SILENCE, **CAME})),
    (204, LaneCondition(State.LATE, None, {"photos": 14, "late": 14, **CAME})),
    (401, LaneCondition(State.SILENT, None, {**SILENCE, **CAME})),
    (520, LaneCondition(State.QUIET)),
    (540, LaneCondition(State.RECORDED, None, {"photos": 60})),
    (545, LaneCondition(State.LOST, None, {"lost": 1, "photos": 2})),
    (700, LaneCondition(State.FAILING, "no frames")),
    (900, LaneCondition(State.DISARMED)),
    (960, LaneCondition(State.EXPIRED, None, {"expired": 3})),
    (1020, LaneCondition(State.QUIET, "paused")),
    (1100, LaneCondition(State.UNKNOWN, "no-heartbeat-yet")),
    (1440, LaneCondition(State.UNKNOWN, "not-counted-yet")),
)
QUIET = ((1320, LaneCondition(State.QUIET)), (1440, LaneCondition(State.SILENT, "shutdown")))


def lane(camera: str, parts: tuple[tuple[int, LaneCondition], ...]) -> Lane:
    starts = [0, *(end for end, _ in parts)]
    return Lane(
        camera,
        [
            Interval(
                MIDNIGHT + timedelta(minutes=start), MIDNIGHT + timedelta(minutes=end), condition
            )
            for start, (end, condition) in zip(starts, parts, strict=False)
        ],
    )


@pytest.mark.slow
@in_each_look
def test_the_lanes_of_a_day(pages: Pages, size: Size, scheme: Scheme) -> None:
    """They fit into the window, and the focus on an interval can be seen."""
    page = pages.new(size, color_scheme=scheme)
    berlin = Preferences("en", "Europe/Berlin", ZoneInfo("Europe/Berlin"))
    shown = [lane("entry", NIGHT), lane("garden-behind-the-house", QUIET)]
    picture = render(shown, MIDNIGHT, MIDNIGHT + timedelta(days=1), berlin)
    styles = "".join((FOLDER / name).read_text() for name in ("shared.css", "lanes.css"))
    frame = (
        '<!doctype html><html lang="en"><head><title>Lanes</title><meta name="viewport" '
        'content="width=device-width"><style>{}</style></head>'
        "<body><main><h1>Friday, 20 November</h1>{}</main></body></html>"
    )
    page.set_content(Markup(frame).format(Markup(styles), picture))  # noqa: S704
    bars = page.get_by_role("listitem")
    expect(bars).to_have_count(len(NIGHT) - 1 + len(QUIET))  # a silence is one
    check_axe(page)
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_accessible_name("01:00 to 03:10: quiet but alive")
    late = page.get_by_label("14 photos of that time came at 07:41").nth(1)
    late.focus()
    expect(page.locator(":focus")).to_have_accessible_name(
        "04:20 to 04:24: came late; 14 photos of that time came at 07:41"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
