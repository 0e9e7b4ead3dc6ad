"""Pictures of what devices saw: where motion was, what it is, and triggers without motion."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from photo_wire.headers import Trigger
from tests.e2e.screenshots.pictures_of_one_photo import path_of
from tests.e2e.screenshots.pictures_of_photos import day_of
from tests.e2e.screenshots.site import FullSite, Site, empty_site
from tests.e2e.screenshots.story import Story
from tests.e2e.screenshots.view import View


@pytest.fixture
def own_site() -> Iterator[Site]:
    """A site in which a test may correct triggers: that cannot be undone."""
    with empty_site() as site:
        yield site


def tell_triggers(site: Site) -> Story:
    """Store a photo, and triggers without motion."""
    story = site.begin()
    story.add("gate", story.day + timedelta(hours=20))
    for minutes in (0, 2, 9):
        story.add_stub("gate", story.day + timedelta(hours=21, minutes=minutes, seconds=20))
    story.add_stub("entry", story.day + timedelta(hours=22, seconds=20), Trigger.GPIO)
    return story


# -- Photos


def test_a_photo_without_its_box(view: View, site: FullSite) -> None:
    page = view.open(site.address, path_of(site.story.burst[2]))
    page.locator("#show-box").uncheck()
    expect(page.locator(".box")).to_be_hidden()
    view.take(page, "photo-box-hidden")


def test_a_photo_at_which_no_model_looked(view: View, site: FullSite) -> None:
    start = site.story.day + timedelta(minutes=1330)
    name = next(one for one in site.story.photos["gate"] if one.captured_at >= start)
    page = view.open(site.address, path_of(name))
    view.take(page, "photo-not-looked-at")


@pytest.mark.parametrize("label", ["person", "animal", "bicycle"])
def test_the_photos_of_a_day_with_a_label(view: View, site: FullSite, label: str) -> None:
    """There is none with a bicycle."""
    page = view.open(site.address, day_of(site, f"?label={label}"))
    view.take(page, f"day-label-{label}")


# -- Triggers without motion


def test_a_day_of_triggers_without_motion(view: View, site: FullSite) -> None:
    page = view.open(site.address, day_of(site, "?stubs=only"))
    view.take(page, "day-stubs", is_whole=True)
    page.locator(".event summary").first.click()
    view.take(page, "day-stubs-open", is_whole=True)


def test_chosen_triggers(view: View, site: FullSite) -> None:
    page = view.open(site.address, day_of(site, "?stubs=only"))
    page.locator(".event > .choose input").first.check()
    view.take(page, "day-stubs-chosen")


@pytest.mark.parametrize("query", ["", "&camera=drive&trigger=motion"])
def test_a_day_without_such_triggers(view: View, site: FullSite, query: str) -> None:
    day = site.story.day if query else site.story.day - timedelta(days=100)
    page = view.open(site.address, f"/days/{day:%Y-%m-%d}?stubs=only{query}")
    view.take(page, "day-stubs-filtered" if query else "day-stubs-none")


def test_a_trigger_without_motion(view: View, site: FullSite) -> None:
    page = view.open(site.address, path_of(site.story.stubs[0]))
    expect(page.locator("#correct")).to_be_visible()
    view.take(page, "photo-stub", is_whole=True)
    page = view.open(site.address, path_of(site.story.stubs[3]), "vera", java_script_enabled=False)
    view.take(page, "photo-stub-viewer")


def test_corrected_triggers(view: View, own_site: Site) -> None:
    """One on its page, and some that are chosen, with JavaScript and without it."""
    story = tell_triggers(own_site)
    page = view.open(own_site.address, path_of(story.stubs[0]))
    page.locator("#correct").click()
    expect(page.locator("#stub")).to_have_count(0)
    view.take(page, "photo-corrected")
    for kind, has_scripts in (("", True), ("-without-script", False)):
        path = f"/days/{story.day:%Y-%m-%d}?stubs=only"
        page = view.open(own_site.address, path, java_script_enabled=has_scripts)
        page.locator(".event > .choose input").first.check()
        page.locator("[formaction='/choice/correct']").click()
        expect(page.locator("#part, #answers p").first).to_be_visible()
        view.take(page, f"choice-corrected{kind}")
    page = view.open(own_site.address, f"/days/{story.day:%Y-%m-%d}")
    view.take(page, "day-corrected", is_whole=True)


def test_a_wrong_label(view: View, site: FullSite) -> None:
    page = view.open(site.address, day_of(site, "?label=8-legs"))
    view.take(page, "problem-label")
