"""The keyboard keeps its place: whatever an action removes, hides or loads anew, the focus is on
something that can be seen."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from photo_wire.name import new_name
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import SETTLED, Pages, add_authenticator, address, follow
from tests.e2e.gallery.filled_gallery import FIRST, Gallery
from tests.support.api import Api, photo_headers
from tests.support.backend import Backend
from tests.support.reporting_device import ReportingDevice
from tests.support.waiting import wait_for

MINUTE = 60_000  # ms
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
# Write down each frame in which the focus was lost that the page had.
WATCH = """() => {
    let had = null;
    window.lost = [];
    document.addEventListener("focusin", ({ target }) => { had = target; });
    const look = () => {
        if (had && document.activeElement === document.body) {
            window.lost.push(had.outerHTML);
            had = null;
        }
        requestAnimationFrame(look);
    };
    look();
}"""


class Keyboard:
    """A page that is used by the keyboard alone."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate(WATCH)

    def press(self, control: Locator, key: str = "Enter") -> None:
        """Press a key on a control of the page, which stays."""
        control.press(key)

    def choose(self, box: Locator) -> None:
        """Press Space on a check mark until it is set: the page, which looks whether there is
        something new, may show it anew between the key's down and up."""

        def is_set() -> bool:
            if not box.is_checked():
                box.press("Space")
            return box.is_checked()

        wait_for(is_set, what="a check mark that is set")

    def go(self, control: Locator, key: str = "Enter") -> None:
        """Press a key on what leads to another page."""
        follow(control, key)
        self.page.evaluate(WATCH)

    def check(self) -> None:
        """Check that the focus is on something in sight, and was never lost."""
        self.page.evaluate(SETTLED)
        assert self.page.evaluate("window.lost") == []
        focused = self.page.locator(":focus")
        expect(focused).to_be_visible()
        expect(focused).to_be_in_viewport()


@pytest.fixture
def own(start_backend: StartBackend, new_store: NewStore) -> Gallery:
    """A gallery of the test's own: photos of two days, on each two events of two cameras."""
    gallery = Gallery(start_backend(new_store()))
    for hours in (0, 1, 24, 25):
        for camera in ("drive", "gate"):
            gallery.add(camera, FIRST + timedelta(hours=hours))
    return gallery


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    """A backend for devices that are of one test each."""
    return backend_of_file


def day_of(gallery: Gallery) -> str:
    return f"/days/{gallery.names[-1].captured_at:%Y-%m-%d}"


@pytest.mark.slow
def test_from_day_to_day(pages: Pages, own: Gallery) -> None:
    """The link that was followed has the focus again, or where there is none what is beside it."""
    page = pages.signed_in(own.backend, day_of(own))
    keyboard = Keyboard(page)
    for name in ("Previous day", "Next day", "Previous day with photos", "Next day with photos"):
        link = page.get_by_role("link", name=name, exact=True)
        keyboard.go(link)
        expect(link).to_be_focused()
        keyboard.check()
    camera = page.locator("#filter select[name=camera]")
    keyboard.go(camera, "ArrowDown")
    expect(camera).to_be_focused()
    keyboard.go(page.get_by_role("link", name="Show all"))
    keyboard.check()
    opener = page.get_by_role("link", name="Calendar")
    keyboard.press(opener)
    keyboard.press(page.locator("#previous-month"))
    expect(page.locator("#calendar-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    keyboard.check()


@pytest.mark.slow
def test_chosen_photos(pages: Pages, own: Gallery) -> None:
    """Deleted, restored, and left to themselves until the button to undo it is gone."""
    page = pages.signed_in(own.backend, day_of(own))
    page.clock.install()
    keyboard = Keyboard(page)
    boxes = page.locator(".event > .choose input")
    undo = page.get_by_role("button", name="Undo")
    keyboard.choose(boxes.nth(1))
    keyboard.press(page.get_by_role("button", name="Delete"))
    expect(undo).to_be_focused()
    expect(boxes).to_have_count(3)
    keyboard.press(undo)
    expect(page.get_by_text("1 photo was restored.")).to_be_visible()
    expect(boxes).to_have_count(4)
    keyboard.check()
    page.clock.run_for(MINUTE)
    expect(page.get_by_text("1 photo was restored.")).to_have_count(0)
    keyboard.check()
    keyboard.choose(boxes.nth(1))
    keyboard.press(page.get_by_role("button", name="Delete"))
    expect(undo).to_be_focused()
    expect(boxes).to_have_count(3)
    page.clock.run_for(MINUTE)
    expect(undo).to_have_count(0)
    keyboard.check()
    keyboard.choose(boxes.nth(1))
    keyboard.press(page.get_by_role("button", name="Protect"))
    expect(undo).to_be_focused()
    page.keyboard.press("Escape")
    expect(undo).to_have_count(0)
    keyboard.check()


@pytest.mark.slow
def test_a_shared_link_is_made_and_revoked(pages: Pages, own: Gallery) -> None:
    page = pages.signed_in(own.backend, f"/photos/{own.names[0]}")
    keyboard = Keyboard(page)
    keyboard.press(page.get_by_role("button", name="Share"))
    keyboard.press(page.get_by_role("button", name="Make the link"))
    expect(page.get_by_label("The link", exact=True)).to_be_focused()
    keyboard.press(page.get_by_role("button", name="Revoke"))
    expect(page.get_by_text("The link no longer opens anything.")).to_be_visible()
    expect(page.get_by_role("heading", name="A link to this photo")).to_be_focused()
    keyboard.check()
    keyboard.press(page.get_by_role("button", name="Close"))
    expect(page.get_by_role("button", name="Share")).to_be_focused()


@pytest.mark.slow
def test_a_deleted_photo(pages: Pages, own: Gallery) -> None:
    """Restored, and left to itself until it cannot be any more."""
    page = pages.signed_in(own.backend, f"/photos/{own.names[1]}")
    page.clock.install()
    keyboard = Keyboard(page)
    undo = page.get_by_role("button", name="Undo")
    keyboard.press(page.get_by_role("button", name="Delete"))
    expect(undo).to_be_focused()
    keyboard.press(undo)
    expect(page.get_by_text("The photo is back.")).to_be_visible()
    keyboard.check()
    keyboard.press(page.get_by_role("button", name="Delete"))
    expect(undo).to_be_focused()
    page.clock.run_for(MINUTE)
    expect(undo).to_have_count(0)
    keyboard.check()


@pytest.mark.slow
def test_an_enlarged_clip(pages: Pages, own: Gallery, clip: bytes) -> None:
    """One comes to it from an enlarged photo, which has a link around it; the clip has none."""
    name = new_name("gate", FIRST - timedelta(hours=1))
    headers = photo_headers(name) | {"Content-Type": "video/mp4"}
    assert Api(own.backend).put(clip, headers).status_code == 201
    page = pages.signed_in(own.backend, f"/photos/{own.names[1]}?camera=gate")
    keyboard = Keyboard(page)
    keyboard.press(page.locator("#picture"))
    expect(page.locator("img.pswp__img").first).to_be_visible()
    page.wait_for_function("document.querySelector('.pswp--ui-visible')")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(f"#photo[data-id='{name}']")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#picture video")).to_be_focused()
    keyboard.check()


@pytest.mark.slow
def test_the_span_of_statistics(pages: Pages, own: Gallery) -> None:
    own.backend.count()
    page = pages.signed_in(own.backend, "/statistics")
    keyboard = Keyboard(page)
    for name in ("30 days", "7 days"):
        link = page.get_by_role("link", name=name)
        keyboard.go(link)
        expect(link).to_be_focused()
        keyboard.check()


@pytest.mark.slow
def test_photos_are_restored_one_after_another(pages: Pages, own: Gallery) -> None:
    page = pages.signed_in(own.backend, day_of(own))
    boxes = page.locator(".event > .choose input")
    for number in range(3):
        boxes.nth(number).check()
    page.get_by_role("button", name="Delete").click()
    expect(boxes).to_have_count(1)
    page.goto(f"{own.backend.base_url}/trash")
    keyboard = Keyboard(page)
    cards = page.locator("#trash li")
    for left in (2, 1, 0):
        keyboard.press(cards.first.get_by_role("button", name="Restore"))
        expect(cards).to_have_count(left)
        keyboard.check()
    expect(page.get_by_role("heading", name="Trash")).to_be_focused()


@pytest.mark.slow
def test_a_device_goes_off_and_comes_back(pages: Pages, backend: Backend) -> None:
    """What cannot be asked for any more passes the focus on, wherever that is."""
    device = ReportingDevice(backend, "barn", "barn-a")
    device.report()
    page = pages.signed_in(backend, "/devices/barn")
    for control in ("#arm-barn-a", "#restart", "#hours", "#live-barn-a"):
        page.reload()
        keyboard = Keyboard(page)
        page.locator(control).focus()
        device.report(goodbye="shutdown")
        page.evaluate(LOOK_AGAIN)
        expect(page.locator("#restart")).to_be_disabled()
        keyboard.check()
        device.report()
        page.evaluate(LOOK_AGAIN)
        expect(page.locator("#restart")).to_be_enabled()
        keyboard.check()


@pytest.mark.slow
def test_a_photo_is_asked_for(pages: Pages, backend: Backend) -> None:
    """Meanwhile the button does nothing more, and keeps the focus."""
    device = ReportingDevice(backend, "roof", "roof-a")
    device.report()
    page = pages.signed_in(backend, "/live/roof-a")
    keyboard = Keyboard(page)
    button = page.get_by_role("button", name="Photo now")
    keyboard.press(button)
    expect(page.locator("#photo")).to_contain_text("roof")
    keyboard.check()
    expect(button).to_be_focused()


@pytest.mark.slow
def test_passkeys_and_sessions(pages: Pages, own: Gallery) -> None:
    """One of several, and the last one."""
    page = pages.new()
    add_authenticator(page)
    for _ in range(2):
        page.context.clear_cookies()
        page.goto(address(own.backend, "/sign-in?next=/settings/account"))
        page.get_by_label("Password", exact=True).fill(own.backend.password)
        follow(page.get_by_role("button", name="Sign in", exact=True))
    page.get_by_label("What you call this device").fill("my phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#passkeys li")).to_have_count(1)
    keyboard = Keyboard(page)
    keyboard.press(page.locator("#passkeys").get_by_role("button", name="Remove"))
    expect(page.locator("#passkeys li")).to_have_count(0)
    keyboard.check()
    keyboard.press(page.get_by_role("button", name="Sign out there"))
    expect(page.locator("#sessions li")).to_have_count(1)
    keyboard.check()
    expect(page.get_by_role("button", name="Sign out everywhere")).to_be_focused()


@pytest.mark.slow
def test_a_moment_without_focus_is_left_alone(pages: Pages, own: Gallery) -> None:
    """Who clicked beside everything has no focus, and gets none when the page changes."""
    page = pages.signed_in(own.backend, "/")
    link = page.get_by_role("link", name="Days", exact=True)
    link.focus()
    page.mouse.click(5, 500)
    link.evaluate("link => link.remove()")
    page.evaluate(SETTLED)
    assert page.evaluate("document.activeElement === document.body")
