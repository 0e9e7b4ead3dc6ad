"""The pages of statistics, in a real browser."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from function_app.devices import history
from function_app.devices.states import DeviceState
from function_app.maintenance.counting import update_figures
from function_app.services import Services, connect
from function_app.settings import Settings
from local.azurite import Azurite
from photo_wire.heartbeat import Network, NetworkKind, SpoolState
from tests.conftest import NewStore, StartBackend, new_backend
from tests.e2e.gallery.browser_pages import SCHEMES, SIZES, Pages, Size, check_axe
from tests.support.backend import Backend
from tests.support.devices import heartbeat, store_state
from tests.support.many_cameras import fill
from tests.support.pages import add_photo
from tests.support.table_relay import TableRelay

PATHS = {
    "photos": "/statistics",
    "hours": "/statistics/hours",
    "devices": "/statistics/devices?days=7",
}
# Records where a canvas has its texts, in its own pixels: those that were drawn last.
RECORD_TEXTS = """() => {
    const drawn = new Map(), proto = CanvasRenderingContext2D.prototype;
    const {clearRect, fillText} = proto;
    proto.clearRect = function(...box) { drawn.set(this.canvas, []); clearRect.apply(this, box); };
    proto.fillText = function(text, x, y) {
        const {actualBoundingBoxLeft: left, actualBoundingBoxRight: right,
            actualBoundingBoxAscent: up, actualBoundingBoxDescent: down} = this.measureText(text);
        if (text) drawn.get(this.canvas)?.push(
            {text, left: x - left, right: x + right, top: y - up, bottom: y + down});
        fillText.call(this, text, x, y);
    };
    window.drawnTexts = () => [...drawn.values()];
}"""
# Of each canvas the pairs of texts that are less than so many pixels apart.
TOO_CLOSE = """space => window.drawnTexts().map(texts => texts.flatMap((one, place) =>
    texts.slice(place + 1).filter(other =>
        one.left - other.right < space && other.left - one.right < space &&
        one.top - other.bottom < space && other.top - one.bottom < space
    ).map(other => [one.text, other.text])))"""
OPEN = "all => all.forEach(one => { one.open = true; })"
NOW = datetime.now(UTC)


def add_photos(services: Services) -> None:
    """Photos of three cameras, more in the evening than at night, and a few losses."""
    for number in range(240):
        hours = 3 * number + round(2 * math.sin(number))
        camera = ("drive", "entry", "gate")[number % 3 if number % 7 else 0]
        add_photo(services, NOW - timedelta(hours=hours, minutes=7), camera, number=number)
    fill(services, 1, 1, 3, NOW)
    update_figures(services, NOW)


def add_device(services: Services, device: str, camera: str) -> None:
    """A device with the figures of a week, and a day without any."""
    for hours in (*range(60), *range(84, 168)):
        sent = heartbeat(
            camera,
            temperature=48 + 6 * math.sin(hours / 4),
            disk_free=12_000_000_000 - 20_000_000 * (168 - hours),
            network=Network(NetworkKind.WIFI, -60.0 - hours % 5),
            spool=SpoolState(waiting=3 if hours < 5 else 0, oldest=NOW - timedelta(hours=5)),
            losses=2,
        )
        at = NOW - timedelta(hours=hours)
        state = DeviceState(device, sent, at, frozenset({camera}), at + timedelta(minutes=15))
        history.write(services.devices, state)
        if not hours:
            store_state(services, state)


@pytest.fixture(scope="module")
def counted(new_store: NewStore, log_folder: Path, secrets_used: set[str]) -> Iterator[Backend]:
    store = new_store()
    services = connect(Settings(store))
    add_photos(services)
    add_device(services, "gate-pi", "gate")
    add_device(services, "yard-pi", "entry")
    backend = new_backend(store, {}, log_folder, secrets_used)
    backend.start()
    yield backend
    backend.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    "size", ["phone", *(pytest.param(one, marks=pytest.mark.slow) for one in ("desk", "laptop"))]
)
def test_the_pages_are_accessible(pages: Pages, counted: Backend, size: Size) -> None:
    """With their tables open, too."""
    page = pages.signed_in(counted, PATHS["photos"], size)
    for path in PATHS.values():
        page.goto(counted.base_url + path)
        expect(page.locator("figure").first).to_be_visible()
        for scheme in reversed(SCHEMES):
            page.emulate_media(color_scheme=scheme)
            check_axe(page)
        page.locator("details").evaluate_all(OPEN)
        check_axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


@pytest.mark.slow
def test_cameras_and_times_are_chosen(pages: Pages, counted: Backend) -> None:
    """From the navigation, and by the keyboard."""
    page = pages.signed_in(counted, "/")
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("heading", name="Statistics", exact=True)).to_be_visible()
    page.get_by_role("link", name="gate", exact=True).press("Enter")
    expect(page).to_have_url(f"{counted.base_url}/statistics?camera=gate&days=30")
    page.get_by_role("link", name="Hours").press("Enter")
    page.get_by_role("link", name="365 days").press("Enter")
    expect(page).to_have_url(f"{counted.base_url}/statistics/hours?camera=gate&days=365")
    page.get_by_label("Camera").select_option("drive")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page).to_have_url(f"{counted.base_url}/statistics/hours?days=365&camera=drive")
    page.get_by_text("The same as a table").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(53)


@pytest.mark.slow
def test_on_a_phone_the_cameras_have_all_of_their_columns(pages: Pages, counted: Backend) -> None:
    """In German, too, which has long words; nothing is to be moved sideways."""
    page = pages.signed_in(counted, PATHS["photos"], "phone", locale="de-DE")
    table = page.get_by_role("region", name="Nach Kamera")
    expect(table.get_by_role("columnheader").last).to_have_text("Größe")
    assert table.evaluate("one => one.scrollWidth <= one.clientWidth")


@pytest.mark.slow
def test_one_points_at_an_hour_of_a_device(pages: Pages, counted: Backend) -> None:
    """The chart has the numbers of the table, and breaks where there are none."""
    page = pages.signed_in(counted, PATHS["devices"])
    charts = page.locator(".uplot")
    expect(charts).to_have_count(4)
    expect(page.get_by_role("img", name="Temperature: from 42")).to_be_visible()
    expect(charts.first.locator(".u-legend")).to_contain_text("°C")  # of the newest hour
    charts.first.locator(".u-over").hover(position={"x": 60, "y": 60})
    expect(charts.first.locator(".u-legend")).to_contain_text("°C")
    expect(charts.nth(2).locator(".u-legend")).to_contain_text("dBm")
    page.get_by_role("link", name="yard-pi").click()
    expect(page.get_by_role("heading", name="yard-pi by the hour")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("size", ["phone", "laptop"])
def test_no_text_of_a_chart_touches_another(pages: Pages, counted: Backend, size: Size) -> None:
    """Such as the lowest number the first day, which are the widest in German."""
    page = pages.signed_in(counted, "/", size, locale="de-DE")
    page.add_init_script(f"({RECORD_TEXTS})()")
    page.goto(counted.base_url + PATHS["devices"])
    expect(page.locator(".uplot")).to_have_count(4)
    page.wait_for_function("window.drawnTexts().filter(texts => texts.length > 3).length === 4")
    assert page.evaluate(TOO_CLOSE, 3) == [[], [], [], []]


@pytest.mark.slow
def test_without_javascript_there_are_lines_and_tables(pages: Pages, counted: Backend) -> None:
    page = pages.signed_in(counted, PATHS["devices"], java_script_enabled=False)
    expect(page.locator("svg.line")).to_have_count(4)
    page.get_by_text("The same as a table").click()
    expect(page.locator("#hours tbody tr").first).to_be_visible()
    page.goto(f"{counted.base_url}/statistics/hours?days=7")
    expect(page.get_by_role("img", name="Photos by day and hour")).to_be_visible()


@pytest.mark.slow
def test_without_anything_the_pages_say_so(
    pages: Pages, start_backend: StartBackend, new_store: NewStore
) -> None:
    page = pages.signed_in(start_backend(new_store()), "/statistics", "phone")
    base_url = page.url.removesuffix("/statistics")
    for name in ("photos", "hours", "devices"):
        page.goto(base_url + PATHS[name])
        expect(page.locator(".empty")).to_be_visible()
        check_axe(page)


@pytest.mark.slow
def test_a_store_that_fails_has_a_page(
    pages: Pages, start_backend: StartBackend, new_store: NewStore, azurite: Azurite
) -> None:
    with TableRelay(azurite) as relay:
        direct, through = (
            re.findall(r"TableEndpoint=http://([^/]+)/", one)[0]
            for one in (azurite.connection_string, relay.connection_string)
        )
        page = pages.signed_in(start_backend(new_store().replace(direct, through)), "/statistics")
        expect(page.locator(".empty")).to_be_visible()
        relay.reset_all_requests()
        reply = page.reload()
        assert reply
        assert reply.status == 503
        expect(page.get_by_role("link", name="Try again")).to_be_visible()
        check_axe(page)
