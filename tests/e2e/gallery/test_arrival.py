"""Photos arrive in the gallery while somebody looks; and the moving picture of it in the README."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from photo_wire.name import PhotoName
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.conftest import FIRST, Gallery, plain_jpeg, sign_in, width_when_loaded
from tests.support.api import Api, name_of, photo_headers

FRAME = 1100  # ms
PHOTOS = 120  # in the long list: three pages, two of which are shown
SHOWN = 100
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


def test_new_photos_appear_by_themselves(
    page: Page, start_backend: StartBackend, new_store: NewStore, screenshots: Path
) -> None:
    """The newest comes first, and those that were there stay."""
    gallery = Gallery(start_backend(new_store()))
    gallery.add("gate", FIRST)
    page.set_viewport_size(ViewportSize(width=1000, height=620))
    sign_in(page, gallery)
    frames = [page.screenshot()]
    for number, camera in enumerate(("entry", "gate", "drive", "gate", "entry"), 1):
        name = gallery.add(camera, FIRST + timedelta(seconds=97 * number))
        # As when the page is looked at again: the next poll would be up to 15 seconds away.
        page.evaluate(LOOK_AGAIN)
        expect(page.locator(".photo").first).to_have_attribute("title", str(name))
        expect(page.locator(".photo")).to_have_count(number + 1)
        assert width_when_loaded(page.locator(".photo img").first) > 0
        frames.append(page.screenshot())
    pictures = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    pictures[0].save(
        screenshots / "arrival.webp",
        save_all=True,
        append_images=pictures[1:],
        duration=[FRAME] * (len(pictures) - 1) + [3 * FRAME],
        loop=0,
        quality=80,
    )


@pytest.fixture
def long_list(start_backend: StartBackend, new_store: NewStore) -> Gallery:
    """A gallery with photos of two days, one each minute up to ten past midnight."""
    gallery = Gallery(start_backend(new_store()))
    for number in range(PHOTOS):
        store(gallery, midnight() + timedelta(minutes=number - PHOTOS + 10))
    return gallery


def midnight() -> datetime:
    """When the second day of the list began, a month ago."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30)


def store(gallery: Gallery, at: datetime) -> PhotoName:
    """Store a small photo, which is quickly made and sent."""
    name = name_of("yard", at)
    assert Api(gallery.backend).put(plain_jpeg((64, 36)), photo_headers(name)).status_code == 201
    gallery.names.append(name)
    return name


def shown(page: Page) -> list[str | None]:
    """The ids of the photos on the page, in their order."""
    ids: list[str | None] = page.locator(".photo").evaluate_all(
        "photos => photos.map(photo => photo.dataset.id)"
    )
    return ids


@pytest.mark.parametrize("minutes", [0.5, 30.5, 99.5], ids=["on the top", "further down", "last"])
def test_a_late_photo_is_shown_in_its_place(page: Page, long_list: Gallery, minutes: float) -> None:
    """The older pages stay, and what is in view stays where it is, with the focus. A photo that is
    older than all that is shown comes with its page."""
    newest_first = long_list.names[::-1]
    sign_in(page, long_list)
    page.get_by_role("button", name="Older photos").click()
    expect(page.locator(".photo")).to_have_count(SHOWN)
    in_focus = page.locator(f".photo[data-id='{newest_first[60]}']")
    in_focus.focus()
    before = in_focus.bounding_box()
    assert before
    assert page.evaluate("scrollY") > 0
    late = store(long_list, newest_first[0].captured_at - timedelta(minutes=minutes))
    newer = store(long_list, newest_first[0].captured_at + timedelta(minutes=1))
    page.evaluate(LOOK_AGAIN)
    expect(page.locator(".photo").first).to_have_attribute("data-id", str(newer))
    is_in_range = late.captured_at > newest_first[SHOWN - 1].captured_at
    long_list.names.sort(key=lambda name: name.captured_at, reverse=True)
    in_order = list(map(str, long_list.names))
    assert shown(page) == in_order[: SHOWN + 1 + is_in_range]
    expect(in_focus).to_be_focused()
    after = in_focus.bounding_box()
    assert after
    assert abs(after["y"] - before["y"]) <= before["height"] + 20
    expect(in_focus).to_be_in_viewport()
    page.get_by_role("button", name="Older photos").click()
    expect(page.locator(".photo")).to_have_count(len(in_order))
    assert shown(page) == in_order


def test_more_new_photos_than_a_page_join_those_that_are_shown(
    page: Page, long_list: Gallery
) -> None:
    """After a backlog arrived, or the page was out of sight for a day: no gap, nothing is lost."""
    newest = long_list.names[-1].captured_at
    sign_in(page, long_list)
    for number in range(60):
        store(long_list, newest + timedelta(seconds=1 + number))
    page.evaluate(LOOK_AGAIN)
    expect(page.locator(".photo")).to_have_count(50 + 60)
    assert shown(page) == [str(name) for name in long_list.names[::-1][:110]]


def test_a_photo_of_the_future_is_not_the_newest(
    page: Page, start_backend: StartBackend, new_store: NewStore
) -> None:
    """It is on top of the list, and photos of now come below it. The header names the newest of
    now, with its date unless that is today."""
    now = datetime.now(UTC)
    gallery = Gallery(start_backend(new_store()))
    old = store(gallery, datetime(2026, 1, 5, 9, 30, 15, tzinfo=UTC))
    future = store(gallery, now + timedelta(days=400))
    sign_in(page, gallery)
    header = page.locator("#summary")
    expect(header).to_have_text(re.compile("^Newest: 5 Jan 2026, 09:30:15$"))
    page.clock.set_fixed_time(now)
    fresh = store(gallery, now)
    page.evaluate(LOOK_AGAIN)
    expect(header).to_have_text(f"Newest: {now:%H:%M:%S}")
    assert shown(page) == [str(future), str(fresh), str(old)]
