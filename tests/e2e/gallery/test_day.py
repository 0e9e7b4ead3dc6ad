"""The page of a day and the calendar, in a real browser."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from function_app.maintenance.counting import update_figures
from function_app.services import connect
from function_app.settings import Settings
from photo_wire.motion import Label
from tests.e2e.gallery.browser_pages import (
    SIZES,
    Pages,
    Scheme,
    Size,
    check_axe,
    follow,
    in_each_look,
    width_when_loaded,
)
from tests.e2e.gallery.filled_gallery import FIRST, Gallery
from tests.support.reporting_device import ReportingDevice

DAY = f"/days/{FIRST:%Y-%m-%d}"
MANY = FIRST + timedelta(days=3)
BEHIND_MARKS = """events => events.flatMap((event) => {
    const mark = event.querySelector(":scope > .choose").getBoundingClientRect();
    return [...event.querySelectorAll(".about > *")].filter((one) => {
        const text = document.createRange();
        text.selectNodeContents(one);
        return [...text.getClientRects()].some((box) =>
            box.right > mark.left && box.top < mark.bottom && box.width > 0);
    }).map((one) => one.textContent);
})"""  # the texts of events
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # it looks again now


@pytest.fixture(scope="module")
def days(gallery: Gallery) -> Gallery:
    """The gallery, with a burst of photos, and a day of four cameras, and with its days counted."""
    for second in range(6):
        labels = [Label(f"{letter}{second}" + letter * 30, 0.5) for letter in "mw"]
        gallery.add("gate", FIRST + timedelta(hours=2, seconds=20 * second), labels=labels)
    for number in range(4):
        gallery.add(f"many-{number}", MANY + timedelta(minutes=30 * number))
    ReportingDevice(gallery.backend, "house", "entry", "gate").report()
    count(gallery)
    return gallery


def count(gallery: Gallery) -> None:
    """Run what the counting timer runs."""
    services = connect(Settings(gallery.backend.connection_string))
    update_figures(services, datetime.now(UTC) + timedelta(minutes=5))


@pytest.mark.slow
@in_each_look
def test_a_day_is_accessible(pages: Pages, days: Gallery, size: Size, scheme: Scheme) -> None:
    page = pages.signed_in(days.backend, DAY, size, color_scheme=scheme)
    page.locator(".event details summary").first.click()
    for picture in page.locator(".event img:visible").all()[:9]:
        width_when_loaded(picture)
    page.evaluate("scrollTo(0, 0)")
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    page.get_by_role("link", name="Calendar").click()
    expect(page.get_by_role("heading", name="November 2026", exact=True)).to_be_focused()
    check_axe(page)


@pytest.mark.slow
def test_on_a_phone_the_first_event_is_in_sight(pages: Pages, days: Gallery) -> None:
    """Below the lanes of three cameras. The filter says what is chosen, and opens."""
    page = pages.signed_in(days.backend, DAY, "phone", timezone_id="Europe/Berlin", locale="de-DE")
    expect(page.locator("svg.lanes g[role=list]")).to_have_count(3)
    expect(page.locator(".event .cover img").first).to_be_in_viewport(ratio=1)
    cover, bar = (page.locator(one).first.bounding_box() for one in (".cover img", "nav.pages"))
    assert cover
    assert bar
    assert cover["y"] + cover["height"] <= bar["y"]
    filter_ = page.locator("#which summary")
    expect(filter_).to_have_text("Welche Fotos: alle Kameras, jeder Auslöser")
    filter_.click()
    page.locator("select[name=camera]").select_option("gate")
    expect(filter_).to_have_text("Welche Fotos: gate, jeder Auslöser")


def test_on_a_phone_the_check_mark_of_an_event_hides_nothing(pages: Pages, days: Gallery) -> None:
    """Each text about the event is beside it or below it."""
    page = pages.signed_in(days.backend, DAY, "phone")
    expect(page.locator(".event .whole").first).to_be_visible()
    assert page.locator(".event").evaluate_all(BEHIND_MARKS) == []


@pytest.mark.slow
def test_on_a_phone_the_lanes_of_many_cameras_are_folded(pages: Pages, days: Gallery) -> None:
    """Until somebody opens them; a new photo does not fold them again."""
    page = pages.signed_in(days.backend, f"/days/{MANY:%Y-%m-%d}", "phone")
    expect(page.locator("svg.lanes")).to_be_hidden()
    expect(page.locator(".event .cover img").first).to_be_in_viewport(ratio=1)
    page.get_by_text("What 4 cameras did").click()
    expect(page.locator("svg.lanes")).to_be_visible()
    desk = pages.signed_in(days.backend, f"/days/{MANY:%Y-%m-%d}")
    expect(desk.locator("svg.lanes")).to_be_visible()


def test_a_day_opens_from_the_calendar(pages: Pages, days: Gallery) -> None:
    """In place: the next month is no other page; Escape leads back to where one was."""
    page = pages.signed_in(days.backend, DAY)
    page.get_by_role("link", name="Calendar").click()
    page.get_by_role("link", name="Next month").click()
    expect(page.get_by_role("heading", name="December 2026", exact=True)).to_be_visible()
    page.get_by_role("link", name="Previous month").click()
    expect(page.get_by_role("heading", name="November 2026", exact=True)).to_be_visible()
    assert page.url.endswith(DAY)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Calendar")).to_be_focused()
    page.get_by_role("link", name="Calendar").click()
    page.get_by_role("link", name="21 Nov 2026").click()
    expect(page.get_by_role("heading", name="Saturday, 21 November 2026")).to_be_visible()


@pytest.mark.slow
def test_a_click_with_control_is_the_browsers(pages: Pages, days: Gallery) -> None:
    page = pages.signed_in(days.backend, DAY)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Calendar").click(modifiers=["ControlOrMeta"])
    expect(opened.value.get_by_role("heading", name="Calendar")).to_be_visible()
    expect(page.locator("#calendar")).to_be_hidden()


@pytest.mark.slow
def test_photos_of_an_event_load_when_they_are_opened(pages: Pages, days: Gallery) -> None:
    """And nothing moves when they have come."""
    page = pages.signed_in(days.backend, DAY)
    burst = page.locator(".event", has=page.get_by_text("Show 6 photos"))
    inside = burst.locator(".photos img").last
    assert inside.evaluate("one => one.complete && one.naturalWidth") == 0
    burst.locator("summary").click()
    box = inside.bounding_box()
    assert width_when_loaded(inside) == 480
    assert inside.bounding_box() == box


def test_the_slider_leads_to_the_photos_of_a_time(pages: Pages, days: Gallery) -> None:
    """By the keyboard, saying what each camera did then."""
    page = pages.signed_in(days.backend, DAY, "phone")
    slider = page.locator("#slider")
    slider.focus()
    slider.fill(str(18 * 60 + 40))
    expect(page.locator("#at")).to_contain_text("gate")
    expect(page.locator(".event", has=page.get_by_text("Show 6 photos"))).to_be_in_viewport()
    expect(slider).to_be_focused()


def test_the_arrows_lead_along_a_lane(pages: Pages, days: Gallery) -> None:
    page = pages.signed_in(days.backend, DAY)
    bars = page.locator("svg.lanes g").first.locator("rect")
    bars.first.focus()
    page.keyboard.press("ArrowRight")
    expect(bars.nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(bars.first).to_be_focused()


@pytest.mark.slow
def test_a_new_photo_slips_in(pages: Pages, days: Gallery) -> None:
    """What is under the pointer stays there, what has the focus keeps it, and an event that is open
    stays open."""
    now = datetime.now(UTC).replace(microsecond=0)
    for hours in range(1, 9):  # more than a window is high
        for second in range(2):
            days.add("today", now - timedelta(hours=hours, milliseconds=second))
    zone = zone_at_noon(now)
    today = f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%d}"
    page = pages.signed_in(days.backend, f"/days/{today}?camera=today", timezone_id=zone)
    events = page.locator(".event")
    expect(events).to_have_count(8)
    events.first.locator("summary").click()
    third = events.nth(2)
    link = third.locator("h3 a")
    link.focus()
    key = third.get_attribute("id")
    kept = page.locator(f"#{key}")
    before = top_of(kept)
    days.add("today", now - timedelta(milliseconds=5))
    page.evaluate(LOOK)
    expect(events).to_have_count(9)
    assert top_of(kept) == pytest.approx(before, abs=1)  # pages are scrolled by whole pixels
    expect(kept.locator("h3 a")).to_be_focused()
    expect(events.nth(1).locator("details")).to_have_attribute("open", "")


def zone_at_noon(now: datetime) -> str:
    """Return a zone where it is noon, so that a test of today is the same at any hour."""
    return f"Etc/GMT{now.hour - 12:+}"  # whose sign is that of the west


def top_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["y"]


@pytest.mark.slow
def test_without_javascript_every_photo_is_reached(pages: Pages, days: Gallery) -> None:
    page = pages.signed_in(days.backend, DAY, java_script_enabled=False)
    page.get_by_label("Day", exact=True).fill("2026-11-21")
    page.get_by_label("until", exact=True).fill("23:00")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", name="Saturday, 21 November 2026")).to_be_visible()
    page.get_by_role("link", name="Previous day with photos").click()
    expect(page.get_by_role("heading", name="Friday, 20 November 2026")).to_be_visible()
    page.locator(".event details summary").first.click()
    expect(page.locator(".photos a").first).to_be_visible()
    page.get_by_role("link", name="Calendar").click()
    page.get_by_role("link", name="21 Nov 2026").click()
    expect(page.locator(".event").first).to_be_visible()


def test_an_empty_day_says_why(pages: Pages, days: Gallery) -> None:
    page = pages.signed_in(days.backend, "/days/2026-11-10")
    expect(page.get_by_text("There is no photo of this day.")).to_be_visible()
    check_axe(page)


@pytest.mark.slow
def test_the_zone_of_the_browser_is_that_of_the_day(pages: Pages, days: Gallery) -> None:
    """The first page was made before the browser said it."""
    page = pages.signed_in(days.backend, "/alerts", timezone_id="Asia/Tokyo")
    page.context.clear_cookies(name="zone")
    page.goto(days.backend.base_url + DAY)
    expect(page.locator("html")).to_have_attribute("data-zone", "Asia/Tokyo")
    expect(page.get_by_text("are in UTC")).to_have_count(0)


def jump(page: Page, at: datetime) -> None:
    page.get_by_label("Day", exact=True).fill(f"{at:%Y-%m-%d}")
    until = page.get_by_label("until", exact=True)
    until.fill(f"{at:%H:%M}")
    follow(until, "Enter")


@pytest.mark.parametrize("years", [1, 10])
def test_any_photo_is_two_actions_away(pages: Pages, days: Gallery, years: int) -> None:
    """A day and time, and the photo: also in the midst of an event."""
    first = FIRST - timedelta(days=365 * years)
    names = [days.add("gate", first + timedelta(seconds=50 * number)) for number in range(5)]
    page = pages.signed_in(days.backend, "/days")
    follow(page.get_by_role("link", name="Today"))
    jump(page, names[2].captured_at)
    photo = page.locator(f"[href$='{names[2]}']:visible").first
    expect(photo).to_be_visible()
    photo.click()
    page.wait_for_url(f"**/photos/{names[2]}*")
