"""The page /live/NAME in a real browser with a clock of the test's own. What the device would send
is given by the test."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.gallery.browser_pages import SIZES, Pages, Size, check_axe, open_session
from tests.e2e.gallery.filled_gallery import Gallery
from tests.support.pictures import jpeg
from tests.support.waiting import wait_for

SECOND = 1000  # ms
NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
HIDE = """isHidden => {
    Object.defineProperty(document, "visibilityState",
        { value: isHidden ? "hidden" : "visible", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


class LiveCamera:
    """A camera at whose page somebody looks; the page's time passes when a test says so. `age` is
    that of the next picture, in seconds; `problem` the response to a look instead of pictures."""

    def __init__(self, page: Page, gallery: Gallery, problem: dict[str, Any] | None = None) -> None:
        self.age = 0
        self.problem = problem
        self.looks = self.pictures = 0
        self._page = page
        page.clock.install(time=NOW)
        page.clock.pause_at(NOW + timedelta(seconds=1))
        page.route("**/api/cameras/gate/look", self._look)
        page.route("**/api/cameras/gate/live", self._send)
        open_session(page, gallery.backend, "owner", gallery.backend.password)
        page.goto(f"{gallery.backend.base_url}/live/gate")

    def _look(self, route: Route) -> None:
        self.looks += 1
        if self.problem:
            return route.fulfill(status=self.problem["status"], json=self.problem)
        return route.fulfill(json={"camera": "gate", "looking_until": "2026-11-28T08:00:00.000Z"})

    def _send(self, route: Route) -> None:
        self.pictures += 1
        headers = {"Age": str(self.age), "Last-Modified": str(self.pictures)}
        route.fulfill(body=jpeg(), content_type="image/jpeg", headers=headers)

    def count(self) -> int:
        """Return how many requests the page has sent."""
        return self.looks + self.pictures

    def run(self, seconds: int) -> None:
        """Let time pass for the page, and wait for what it asks for in each second. While it waits
        for an answer its clock goes no faster than ours."""
        for _ in range(seconds):
            before = self.count()
            self._page.clock.run_for(SECOND)
            wait_for(partial(self._has_asked, before), what="a request of the page")

    def is_paused(self) -> bool:
        """Let some time pass, and return whether the page waits for a person."""
        self._page.clock.run_for(10 * SECOND)
        return self._page.get_by_role("button", name="Go on").is_visible()

    def _has_asked(self, before: int) -> bool:
        self._page.clock.run_for(50)
        return self.count() > before


@pytest.fixture
def camera(page: Page, gallery: Gallery) -> LiveCamera:
    """One whose pictures come."""
    live = LiveCamera(page, gallery)
    expect(page.locator("#age")).to_have_text("now")
    return live


@pytest.mark.slow
def test_a_picture_that_is_old_is_shown_as_old(page: Page, camera: LiveCamera) -> None:
    picture, age = page.locator("#picture"), page.locator("#age")
    expect(picture).not_to_have_class("stale")
    camera.age = 185
    camera.run(12)
    expect(age).to_have_text("3 minutes ago")
    expect(picture).to_have_class("stale")
    expect(page.locator("#state")).to_have_text("No new picture.")
    camera.age = 0
    camera.run(2)
    expect(picture).not_to_have_class("stale")
    expect(page.locator("#state")).to_be_empty()


@pytest.mark.slow
def test_a_hidden_page_asks_for_nothing(page: Page, camera: LiveCamera) -> None:
    page.evaluate(HIDE, True)
    before = camera.count()
    page.clock.fast_forward(600 * SECOND)
    page.clock.run_for(10 * SECOND)
    assert camera.count() == before
    page.evaluate(HIDE, False)
    camera.run(2)


@pytest.mark.slow
def test_a_page_that_nobody_touches_pauses(page: Page, camera: LiveCamera) -> None:
    """After two minutes; it looks once a minute until then, and goes on when somebody wants it."""
    state, resume = page.locator("#state"), page.get_by_role("button", name="Go on")
    expect(resume).to_be_hidden()
    looks = camera.looks
    page.clock.fast_forward(61 * SECOND)
    camera.run(2)
    assert camera.looks == looks + 1
    wait_for(camera.is_paused, what="the pause")
    expect(state).to_have_text("Paused: nobody touched the page for two minutes.")
    before = camera.count()
    page.clock.run_for(60 * SECOND)
    assert camera.count() == before
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    page.clock.run_for(10 * SECOND)
    assert camera.count() == before  # it was paused, and stays so
    resume.press("Enter")
    expect(page.locator(":focus")).to_be_visible()
    camera.run(2)
    expect(resume).to_be_hidden()
    expect(state).not_to_contain_text("Paused")


def test_a_page_that_is_touched_goes_on(page: Page, camera: LiveCamera) -> None:
    for key in ("Tab", "Tab"):
        page.clock.fast_forward(100 * SECOND)
        page.keyboard.press(key)
        camera.run(1)
    expect(page.get_by_role("button", name="Go on")).to_be_hidden()


@pytest.mark.slow
def test_the_reason_why_nobody_can_look_now(page: Page, gallery: Gallery) -> None:
    """The page asks again, and not each second."""
    detail = "Somebody looks at 32 cameras of gate already."
    problem = {"title": "Too Many Requests", "status": 429, "detail": detail}
    camera = LiveCamera(page, gallery, problem)
    expect(page.locator("#problem")).to_have_text(detail)
    expect(page.locator("#state")).to_be_empty()
    assert camera.looks == 1
    page.clock.run_for(4 * SECOND)
    assert camera.looks == 1
    camera.problem = None
    camera.run(2)
    expect(page.locator("#problem")).to_be_empty()
    expect(page.locator("#age")).not_to_be_empty()


def test_a_camera_without_a_device_that_can_be_asked(page: Page, gallery: Gallery) -> None:
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    page.goto(f"{gallery.backend.base_url}/live/drive")
    sentence = "No device can be asked for drive: none has signed a photo or a heartbeat of it."
    expect(page.locator("#problem")).to_contain_text(sentence)
    page.get_by_role("button", name="Photo now").click()
    expect(page.locator("#photo").get_by_role("alert")).to_contain_text(sentence)


def test_a_camera_that_is_not_known(page: Page, gallery: Gallery) -> None:
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    reply = page.goto(f"{gallery.backend.base_url}/live/nonesuch")
    assert reply
    assert reply.status == 404
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()


@pytest.mark.parametrize("size", ["desk", pytest.param("laptop", marks=pytest.mark.slow), "phone"])
def test_without_javascript_the_last_photo_is_shown(
    pages: Pages, gallery: Gallery, size: Size
) -> None:
    """With its age. On a phone in German."""
    is_phone = size == "phone"
    options = {"locale": "de-DE", "color_scheme": "light"} if is_phone else {}
    page = pages.signed_in(
        gallery.backend, "/live/gate", size, java_script_enabled=False, **options
    )
    expect(page.locator("#still img")).to_be_visible()
    expect(page.locator("#still time").first).to_contain_text("vor" if is_phone else "ago")
    expect(page.locator("#state")).to_have_text(
        "Zustand unbekannt." if is_phone else "State unknown."
    )
    page.get_by_role("button", name="Foto jetzt" if is_phone else "Photo now").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "Für gate kann kein Gerät gefragt werden" if is_phone else "No device can be asked for gate"
    )


@pytest.mark.slow
@pytest.mark.parametrize("size", ["desk", pytest.param("laptop", marks=pytest.mark.slow), "phone"])
def test_the_page_is_accessible(pages: Pages, gallery: Gallery, size: Size) -> None:
    page = pages.new(size)
    LiveCamera(page, gallery)
    expect(page.locator("#age")).to_have_text("now")
    expect(page.locator("#still")).to_be_hidden()
    page.clock.resume()  # axe-core waits by it
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
