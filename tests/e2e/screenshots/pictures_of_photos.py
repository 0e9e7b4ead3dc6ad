"""Pictures of what is now, and of days."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from function_app.devices.conditions import State
from function_app.maintenance.counting import update_figures
from tests.e2e.screenshots.site import FullSite, empty_site
from tests.e2e.screenshots.view import View, shows

LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # it looks again now
COMMAND: dict[str, Any] = {
    "id": "20261128T120000000Z-0000a1b2",
    "device": "house",
    "kind": "photo",
    "state": "asked",
    "detail": None,
    "photos": [],
    "expires_at": "2999-01-01T00:00:00.000Z",
}


def unfold_lanes(page: Page) -> None:
    """Show the lanes of a day, which a phone folds if there are many."""
    page.locator("#lanes").evaluate("lanes => { lanes.open = true; }")


def day_of(site: FullSite, query: str = "") -> str:
    return f"/days/{site.story.day:%Y-%m-%d}{query}"


# -- What is now


@shows("/")
def test_now(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/")
    view.take(page, "now", is_whole=True)


def test_now_while_photos_come(view: View, site: FullSite) -> None:
    """What one sees before the first thumbnail."""
    page = view.new()
    page.route("**/thumbnail", lambda route: None)
    view.sign_in(page, site.address)
    page.goto(site.address, wait_until="commit")
    expect(page.locator(".tile")).to_have_count(6)
    view.take(page, "now-slow", is_loaded=False)


def test_now_without_a_connection(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/")
    page.context.set_offline(True)
    page.evaluate(LOOK)
    expect(page.locator("#problem")).not_to_be_empty()
    view.take(page, "now-offline")


def test_now_while_a_photo_is_asked_for(view: View, site: FullSite) -> None:
    page = view.new()
    page.route("**/capture", lambda route: route.fulfill(json=COMMAND))
    page.route("**/commands/*", lambda route: route.fulfill(json=COMMAND))
    view.sign_in(page, site.address)
    page.goto(site.address)
    page.locator("#take-gate").click()
    expect(page.locator("#asked-gate")).to_contain_text("house")
    view.take(page, "now-asking")


@pytest.mark.parametrize("person", ["owner", "nora"])
def test_without_a_camera(view: View, person: str) -> None:
    """What an owner sees first, and a viewer."""
    with empty_site() as site:
        site.sign_in()
        viewer = {"name": "nora", "password": site.password, "role": "viewer", "cameras": None}
        site.ask("POST", "/api/people", viewer)
        page = view.open(site.address, "/", person)
        view.take(page, "first-run" if person == "owner" else "first-run-viewer", is_whole=True)
        view.close()


# -- Days


@shows("/days/{date}")
def test_a_day(view: View, site: FullSite) -> None:
    page = view.open(site.address, day_of(site))
    view.take(page, "day")


def test_a_day_with_an_open_event(view: View, site: FullSite) -> None:
    page = view.open(site.address, day_of(site, "?camera=gate"))
    event = page.locator(f"#event-{site.story.burst[0]}")
    event.locator("summary").click()
    event.scroll_into_view_if_needed()
    view.take(page, "day-event")


def test_a_day_with_every_state_of_a_minute(view: View, site: FullSite) -> None:
    """And what the patterns mean."""
    page = view.open(site.address, day_of(site))
    unfold_lanes(page)
    page.locator("#legend summary").click()
    for state in State:
        expect(page.locator(f"svg.lanes rect.lane.lane-{state}").first).to_be_visible()
    view.take(page, "day-states", is_whole=True)


def test_a_day_at_a_minute(view: View, site: FullSite) -> None:
    """What the slider says."""
    page = view.open(site.address, day_of(site))
    unfold_lanes(page)
    page.locator("#slider").fill("200")
    page.evaluate("scrollTo(0, 0)")
    view.take(page, "day-slider")


def test_today(view: View, site: FullSite) -> None:
    page = view.open(site.address, f"/days/{site.story.now:%Y-%m-%d}")
    view.take(page, "day-today")


def test_a_day_without_photos(view: View, site: FullSite) -> None:
    start = site.story.day - timedelta(days=100)
    page = view.open(site.address, f"/days/{start:%Y-%m-%d}")
    view.take(page, "day-empty")


def test_a_day_without_photos_of_a_camera(view: View, site: FullSite) -> None:
    page = view.open(site.address, day_of(site, "?camera=drive&trigger=schedule"))
    view.take(page, "day-filtered")


def test_a_day_until_a_time(view: View, site: FullSite) -> None:
    """With the count of the whole day's triggers without motion."""
    page = view.open(site.address, day_of(site, "?from=17:50"))
    view.take(page, "day-until")


def test_a_day_of_which_photos_were_just_deleted(view: View) -> None:
    """They are in the lanes until the next count."""
    with empty_site() as site:
        story = site.begin()
        names = [story.add("gate", story.day + timedelta(hours=hour)) for hour in (9, 14, 15)]
        update_figures(site.services, story.now)
        site.sign_in()
        site.ask("POST", "/api/photos/delete", {"ids": [str(names[1])]})
        page = view.open(site.address, f"/days/{story.day:%Y-%m-%d}")
        view.take(page, "day-deleted")
        view.close()


def test_a_day_to_come(view: View, site: FullSite) -> None:
    page = view.open(site.address, f"/days/{site.story.now + timedelta(days=3):%Y-%m-%d}")
    view.take(page, "day-future")


def test_no_older_day(view: View, site: FullSite) -> None:
    start = site.story.day - timedelta(days=200)
    page = view.open(site.address, f"/days/{start:%Y-%m-%d}?seek=older")
    view.take(page, "day-none-older")


def test_the_photos_until_a_time(view: View, site: FullSite) -> None:
    page = view.open(site.address, day_of(site, "?from=17:50"))
    view.take(page, "day-until")


def test_today_without_a_connection(view: View, site: FullSite) -> None:
    page = view.open(site.address, f"/days/{site.story.now:%Y-%m-%d}")
    page.context.set_offline(True)
    page.evaluate(LOOK)
    expect(page.locator("#problem")).not_to_be_empty()
    view.take(page, "day-offline")


@shows("/days")
def test_the_calendar(view: View, site: FullSite) -> None:
    page = view.open(site.address, f"/days?month={site.story.day - timedelta(days=30):%Y-%m}")
    view.take(page, "calendar-page")
    page.goto(site.address + day_of(site))
    page.locator("#open-calendar").click()
    expect(page.locator("#calendar-title")).to_be_focused()
    view.take(page, "calendar")


# -- Chosen photos


def choose(view: View, site: FullSite) -> Page:
    """Return the page of a day with an event chosen, and some of another."""
    page = view.open(site.address, day_of(site))
    event = page.locator(f"#event-{site.story.burst[0]}")
    event.locator("summary").click()
    for number in (1, 2, 4):
        event.locator(".photos input").nth(number).check()
    page.locator(".event > .choose input").first.check()
    return page


def test_choosing(view: View, site: FullSite) -> None:
    page = choose(view, site)
    view.take(page, "choosing")


def test_sharing(view: View, site: FullSite) -> None:
    page = choose(view, site)
    page.locator("#share").click()
    expect(page.locator("#answer select")).to_be_visible()
    view.take(page, "share")


def test_a_link(view: View, site: FullSite) -> None:
    """A new one; the dialog does not say which. It is revoked afterwards."""
    page = view.open(site.address, f"/photos/{site.story.late}")
    page.locator("#share").click()
    page.locator("#answer [name=make]").click()
    expect(page.locator("#share-url")).to_be_focused()
    view.take(page, "share-made")
    page.locator("#answer [name=revoke]").first.click()
    expect(page.locator("#share-url")).to_have_count(0)
    view.take(page, "share-revoked")


def test_protected_photos(view: View, site: FullSite) -> None:
    page = choose(view, site)
    page.locator("[formaction='/choice/protect']").click()
    expect(page.locator("#answers p")).to_be_visible()
    view.take(page, "choice-protected")
    page.locator("#answers button").first.click()
    expect(page.locator("#answers button[value=yes]")).to_be_visible()


def test_deleted_photos(view: View, site: FullSite) -> None:
    page = choose(view, site)
    page.locator("[formaction='/choice/delete']").click()
    expect(page.locator("#answers p")).to_be_visible()
    view.take(page, "choice-deleted")
    page.locator("#answers button").first.click()
    expect(page.locator("#answers button")).to_have_count(0)


def test_a_download(view: View, site: FullSite) -> None:
    """While it runs, and once it failed."""
    page = view.new()
    view.sign_in(page, site.address)
    page.goto(site.address + day_of(site))
    page.route("**/content", lambda route: None)
    page.locator(".event > .choose input").first.check()
    page.locator(".event > .choose input").nth(1).check()
    page.locator("#download").click()
    expect(page.locator("#answers progress")).to_be_visible()
    view.take(page, "download")
    page.locator("#answers button").click()
    expect(page.locator("#answers progress")).to_have_count(0)
    view.take(page, "download-canceled")


@pytest.mark.parametrize("done", ["download", "delete", "share"])
def test_chosen_photos_without_a_script(view: View, site: FullSite, done: str) -> None:
    page = view.open(site.address, day_of(site), java_script_enabled=False)
    page.locator(".event > .choose input").nth(1).check()
    page.locator(f"#choice [formaction='/choice/{done}'], #choice #{done}").first.click()
    expect(page.locator("#part")).to_be_visible()
    view.take(page, f"choice-page-{done}")
    if done == "delete":
        page.locator("#part button").click()
        expect(page.locator("#part button")).to_have_count(0)
