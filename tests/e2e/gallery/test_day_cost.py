"""What pages cost with 100,000 photos and with a million: requests to tables, what a browser is
sent, how long it takes, and how much memory."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from playwright.sync_api import CDPSession, Page, expect

from function_app.auth import sessions, users
from function_app.auth.caller import Role
from tests.e2e.gallery.browser_pages import Pages, Size, follow, open_session_at
from tests.support.computed_photos import CAMERAS, Photos, computed_services, served
from tests.support.many_cameras import Requests

PASSWORD = "a good long password"
COUNTS = [100_000, 1_000_000]
SAMPLES = 2  # days of which the pages are counted
DAYS = 100  # that one leafs through
MAX_REQUESTS = 3
MAX_TRANSFER = 1_000_000  # bytes
# Chromium's own "Fast 4G": bytes in a second, and milliseconds.
FAST_4G: dict[str, object] = {
    "offline": False,
    "downloadThroughput": 1_012_500,
    "uploadThroughput": 168_750,
    "latency": 165,
}
ENTRIES = """const entries = [...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource")];"""
TRANSFER = f"() => {{ {ENTRIES} return entries.reduce((sum, one) => sum + one.transferSize, 0); }}"
LOADED = f"() => {{ {ENTRIES} return Math.max(...entries.map(one => one.responseEnd)); }}"
HAS_COVERS = """() => document.readyState === "complete"
    && [...document.querySelectorAll(".cover img")]
        .filter(one => one.getBoundingClientRect().top < innerHeight).every(one => one.complete)"""


class Archive:
    """A backend with so many photos, and the number of its requests to tables."""

    def __init__(self, count: int) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        self.photos = Photos(count, now - timedelta(minutes=2))
        services = computed_services(self.photos, PASSWORD)
        self._requests = Requests()
        # Not counted: who looked at which day is written once an hour.
        self._counted = replace(self._requests.of(services), audit_log=services.audit_log)
        self.base_url = ""

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Serve it at `base_url`."""
        with served(lambda: self._counted) as self.base_url:
            yield

    def sign_in(self) -> requests.Session:
        """Return a client with a session of the owner."""
        session = requests.Session()
        body = {"name": "owner", "password": PASSWORD}
        reply = session.post(f"{self.base_url}/api/session", json=body, timeout=90)
        assert reply.ok, reply.text
        # What is fetched at a process's first request is not the page's.
        session.get(f"{self.base_url}/devices", timeout=90)
        return session

    def sign_in_viewer(self, cameras: frozenset[str]) -> requests.Session:
        """Return a client with a session of somebody who may see these cameras."""
        accounts = self._counted.accounts
        person = users.add(accounts, f"viewer-{len(cameras)}", PASSWORD, Role.VIEWER, cameras)
        session = requests.Session()
        value = sessions.create(accounts, person, datetime.now(UTC))
        session.headers["Cookie"] = f"nightjar_session={value}"
        return session

    def cost(self, session: requests.Session, path: str) -> tuple[int, str]:
        """Return how many requests a page takes, and the page."""
        self._requests.count = 0
        reply = session.get(self.base_url + path, timeout=90)
        assert reply.status_code == 200, reply.text
        return self._requests.count, reply.text

    def day(self, days_ago: float) -> str:
        """Return the address of a day."""
        return f"/days/{self.photos.newest - timedelta(days=days_ago):%Y-%m-%d}"


@pytest.fixture(params=COUNTS, ids=["100,000", "1,000,000"])
def archive(request: pytest.FixtureRequest) -> Iterator[Archive]:
    """Such a backend of each size."""
    made = Archive(request.param)
    with made.serve():
        yield made


@pytest.mark.slow
def test_any_day_takes_three_requests(archive: Archive) -> None:
    """However old it is, whatever it is filtered by, and with a thousand photos or none."""
    session, photos = archive.sign_in(), archive.photos
    age = (photos.newest - photos.oldest) / timedelta(days=1)
    chance = random.Random(archive.photos.count)
    ages = [0, 1, age - 1, age + 400, *(chance.uniform(0, age) for _ in range(SAMPLES))]
    shown = []
    for days_ago in ages:
        day = archive.day(days_ago)
        of_camera = f"?camera={chance.choice(CAMERAS)}"
        for query in ("", "?from=14:30", of_camera, "?trigger=demand", "?stubs=only"):
            count, page = archive.cost(session, day + query)
            assert count <= MAX_REQUESTS, day + query
            shown.append(page.count('id="event-'))
    assert min(shown) == 0
    assert max(shown) >= 100


@pytest.mark.slow
def test_a_viewer_of_some_cameras_takes_three_requests_for_a_day(archive: Archive) -> None:
    """As one who sees all, however many photos the others have."""
    for cameras in (CAMERAS[:1], CAMERAS[:2], CAMERAS[1:]):
        session = archive.sign_in_viewer(frozenset(cameras))
        for days_ago in (1, 50):
            count, page = archive.cost(session, archive.day(days_ago))
            assert count <= MAX_REQUESTS, cameras
            assert page.count('id="event-') >= 20
            assert (f"/photos/{CAMERAS[0]}-" in page) is (CAMERAS[0] in cameras)


@pytest.mark.slow
def test_other_pages_take_three_requests(archive: Archive) -> None:
    """Now, the calendar of any month, and any photo, which has its neighbours."""
    session, photos = archive.sign_in(), archive.photos
    middle = photos.count // 2
    name = photos.name(middle)
    month = f"/days?month={name.captured_at:%Y-%m}"
    for path in ("/", "/?tiles", "/days", month, f"/photos/{name}"):
        count, page = archive.cost(session, path)
        blobs = 1 if path.startswith("/photos/") else 0  # the beginning of the photo, for its EXIF
        assert count <= MAX_REQUESTS + blobs, path
    assert f"/photos/{photos.name(middle + 1)}" in page
    assert f"/photos/{photos.name(middle - 1)}" in page


@pytest.mark.slow
def test_the_first_view_of_a_day_is_small(
    pages: Pages, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed times are those of this machine, and of a throttled network."""
    views: list[tuple[Size, dict[str, object] | None]] = [("desk", None), ("phone", FAST_4G)]
    for size, network in views:
        page = signed_in(pages, archive, size)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        if network:
            session.send("Network.emulateNetworkConditions", network)
        page.goto(archive.base_url + archive.day(50))
        page.wait_for_function(HAS_COVERS)
        transfer, loaded = page.evaluate(TRANSFER), page.evaluate(LOADED)
        with capsys.disabled():
            print(
                f"\n  {archive.photos.count:,} photos, first view of a day on a {size}, "
                f"{'4G' if network else 'unthrottled'}: "
                f"{transfer / 1000:.0f} kB, {loaded / 1000:.2f} s"
            )
        assert transfer <= MAX_TRANSFER


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("archive", COUNTS[1:], indirect=True)
def test_memory_is_bounded_while_one_leafs_through_days(
    pages: Pages, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    """And through photos, which takes no new page."""
    page = signed_in(pages, archive, "desk")
    page.goto(f"{archive.base_url}{archive.day(1)}?camera=gate")
    measure = memory_of(page.context.new_cdp_session(page))
    sizes = []
    for number in range(DAYS):
        if number % 20 == 10:
            sizes.append(measure())
        follow(page.locator("#previous-day"))
    assert archive.day(DAYS + 1) in page.url
    sizes.append(measure())
    follow(page.locator("a.cover").first)
    of_photos = []
    for number in range(DAYS):
        if number % 20 == 10:
            of_photos.append(measure())
        shown = page.locator("#photo").get_attribute("data-id")
        page.keyboard.press("j")
        expect(page.locator("#photo")).not_to_have_attribute("data-id", str(shown))
    for what, found in (("days", sizes), ("photos", of_photos)):
        with capsys.disabled():
            print(f"\n  heap and DOM nodes while one leafs through 100 {what}:", end="")
            print(*(f" {heap / 1e6:.1f} MB, {nodes:,.0f};" for heap, nodes in found))
        for first, last in zip(found[0], found[-1], strict=True):
            assert last < 2 * first


def signed_in(pages: Pages, archive: Archive, size: Size) -> Page:
    """Return a page with a session of the owner."""
    page = pages.new(size)
    open_session_at(page, archive.base_url, "owner", PASSWORD)
    return page


def memory_of(session: CDPSession) -> Callable[[], tuple[float, float]]:
    """Return what measures a page's heap in bytes and its nodes, after a collection."""
    session.send("Performance.enable")

    def measure() -> tuple[float, float]:
        session.send("HeapProfiler.collectGarbage")
        metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
        found = {str(one["name"]): float(one["value"]) for one in metrics}
        return found["JSHeapUsedSize"], found["Nodes"]

    return measure
