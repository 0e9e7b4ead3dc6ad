"""Chosen photos as a ZIP, saved by a real browser and compared byte for byte."""

import hashlib
import os
import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
import requests
from playwright.sync_api import Download, Page, Route, expect

from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.models import Photo
from photo_wire.media import Media
from photo_wire.name import PhotoName
from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import Pages
from tests.e2e.gallery.filled_gallery import FIRST, Gallery
from tests.support.api import name_of
from tests.support.backend import Backend
from tests.support.pictures import jpeg
from tests.support.waiting import wait_for

DAY = f"/days/{FIRST:%Y-%m-%d}"
MANY, SIZE = 1000, 200_000  # photos, and bytes of each


def choose_all(page: Page) -> None:
    page.locator("#main").focus()
    page.keyboard.press("ControlOrMeta+a")


def save(page: Page) -> Download:
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    return started.value


def contents_of(gallery: Gallery) -> dict[str, bytes]:
    """Return the photos of the day by their names in a ZIP."""
    bearer = {"Authorization": f"Bearer {gallery.backend.admin_token}"}
    return {
        file_name(name): requests.get(
            f"{gallery.backend.base_url}/api/photos/{name}/content", headers=bearer, timeout=90
        ).content
        for name in gallery.names
        if name.captured_at.date() == FIRST.date()
    }


def file_name(name: PhotoName) -> str:
    time = re.findall(r"\d{8}T\d{9}Z", str(name))[0]
    return f"{time}-{name.camera}-{name.tag}.jpg"


def check_zip(path: str | Path, expected: dict[str, bytes]) -> None:
    """Assert that a ZIP holds these files in the order of their times, as they are stored, and the
    list of their SHA-256."""
    with ZipFile(path) as found:
        assert found.testzip() is None
        *names, last = found.namelist()
        assert names == sorted(expected)
        assert last == "SHA256SUMS"
        assert all(one.compress_type == ZIP_STORED for one in found.infolist())
        sums = [line.split("  ") for line in found.read(last).decode().splitlines()]
        assert [name for _, name in sums] == names
        for digest, name in sums:
            content = found.read(name)
            assert content == expected[name]
            assert hashlib.sha256(content).hexdigest() == digest


@pytest.mark.slow
def test_chosen_photos_are_one_zip(pages: Pages, gallery: Gallery) -> None:
    """Made while it is saved. One photo alone is saved as it is. The requests of the page itself do
    not go through the service worker."""
    page = pages.signed_in(gallery.backend, DAY)
    choose_all(page)
    expected = contents_of(gallery)
    download = save(page)
    assert download.suggested_filename == f"nightjar-{FIRST:%Y-%m-%d}-{len(expected)}.zip"
    check_zip(download.path(), expected)
    expect(page.get_by_text(f"All {len(expected)} photos are in the ZIP.")).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.controller") is None
    page.get_by_role("button", name="Clear").click()
    page.locator(".event > .choose input").first.check()
    one = save(page)
    assert one.path().read_bytes() in expected.values()
    assert one.suggested_filename.endswith(".jpg")


@pytest.mark.slow
def test_where_nothing_can_be_streamed_it_comes_in_parts(pages: Pages, gallery: Gallery) -> None:
    """Each is a ZIP of its own, and that is said; here as if 200 MB were 60 kB."""
    page = pages.signed_in(gallery.backend, DAY, service_workers="block")

    def with_small_parts(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace("200_000_000", "60_000"))

    page.route("**/download.js", with_small_parts)
    choose_all(page)
    saved: list[Download] = []
    page.on("download", lambda one: saved.append(one))
    page.get_by_role("button", name="Download").click()
    expected = contents_of(gallery)
    expect(page.get_by_text(f"All {len(expected)} photos are in the ZIP.")).to_be_visible()
    found: dict[str, bytes] = {}
    wait_for(lambda: page.evaluate("1") and len(saved) > 1, what="the parts")
    count = int(re.findall(r"-of-(\d+)\.zip", saved[0].suggested_filename)[0])
    wait_for(lambda: page.evaluate("1") and len(saved) == count, what="all parts")
    for part in saved:
        with ZipFile(part.path()) as one:
            names = one.namelist()[:-1]
        check_zip(part.path(), {name: expected[name] for name in names})
        found |= {name: expected[name] for name in names}
    assert found == expected


@pytest.mark.slow
def test_a_zip_that_is_cut_is_not_saved(pages: Pages, gallery: Gallery) -> None:
    """The browser saves nothing that looks whole, and the page says so; when the connection is
    there again it can be tried again."""
    page = pages.signed_in(gallery.backend, DAY)
    choose_all(page)
    read = 0

    def cut(route: Route) -> None:
        nonlocal read
        read += 1
        if read > 4:
            route.abort()
        else:
            route.continue_()

    page.route("**/content", cut)
    download = save(page)
    assert download.failure() is not None
    expect(page.get_by_text("The ZIP file is not complete")).to_be_visible()
    page.unroute("**/content", cut)
    check_zip(save(page).path(), contents_of(gallery))
    pages.complaints.clear()  # the browser tells of each request that was cut


@pytest.mark.slow
def test_a_photo_that_arrives_damaged_is_read_again(pages: Pages, gallery: Gallery) -> None:
    """By its size and SHA-256; and one that was canceled is not saved."""
    page = pages.signed_in(gallery.backend, DAY)
    choose_all(page)
    damaged = 0

    def damage(route: Route) -> None:
        nonlocal damaged
        if damaged:
            route.continue_()
            return
        damaged += 1
        response = route.fetch()
        route.fulfill(response=response, body=bytes(len(response.body())))

    page.route("**/content", damage)
    check_zip(save(page).path(), contents_of(gallery))
    assert damaged == 1
    held: list[Route] = []
    page.unroute("**/content", damage)
    page.route("**/content", lambda route: held.append(route))
    download = save(page)
    page.get_by_role("button", name="Cancel").click()
    assert download.failure() is not None
    expect(page.get_by_text("The download was canceled.")).to_be_visible()
    pages.complaints.clear()


class Memory:
    """What the browser's processes take: those that descend from this one."""

    def __init__(self) -> None:
        self.samples: list[float] = []

    def sample(self) -> float:
        """Measure the memory now, in MB, each shared page counted once in all."""
        parents: dict[int, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
        now = sum(self._size(pid) for pid in parents if self._is_browser(pid, parents)) / 1024
        self.samples.append(now)
        return now

    def _is_browser(self, pid: int, parents: dict[int, int]) -> bool:
        try:
            name = Path(f"/proc/{pid}/comm").read_text()
        except OSError:
            return False
        while pid and pid != os.getpid():
            pid = parents.get(pid, 0)
        return "chrom" in name and pid == os.getpid()

    @staticmethod
    def _size(pid: int) -> int:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            return 0
        return int(re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[0])


@pytest.fixture
def many(new_store: NewStore, start_backend: StartBackend) -> tuple[Backend, dict[str, bytes]]:
    """A backend with a thousand photos of one day, and those by their names in a ZIP."""
    backend = start_backend(new_store())
    services = connect(Settings(backend.connection_string))
    begin = jpeg()

    def add(number: int) -> tuple[str, bytes]:
        content = begin + random.Random(number).randbytes(SIZE)
        camera, at = ("drive", "gate")[number % 2], FIRST - timedelta(seconds=20 * number)
        name = name_of(camera, at, f"{number:08x}")
        photo = Photo(name, Media.JPEG, hashlib.sha256(content).hexdigest(), len(content), at)
        services.blobs.add(photo, content)
        services.index.add(photo, at)
        return file_name(name), content

    with ThreadPoolExecutor(4) as threads:
        contents = dict(threads.map(add, range(MANY)))
    return backend, contents


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_thousand_photos_are_one_zip(
    pages: Pages, many: tuple[Backend, dict[str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them, within bounded memory. When the backend goes away in the middle, that is said,
    and nothing that looks whole is saved."""
    backend, contents = many
    page = pages.signed_in(backend, DAY)
    choose_all(page)
    expect(page.locator("#chosen")).to_have_text("1,000 photos chosen")
    memory = Memory()
    before = memory.sample()
    download = save(page)
    bar = page.locator("#answers progress")

    def is_saved() -> bool:
        memory.sample()
        return bar.count() == 0

    wait_for(is_saved, 600, "the ZIP")
    expect(page.get_by_text("All 1,000 photos are in the ZIP.")).to_be_visible()
    check_zip(download.path(), contents)
    with capsys.disabled():
        print(
            f"\n  a ZIP of {MANY:,} photos, {sum(map(len, contents.values())) / 1e6:.0f} MB: the "
            f"browser takes {before:.0f} MB before, at most {max(memory.samples):.0f} MB then",
            "(from time to time:",
            *(f"{one:.0f}" for one in memory.samples[:: max(1, len(memory.samples) // 12)]),
        )
    cut = save(page)
    wait_for(lambda: float(bar.get_attribute("value") or 0) > 100, 300, "a hundred photos")
    backend.kill()
    assert cut.failure() is not None
    expect(page.get_by_text("The ZIP file is not complete")).to_be_visible()
    pages.complaints.clear()  # the browser tells of each request that was cut
