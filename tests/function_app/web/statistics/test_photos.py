"""The page of photos, bytes, losses and costs."""

import re
from datetime import timedelta
from html import unescape

import pytest

from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.storage.errors import StorageUnavailableError
from tests.function_app.web.statistics.conftest import NOW
from tests.support.many_cameras import Requests, fill
from tests.support.many_cameras import add_photo as add_photo_of
from tests.support.pages import add_photo, open_page, session_cookie
from tests.support.services import wrapped

PATH = "/statistics"


def shown(services: Services, cookie: str, query: str = "") -> str:
    reply = open_page(services, "get_statistics", f"{PATH}{query}", cookie)
    assert reply.status == 200, reply.body
    return unescape(reply.body.decode())


def test_the_figures_have_their_tables(services: Services) -> None:
    """Said as of when, with the price, its date and its region."""
    viewer = session_cookie(services)
    for number in range(3):
        add_photo(services, NOW, number=number)
    assert "Nothing has been counted yet" in shown(services, viewer)
    update_figures(services, NOW)
    page = shown(services, viewer)
    assert "Counted at" in page
    assert "3 photos, 1.5 MB" in page
    assert "costs less than 0.01 USD a month" in page
    assert "0.0208 USD" in page
    assert "21 Nov 2026" in page
    assert "for the region US." in page
    assert "not looked up" not in page
    assert page.count("<details>") == page.count('<svg class="chart"') == 2
    assert "No photo of this time is known to be lost." in page
    assert 'href="/statistics?camera=gate&days=30"' in page
    german = shown(services, f"{viewer}; language=de")
    assert "3 Fotos, 1,5 MB" in german
    assert "0,0208 USD" in german
    assert "für die Region US." in german
    assert 'lang="en"' not in german


def test_losses_have_a_figure(services: Services) -> None:
    viewer = session_cookie(services)
    fill(services, 1, 1, 2, NOW)
    update_figures(services, NOW)
    page = shown(services, viewer, "?days=365")
    assert "Lost photos: 2 in all" in page
    assert "No photo of this time is known to be lost." not in page


def test_a_camera_is_chosen_from_a_list(services: Services) -> None:
    """Of those that the viewer may see, whichever is shown."""
    add_photo(services, NOW)
    add_photo(services, NOW, "yard")
    update_figures(services, NOW)
    viewer = session_cookie(services)
    for query, chosen in (("", '<option value="">all'), ("?camera=yard", "<option selected>yard")):
        page = shown(services, viewer, query)
        assert re.findall(r"<option[^>]*>(\w+)</option>", page) == ["all", "gate", "yard"]
        assert chosen in page
    page = shown(services, session_cookie(services, frozenset({"gate"})))
    assert "yard" not in page


def test_nothing_tells_of_hidden_cameras(services: Services) -> None:
    """The page is, but for its moment, the one of a store without the others."""
    gate = session_cookie(services, frozenset({"gate"}))
    add_photo(services, NOW)
    update_figures(services, NOW)
    before = shown(services, gate).split("<main")[1]
    for number in range(500):
        add_photo(services, NOW - timedelta(seconds=number), "yard", number=number)
    fill(services, 2, 2, 6, NOW)
    update_figures(services, NOW)
    assert shown(services, gate).split("<main")[1] == before
    none = session_cookie(services, frozenset())
    assert "no photo has come" in shown(services, none)


@pytest.mark.parametrize("handler", ["get_statistics", "get_statistics_hours"])
def test_an_unknown_camera_and_a_hidden_one_have_the_same_page(
    services: Services, handler: str
) -> None:
    """In the same words as one that the caller may not see."""
    add_photo(services, NOW, "yard")
    update_figures(services, NOW)
    gate = session_cookie(services, frozenset({"gate"}))
    pages = []
    for camera in ("yard", "nada"):
        reply = open_page(services, handler, f"{PATH}?camera={camera}", gate)
        assert reply.status == 404
        assert f"There is no camera {camera} of which you may see photos" in reply.body.decode()
        pages.append(reply.body.decode().split("<main")[1].replace(camera, ""))
    assert pages[0] == pages[1]
    everything = session_cookie(services)
    reply = open_page(services, handler, f"{PATH}?camera=nada", everything)
    assert "There is no camera nada of which you may see photos" in reply.body.decode()
    assert b'name="camera"' in reply.body


@pytest.mark.parametrize("query", ["?days=8", "?days=x", "?camera=A", "?days=030"])
def test_a_wrong_choice_is_a_page_too(services: Services, query: str) -> None:
    reply = open_page(services, "get_statistics", f"{PATH}{query}", session_cookie(services))
    assert reply.status == 400
    assert b"<h1>" in reply.body


@pytest.mark.slow
@pytest.mark.parametrize("cameras", [3, 1000])
def test_the_page_takes_three_requests(services: Services, cameras: int) -> None:
    """Those of the session, of when was counted, and of the figures."""
    for number in range(cameras):
        add_photo_of(services, number, NOW - timedelta(minutes=number))
    update_figures(services, NOW)
    requests = Requests()
    for seen in (None, frozenset({"camera-0001", "camera-0002"})):
        viewer = session_cookie(services, seen)
        for query in ("", "?days=365", "?camera=camera-0001&days=7"):
            before = requests.count
            page = open_page(requests.of(services), "get_statistics", f"{PATH}{query}", viewer)
            assert page.status == 200
            assert requests.count - before <= 3


class _Failing:
    """A store of which no list can be read."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        if name == "query":
            raise StorageUnavailableError("the store fails")
        return getattr(self._store, name)


@pytest.mark.parametrize(
    "handler", ["get_statistics", "get_statistics_hours", "get_statistics_devices"]
)
def test_a_failing_store_has_a_page(services: Services, handler: str) -> None:
    viewer = session_cookie(services)
    reply = open_page(wrapped(services, _Failing), handler, PATH, viewer)
    assert reply.status == 503
    assert b"<h1>" in reply.body
