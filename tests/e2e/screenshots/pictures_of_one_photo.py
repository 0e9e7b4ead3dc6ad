"""Pictures of a photo's page, and of the trash."""

import shutil
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import PhotoName
from tests.e2e.screenshots import camera
from tests.e2e.screenshots.site import FullSite, empty_site
from tests.e2e.screenshots.view import View, shows


def path_of(name: PhotoName) -> str:
    return f"/photos/{name}"


@shows("/photos/{id}")
def test_a_photo(view: View, site: FullSite) -> None:
    page = view.open(site.address, path_of(site.story.burst[2]))
    view.take(page, "photo")


def test_what_is_known_of_a_photo(view: View, site: FullSite) -> None:
    """All of it, of one that came late."""
    page = view.open(site.address, path_of(site.story.late))
    expect(page.locator("#why")).not_to_be_empty()
    page.locator(".facts summary").click()
    view.take(page, "photo-facts", is_whole=True)


def test_a_photo_for_a_viewer(view: View, site: FullSite) -> None:
    """Who can neither share nor delete it, without JavaScript."""
    page = view.open(site.address, path_of(site.story.burst[2]), "vera", java_script_enabled=False)
    view.take(page, "photo-viewer")


def test_a_protected_photo(view: View, site: FullSite) -> None:
    page = view.open(site.address, path_of(site.story.burst[1]))
    protect = page.locator("#protect")
    protect.click()
    expect(protect).to_have_attribute("data-protected", "yes")
    view.take(page, "photo-protected")
    protect.click()
    expect(protect).to_have_attribute("data-protected", "no")


def test_a_photo_is_deleted(view: View, site: FullSite) -> None:
    page = view.open(site.address, path_of(site.story.burst[1]))
    page.locator("#delete").click()
    expect(page.locator("#undo")).to_be_focused()
    view.take(page, "photo-deleted")
    page.locator("#undo").click()
    expect(page.locator("#undo")).to_have_count(0)


def test_a_photo_without_a_connection(view: View, site: FullSite) -> None:
    """The next one cannot be shown, and this one not be deleted."""
    page = view.open(site.address, path_of(site.story.burst[2]))
    page.context.set_offline(True)
    page.keyboard.press("k")
    expect(page.locator("#notice")).to_be_visible()
    page.locator("#delete").click()
    expect(page.locator("#said")).to_be_visible()
    view.take(page, "photo-offline")


def test_an_enlarged_photo(view: View, site: FullSite) -> None:
    page = view.open(site.address, path_of(site.story.burst[2]))
    page.locator("#picture").click()
    expect(page.locator(".pswp--ui-visible")).to_be_visible()
    view.take(page, "photo-enlarged")


def test_a_photo_that_the_browser_cannot_show(view: View, site: FullSite) -> None:
    page = view.new()
    page.route("**/content", lambda route: route.fulfill(body=b"no picture"))
    view.sign_in(page, site.address)
    page.goto(site.address + path_of(site.story.burst[2]))
    expect(page.locator(".picture .none")).to_be_visible()
    view.take(page, "photo-not-shown")


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root")
def test_other_kinds_of_photos(view: View) -> None:
    """A clip, a raw picture, one in an unsure time by a sender whom nobody knows; and the day with
    all of them."""
    with empty_site() as site:
        story = site.begin()
        at = story.day + timedelta(hours=21)
        raw_at = at + timedelta(minutes=9)
        names = {
            "clip": story.add("gate", at, body=camera.take_clip("gate", at), media=Media.MP4),
            "raw": story.add(
                "barn",
                raw_at,
                Trigger.SCHEDULE,
                body=camera.take_raw(raw_at),
                media=Media.DNG,
            ),
            "unsure": story.add(
                "entry",
                at + timedelta(minutes=20),
                Trigger.GPIO,
                clock=ClockStatus.UNSYNCED,
                site="Long Lane 7",
                sender=None,
            ),
        }
        page = view.open(site.address, f"/days/{at:%Y-%m-%d}")
        view.take(page, "day-kinds")
        for kind, name in names.items():
            page.goto(site.address + path_of(name))
            view.take(page, f"photo-{kind}", is_whole=True)
        view.close()


def test_a_photo_that_is_not_there(view: View, site: FullSite) -> None:
    for kind, name in site.gone.items():
        page = view.open(site.address, path_of(name))
        view.take(page, f"photo-gone-{kind}")


# -- The trash


@shows("/trash")
def test_the_trash(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/trash")
    view.take(page, "trash", is_whole=True)


def test_the_trash_without_a_script(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/trash", java_script_enabled=False)
    view.take(page, "trash-without-script")


def test_an_empty_trash(view: View) -> None:
    with empty_site() as site:
        page = view.open(site.address, "/trash")
        view.take(page, "trash-empty")
        view.close()
