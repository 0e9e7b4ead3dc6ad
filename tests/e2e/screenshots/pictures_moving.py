"""The moving picture of the README: a movement, its photo, and the gallery, as `make run` shows
them."""

import html
import io
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.gallery.browser_pages import Pages, follow, width_when_loaded
from tests.e2e.screenshots.docs import MOVING
from tests.e2e.screenshots.view import FOLDER
from tests.support.local_system import local_system
from tests.support.waiting import wait_for

SIZE = ViewportSize(width=960, height=600)
MAX_BYTES = 1_500_000
ENOUGH, LINES = 4, 12  # lines of the output to begin with, and as many as are shown
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # it looks again now
TERMINAL = """<body style="margin: 0; background: #14161a; color: #d6d9de">
<pre style="padding: 24px; font: 14px/1.6 monospace; white-space: pre-wrap">{}</pre>"""


def test_a_movement_becomes_a_photo_in_the_gallery(browser: Browser, tmp_path: Path) -> None:
    pages = Pages(browser)
    with local_system(tmp_path, LOCAL_MOTION_EVERY="6") as system:
        page, terminal = pages.new(viewport=SIZE), pages.new(viewport=SIZE)
        wait_for(lambda: len(log(tmp_path)) >= ENOUGH, what="some photos")
        frames = [output(terminal, tmp_path)]
        page.goto(system["base_url"])
        page.get_by_label("Password", exact=True).fill(system["gallery_password"])
        follow(page.get_by_role("button", name="Sign in", exact=True))
        picture = page.locator(".tile img").first
        width_when_loaded(picture)
        frames.append(page.screenshot())
        before, lines = picture.get_attribute("src"), log(tmp_path)
        wait_for(lambda: log(tmp_path) != lines, what="a movement")
        frames.append(output(terminal, tmp_path))
        page.evaluate(LOOK)
        expect(picture).not_to_have_attribute("src", str(before))
        width_when_loaded(picture)
        frames.append(page.screenshot())
        follow(page.locator(".tile a.picture").first)
        expect(page.locator("#photo h1")).to_be_visible()
        width_when_loaded(page.locator("#picture img"))
        frames.append(page.screenshot())
        page.keyboard.press("Escape")
        page.wait_for_url(f"{system['base_url']}/")
        page.goto(f"{system['base_url']}/days/{datetime.now(UTC):%Y-%m-%d}")
        for cover in page.locator(".cover img:visible").all()[:3]:
            width_when_loaded(cover)
        frames.append(page.screenshot())
        pages.close()
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / MOVING
    save(frames, file)
    assert file.stat().st_size <= MAX_BYTES


def log(folder: Path) -> list[str]:
    """Return the last lines that the processes have printed."""
    lines = (folder / "run.log").read_text(errors="replace").splitlines()
    return [line for line in lines if line.startswith("[")][-LINES:]


def output(page: Page, folder: Path) -> bytes:
    """Return a picture of them."""
    page.set_content(TERMINAL.format(html.escape("\n".join(["$ make run", *log(folder)]))))
    return page.screenshot()


def save(frames: list[bytes], file: Path) -> None:
    """Save the pictures as one that moves."""
    first, *others = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    first.save(
        file,
        save_all=True,
        append_images=others,
        duration=[2000, 1400, 1800, 2200, 2400, 3000],
        loop=0,
        quality=75,
    )
