"""Pictures of the pages that are used most, in a window of a large screen: lines that are too long,
forms that are stretched, and empty halves show there."""

import pytest
from playwright.sync_api import ViewportSize

from tests.e2e.screenshots.site import FullSite
from tests.e2e.screenshots.view import View, Window

WIDE = Window("wide", ViewportSize(width=1920, height=1080), schemes=("light",))
PAGES = {
    "now": "/",
    "day": "/days/{day}",
    "photo": "/photos/{photo}",
    "calendar": "/days",
    "statistics": "/statistics",
    "devices": "/devices",
    "device": "/devices/house",
    "alerts": "/alerts",
    "notifications": "/notifications",
    "settings": "/settings",
    "settings-people": "/settings/people",
    "settings-links": "/settings/links",
    "settings-audit-log": "/settings/audit-log",
    "trash": "/trash",
    "live": "/live/gate",
}


@pytest.mark.parametrize("view", [WIDE], ids=[WIDE.name], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_a_wide_window(view: View, site: FullSite, name: str) -> None:
    photo = site.story.burst[2]
    path = PAGES[name].format(day=f"{site.story.day:%Y-%m-%d}", photo=photo)
    view.take(view.open(site.address, path), name, is_whole=True)


@pytest.mark.parametrize("view", [WIDE], ids=[WIDE.name], indirect=True)
def test_what_guests_see_in_a_wide_window(view: View, site: FullSite) -> None:
    for name, path in {"sign-in": "/sign-in", "shared": site.link}.items():
        address = path if path.startswith("http") else site.address + path
        view.take(view.open("", address, ""), name, is_whole=True)
