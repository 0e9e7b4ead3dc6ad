"""The heat map: when photos were taken, in the viewer's zone."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

from function_app.days import day_row
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.storage.models import State
from tests.function_app.web.statistics.conftest import NOW
from tests.support.many_cameras import Requests
from tests.support.many_cameras import add_photo as add_photo_of
from tests.support.pages import add_photo, open_page, session_cookie

YESTERDAY = NOW.replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=2)
PATH = "/statistics/hours"


def shown(services: Services, cookie: str, query: str = "") -> str:
    reply = open_page(services, "get_statistics_hours", f"{PATH}{query}", cookie)
    assert reply.status == 200, reply.body
    return unescape(reply.body.decode())


def text_of(day: datetime) -> str:
    return f"{day.day} {day:%b %Y}"


def test_an_hour_is_that_of_the_viewers_zone(services: Services) -> None:
    viewer = session_cookie(services)
    for number in range(2):
        add_photo(services, YESTERDAY, number=number)
    assert "Nothing has been counted yet" in shown(services, viewer)
    update_figures(services, NOW)
    page = shown(services, viewer, "?days=7")
    assert f"{text_of(YESTERDAY)}, 23:00 to 23:59: 2 photos" in page
    assert "Counted at" in page
    assert page.count('scope="row"') == 7
    there = shown(services, f"{viewer}; zone=Asia/Kathmandu", "?days=30")
    next_day = YESTERDAY + timedelta(days=1)
    assert f"{text_of(next_day)}, 05:00 to 05:59: 2 photos" in there
    by_week = shown(services, f"{viewer}; language=de", "?days=365")
    assert "23:00 bis 23:59 Uhr: 2 Fotos" in by_week
    assert by_week.count('scope="row"') == 53


def test_a_viewer_of_some_sees_one_at_a_time(services: Services) -> None:
    """And no sum or scale of others."""
    for number in range(9):
        add_photo(services, YESTERDAY, "yard", number=number)
    add_photo(services, YESTERDAY, "gate")
    update_figures(services, NOW)
    cookie = session_cookie(services, frozenset({"gate", "hall"}))
    page = shown(services, cookie)
    assert "<option selected>gate</option>" in page
    assert '<option value="">' not in page
    assert "Photos by day and hour: 1 photo in all" in page
    assert "9 photos" not in page
    assert "There is no camera hall of which you" in shown(services, cookie, "?camera=hall")
    assert open_page(services, "get_statistics_hours", f"{PATH}?camera=yard", cookie).status == 404
    none = session_cookie(services, frozenset())
    assert "There are no photos of this time." in shown(services, none)


def test_owners_choose_among_all_cameras(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also among more than a column holds; a name that there is not is chosen, too, as the page
    says of which camera there is nothing."""
    monkeypatch.setattr(day_row, "_NAMES", 4)
    for number in range(10):
        add_photo_of(services, number, YESTERDAY)
    update_figures(services, NOW)
    owner = session_cookie(services)
    page = shown(services, owner, "?camera=camera-0007")
    options = re.findall(r"<option( selected)?>(camera-[0-9]{4})</option>", page)
    assert [name for _, name in options] == [f"camera-{number:04}" for number in range(10)]
    assert [name for is_selected, name in options if is_selected] == ["camera-0007"]
    assert "<option selected>hall</option>" in shown(services, owner, "?camera=hall")
    one = session_cookie(services, frozenset({"camera-0001"}))
    assert set(re.findall("camera-[0-9]{4}", shown(services, one))) == {"camera-0001"}


def test_a_page_says_which_photos_it_counts(services: Services) -> None:
    """Received are those that were deleted since, too, and hours are without them."""
    viewer = session_cookie(services)
    photos = [add_photo(services, YESTERDAY, number=number) for number in range(3)]
    services.index.remove(photos[0], State.DELETED)
    update_figures(services, NOW)
    hours = shown(services, viewer)
    assert "Photos by day and hour: 2 photos in all" in hours
    assert "stored now, without those that were deleted since." in hours
    received = open_page(services, "get_statistics", "/statistics", viewer).body.decode()
    assert "Photos received: 3 in all" in received
    assert "All photos that came, also those that were deleted since." in received


@pytest.mark.slow
@pytest.mark.parametrize("cameras", [3, 1000])
def test_the_page_takes_three_requests(services: Services, cameras: int) -> None:
    """Those of the session, of the counts, and of when these were counted; of a year, too."""
    for number in range(cameras):
        add_photo_of(services, number, NOW - timedelta(hours=number))
    update_figures(services, NOW)
    requests = Requests()
    for seen in (None, frozenset({"camera-0000", "camera-0002"}), frozenset({"camera-0001"})):
        cookie = session_cookie(services, seen)
        camera = "camera-0002" if seen and len(seen) == 2 else "camera-0001"
        for query in ("", "?days=7", "?days=365", f"?days=365&camera={camera}"):
            before = requests.count
            shown(requests.of(services), cookie, query)
            assert requests.count - before <= 3
