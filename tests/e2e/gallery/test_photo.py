"""The page of one photo, in a real browser."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from photo_wire.motion import MOTION, WITHOUT_MOTION
from photo_wire.name import PhotoName, new_name
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import (
    CONTENT,
    SIZES,
    WAIT_FOR_END,
    WINDOWS,
    Pages,
    Scheme,
    Size,
    check_axe,
    follow,
    in_each_look,
    loaded_width,
    open_session,
)
from tests.e2e.gallery.filled_gallery import BOX, CLIP_SECONDS, Gallery, plain_jpeg
from tests.support.api import MOMENT, Api, name_of, photo_headers
from tests.support.waiting import wait_for

TO_WINDOW = (
    f"picture => {{ const content = {CONTENT};"
    + """
    const box = element => element.getBoundingClientRect();
    const {left, top, right, bottom} = content(picture);
    const stage = box(picture.parentElement);
    const isOver = b =>
        b.left < right - 1 && b.right > left + 1 && b.top < bottom - 1 && b.bottom > top + 1;
    const others = [...document.querySelectorAll("header.bar, nav.pages, .leaf, .facts")];
    const all = [...document.querySelectorAll("body *")];
    const wide = all.filter(one => box(one).right > innerWidth);
    return {left, top, right, bottom, width: innerWidth, height: innerHeight,
            over: others.filter(one => isOver(box(one))).map(one => one.className),
            wide: wide.map(one => one.className || one.localName),
            stageWidth: stage.width, stageHeight: stage.height,
            drawn: [...document.querySelectorAll(".box rect")].map(rect => {
                const {left: x, top: y, width: w, height: h} = box(rect);
                return [(x - left) / (right - left), (y - top) / (bottom - top),
                        w / (right - left), h / (bottom - top)];
            }),
            leafBottom: box(document.querySelector(".leaf")).bottom};
}"""
)


def path_of(name: PhotoName) -> str:
    return f"/photos/{name}"


@pytest.mark.slow
def test_the_whole_picture_is_in_the_window(pages: Pages, shapes: Gallery) -> None:
    """In its own proportions, as large as its place, and nothing in front of it; and where the
    motion was is drawn over that part of it."""
    faults = []
    page = pages.signed_in(shapes.backend, path_of(shapes.names[-1]))
    for name in shapes.names:
        page.goto(shapes.backend.base_url + path_of(name))
        picture = page.locator("#picture img")
        picture.evaluate("picture => picture.decode()")
        natural = picture.evaluate("picture => picture.naturalWidth / picture.naturalHeight")
        for width, height in WINDOWS:
            page.set_viewport_size(ViewportSize(width=width, height=height))
            problems = problems_of(picture.evaluate(TO_WINDOW), natural)
            faults += [f"{name.camera} in {width} x {height}: {problem}" for problem in problems]
    assert faults == []


def problems_of(box: Mapping[str, Any], proportion: float) -> list[str]:
    """Return what is wrong with the place of a picture of this `proportion`, width to height."""
    width, height = box["right"] - box["left"], box["bottom"] - box["top"]
    is_inside = box["left"] >= 0 and box["top"] >= 0 and box["right"] <= box["width"]
    fills = width >= box["stageWidth"] - 1 or height >= box["stageHeight"] - 1
    found = {
        "it is cut off": not is_inside or box["bottom"] > box["height"] + 0.5,
        f"something is in front of it: {box['over']}": bool(box["over"]),
        "the links are below the window": box["leafBottom"] > box["height"] + 0.5,
        f"the page is wider than the window: {box['wide']}": bool(box["wide"]),
        "it is distorted": abs(width / height / proportion - 1) > 0.02,
        "it is smaller than it could be": not fills,
        f"the motion is drawn at {box['drawn']}": not all(map(is_at_box, box["drawn"])),
    }
    return [problem for problem, is_so in found.items() if is_so]


def is_at_box(drawn: list[float]) -> bool:
    """Return whether these shares of the picture are those of the box, but for a pixel or two."""
    expected = (BOX.left, BOX.top, BOX.width, BOX.height)
    return all(abs(one - other) < 0.03 for one, other in zip(drawn, expected, strict=True))


@pytest.mark.slow
def test_where_the_motion_was_can_be_hidden(pages: Pages, shapes: Gallery) -> None:
    """Without JavaScript, too; and with it the next photo shows none either."""
    for has_scripts in (False, True):
        path = path_of(shapes.names[0])
        page = pages.signed_in(shapes.backend, path, java_script_enabled=has_scripts)
        box, tick = page.locator(".box"), page.get_by_label("Show where the motion was")
        expect(box).to_be_visible()
        tick.uncheck()
        expect(box).to_be_hidden()
    page.keyboard.press("k")
    expect_shown(page, shapes.names[1])
    expect(tick).not_to_be_checked()
    expect(box).to_be_hidden()
    tick.check()
    expect(box).to_be_visible()


@pytest.mark.slow
def test_a_corrected_trigger_stays_on_its_page(pages: Pages, shapes: Gallery) -> None:
    """Which says what was done. From there Back leads to the day, and not to the page before."""
    stub = name_of("yard", MOMENT)
    headers = {**photo_headers(stub), MOTION: WITHOUT_MOTION}
    assert Api(shapes.backend).put(plain_jpeg((480, 270)), headers).status_code == 201
    page = pages.signed_in(shapes.backend, path_of(stub), "phone")
    check_axe(page)
    follow(page.get_by_role("button", name="There was motion"))
    expect(page.get_by_role("status").first).to_contain_text("1 trigger is among the photos now.")
    expect_shown(page, stub)
    check_axe(page)
    follow(page.locator("#back"))
    expect(page.locator(f"#event-{stub}")).to_be_visible()


@pytest.mark.slow
@in_each_look
def test_the_page_is_accessible(pages: Pages, gallery: Gallery, size: Size, scheme: Scheme) -> None:
    page = pages.signed_in(gallery.backend, path_of(gallery.names[-2]), size, color_scheme=scheme)
    assert loaded_width(page, "#picture img") == 1280
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


@pytest.mark.slow
def test_keys_lead_through_the_photos_and_over_the_end_of_the_day(
    pages: Pages, gallery: Gallery
) -> None:
    """Without a new page, and Escape leads back to where one came from."""
    page = pages.signed_in(gallery.backend, "/")
    names = sorted(gallery.names, key=lambda name: name.captured_at, reverse=True)
    first_of = {camera: next(one for one in names if one.camera == camera) for camera in ("gate",)}
    follow(page.locator("#tile-gate a.picture"))
    at = names.index(first_of["gate"])
    expect_shown(page, names[at])
    for _ in range(4):
        page.keyboard.press("j")
        at += 1
        expect_shown(page, names[at])
    assert names[at].captured_at.day == 20  # the day before
    page.keyboard.press("ArrowRight")
    expect_shown(page, names[at - 1])
    page.keyboard.press("ArrowLeft")
    expect_shown(page, names[at])
    page.keyboard.press("Home")
    expect_shown(page, names[-1])
    expect(page.locator("#older")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("End")
    of_day = [one for one in names if one.captured_at.day == 20]
    expect_shown(page, of_day[0])
    page.keyboard.press("Escape")
    expect(page).to_have_url(gallery.backend.base_url + "/")


def expect_shown(page: Page, name: PhotoName) -> None:
    expect(page.locator("#photo")).to_have_attribute("data-id", str(name))
    expect(page).to_have_url(re.compile(str(name)))


@pytest.mark.slow
def test_one_returns_to_the_photo(pages: Pages, gallery: Gallery) -> None:
    """By Back and by Escape: the focus is on its tile."""
    page = pages.signed_in(gallery.backend, "/")
    leaves: list[Callable[[], object]] = [page.go_back, lambda: page.keyboard.press("Escape")]
    for leave in leaves:
        tile = page.locator("#tile-entry a.picture")
        follow(tile)
        expect(page.locator("#photo")).to_be_visible()
        page.locator("body").focus()
        with page.expect_event("load"):
            leave()
        expect(tile).to_be_focused()


@pytest.mark.slow
def test_without_a_connection_one_may_press_again(pages: Pages, gallery: Gallery) -> None:
    """Which is said in the person's language. A swipe leafs, and is no step of the browser back."""
    page = pages.signed_in(gallery.backend, path_of(gallery.names[5]), "phone", locale="de-DE")
    for element in ("html", "body"):
        expect(page.locator(element)).to_have_css("overscroll-behavior-x", "none")
    page.context.set_offline(True)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#notice")).to_contain_text("drücken Sie noch einmal")
    page.get_by_role("button", name="Löschen").click()
    expect(page.locator("#said")).to_contain_text("Es wurde nichts getan")
    expect_shown(page, gallery.names[5])
    page.context.set_offline(False)
    page.keyboard.press("ArrowLeft")
    expect_shown(page, gallery.names[4])
    expect(page.locator("#notice")).to_be_hidden()
    pages.complaints.clear()  # the browser tells of the requests that failed


@pytest.mark.slow
def test_a_photo_that_cannot_be_enlarged_says_why(pages: Pages, gallery: Gallery) -> None:
    """While the backend cannot be reached; it is enlarged once it can."""
    page = pages.signed_in(gallery.backend, path_of(gallery.names[6]))
    page.route("**/api/photos?*", lambda route: route.abort())
    page.locator("#picture").click()
    expect(page.locator("#notice")).to_contain_text("cannot be reached")
    page.unroute("**/api/photos?*")
    page.locator("#picture").click()
    expect(page.get_by_role("dialog", name="Enlarged photo")).to_be_visible()
    expect(page.locator("#notice")).to_be_hidden()
    pages.complaints.clear()  # the browser tells of the request that was cut


@pytest.mark.slow
def test_without_javascript_links_lead_on(pages: Pages, gallery: Gallery) -> None:
    page = pages.signed_in(gallery.backend, path_of(gallery.names[5]), java_script_enabled=False)
    page.get_by_role("link", name="Earlier photo", exact=True).click()
    expect_shown(page, gallery.names[4])
    page.get_by_role("link", name="Later photo", exact=True).click()
    expect_shown(page, gallery.names[5])
    page.get_by_role("link", name="First photo of the day").click()
    expect_shown(page, gallery.names[0])
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_hidden()


def test_a_photo_is_enlarged(pages: Pages, gallery: Gallery) -> None:
    """Zoomed by keys, without a finding of axe, and the page beneath follows."""
    page = pages.signed_in(gallery.backend, path_of(gallery.names[6]))
    loaded_width(page, "#picture img")
    page.locator("#picture").click()
    dialog = page.get_by_role("dialog", name="Enlarged photo")
    expect(dialog).to_be_visible()
    expect(dialog.locator("img.pswp__img").first).to_be_visible()
    page.wait_for_function("document.querySelector('.pswp--ui-visible')")
    check_axe(page)
    page.keyboard.press("z")
    expect(page.locator(".pswp--zoomed-in")).to_have_count(1)
    page.keyboard.press("z")
    page.keyboard.press("ArrowLeft")
    expect_shown(page, gallery.names[5])
    page.keyboard.press("k")
    expect_shown(page, gallery.names[6])
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#picture")).to_be_focused()


def test_a_photo_is_protected_deleted_and_restored(pages: Pages, gallery: Gallery) -> None:
    """With a word for each, and the focus on what can be undone. The button says what it does."""
    name = gallery.names[3]
    page = pages.signed_in(gallery.backend, path_of(name))
    protect = page.locator("#protect")
    expect(protect).to_have_text("Protect")
    protect.click()
    expect(protect).to_have_text("Stop protecting")
    expect(page.get_by_role("status")).to_contain_text("stays until somebody deletes it")
    page.reload()
    expect(protect).to_have_text("Stop protecting")
    protect.click()
    expect(protect).to_have_text("Protect")
    page.get_by_role("button", name="Delete").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    gone = page.context.request.get(f"{gallery.backend.base_url}/api/photos/{name}")
    assert gone.status == 404
    undo.click()
    expect(page.get_by_role("status")).to_contain_text("The photo is back.")
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    page.reload()
    expect_shown(page, name)


@pytest.mark.slow
def test_what_is_shown_is_what_is_shared_and_deleted(pages: Pages, gallery: Gallery) -> None:
    """Also after leafing, without a new page."""
    page = pages.signed_in(gallery.backend, path_of(gallery.names[5]))
    page.keyboard.press("j")
    shown = gallery.names[4]
    expect_shown(page, shown)
    page.get_by_role("button", name="Share").click()
    with page.expect_request("**/choice/share?part") as shared:
        page.get_by_role("button", name="Make the link").click()
    assert str(shown) in (shared.value.post_data or "")
    expect(page.get_by_label("The link", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    with page.expect_request(lambda request: request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Delete").click()
    assert deleted.value.url.endswith(str(shown))
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("The photo is back.")


@pytest.mark.slow
def test_a_photo_is_shared(pages: Pages, gallery: Gallery) -> None:
    """The link opens it without a session."""
    page = pages.signed_in(gallery.backend, path_of(gallery.names[2]))
    page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="A link to this photo")
    page.get_by_label("The link opens for").select_option("a day")
    check_axe(page)
    dialog.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("The link", exact=True)
    expect(link).to_have_value(re.compile("/shared/"))
    guest = pages.new()
    guest.goto(link.input_value())
    assert loaded_width(guest, "figure img") == 1280
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect_shown(page, gallery.names[2])


@pytest.mark.slow
def test_a_deleted_photo_has_a_page(pages: Pages, gallery: Gallery) -> None:
    name = new_name("gate", gallery.names[4].captured_at, "0" * 8)
    page = pages.signed_in(gallery.backend, path_of(name))
    expect(page.get_by_role("heading", name="This photo is not here")).to_be_visible()
    check_axe(page)
    page.keyboard.press("j")
    expect(page.locator("#photo #picture")).to_be_visible()


@pytest.mark.slow
def test_what_cannot_be_shown_says_so(pages: Pages, gallery: Gallery) -> None:
    """And offers the download."""
    page = pages.new()
    page.route("**/content", lambda route: route.fulfill(body=b"no picture"))
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    page.goto(gallery.backend.base_url + path_of(gallery.names[1]))
    expect(page.get_by_text("This browser cannot show the photo.")).to_be_visible()
    expect(page.get_by_role("link", name="Download", exact=True)).to_be_visible()


@pytest.mark.slow
def test_a_clip_plays_by_parts(
    pages: Pages, new_store: NewStore, start_backend: StartBackend, clip: bytes
) -> None:
    """With the browser's own controls, and its keys stay its own."""
    backend = start_backend(new_store())
    name = name_of("gate")
    headers = {**photo_headers(name), "Content-Type": "video/mp4"}
    assert Api(backend).put(clip, headers).status_code == 201
    page = pages.new()
    parts: list[int] = []
    page.on("response", lambda one: parts.append(one.status) if "/content" in one.url else None)
    open_session(page, backend, "owner", backend.password)
    page.goto(backend.base_url + path_of(name))
    video = page.locator("#picture video")
    wait_for(lambda: video.evaluate("video => video.readyState") == 4, what="the clip")
    assert round(video.evaluate(WAIT_FOR_END)) == CLIP_SECONDS
    expect(page.get_by_text("640 \u00d7 360")).to_be_visible()
    check_axe(page)
    assert set(parts) == {206}


@pytest.mark.slow
def test_one_returns_to_the_day_at_the_photo_that_was_looked_at_last(
    pages: Pages, gallery: Gallery
) -> None:
    """Also if one has leafed on since."""
    page = pages.signed_in(gallery.backend, "/days/2026-11-20")
    follow(page.locator(f"a[href='{path_of(gallery.names[5])}']").first)
    expect_shown(page, gallery.names[5])
    page.keyboard.press("j")
    expect_shown(page, gallery.names[4])
    page.keyboard.press("Escape")
    expect(page.locator(f"a[href='{path_of(gallery.names[4])}']").first).to_be_focused()
