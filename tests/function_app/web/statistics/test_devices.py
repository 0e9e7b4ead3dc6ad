"""The page of devices: how they are, and the hours of one."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from function_app.devices import history
from function_app.devices.states import DeviceState
from function_app.services import Services
from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import Network, NetworkKind, SpoolState
from tests.function_app.web.statistics.conftest import NOW
from tests.support.devices import heartbeat, store_state
from tests.support.many_cameras import Requests
from tests.support.pages import open_page, session_cookie

PATH = "/statistics/devices"


def add(services: Services, device: str, *cameras: str, hours: int = 30) -> None:
    sent = heartbeat(
        *cameras,
        temperature=41.5,
        disk_free=12_300_000_000,
        network=Network(NetworkKind.WIFI, -61.0),
        spool=SpoolState(waiting=3, oldest=NOW - timedelta(hours=5)),
        losses=2,
    )
    for number in range(hours):
        at = NOW - timedelta(hours=number)
        history.write(services.devices, DeviceState(device, sent, at, frozenset(cameras), None))
    store_state(services, DeviceState(device, sent, NOW, frozenset(cameras), None))


def shown(services: Services, cookie: str, query: str = "") -> str:
    reply = open_page(services, "get_statistics_devices", f"{PATH}{query}", cookie)
    assert reply.status == 200, reply.body
    return unescape(reply.body.decode())


def test_a_device_has_its_figures_and_lines(services: Services) -> None:
    viewer = session_cookie(services)
    assert "No device has reported its state yet." in shown(services, viewer)
    add(services, "gate-pi", "gate")
    page = shown(services, viewer)
    for text in ("41.5 °C", "12.3 GB", "-61 dBm", "5 hours ago"):
        assert text in page
    assert page.count('<svg class="line"') == 4
    assert page.count('data-value="41.5"') == 30
    assert 'href="/statistics/devices?days=7&device=gate-pi"' in page
    assert 'aria-label="Temperature: from 41.5 °C to 41.5 °C"' in page
    assert page.count('<th scope="col">Last report</th>') == 1
    assert "41,5 °C" in shown(services, f"{viewer}; language=de", "?days=365&device=gate-pi")


def test_one_hour_has_no_line(services: Services) -> None:
    """Nor a script that would make axes of a single point."""
    viewer = session_cookie(services)
    add(services, "gate-pi", "gate", hours=1)
    page = shown(services, viewer)
    assert page.count("There is one hour of this time.") == 4
    for part in ('<svg class="line"', "data-column", "uPlot.iife", "statistics.js"):
        assert part not in page
    assert 'data-value="41.5"' in page
    add(services, "gate-pi", "gate", hours=2)
    page = shown(services, viewer, "?days=7")
    assert page.count('<svg class="line"') == 4
    first, last = re.findall(r'data-from="(\d+)" data-to="(\d+)"', page)[0]
    assert int(last) - int(first) == 7 * 86_400


def test_a_viewer_sees_no_figure_of_a_shared_device(services: Services) -> None:
    add(services, "gate-pi", "gate", "yard")
    page = shown(services, session_cookie(services, frozenset({"gate"})))
    assert "You may not see all cameras of this device." in page
    assert "41.5" not in page
    assert "There are no figures of this time that you may see." in page
    cookie = session_cookie(services, frozenset({"hall"}))
    assert "No device has reported" in shown(services, cookie)
    for device in ("gate-pi", "nonesuch"):
        reply = open_page(services, "get_statistics_devices", f"{PATH}?device={device}", cookie)
        assert reply.status == 404


def test_a_device_has_the_state_of_its_page(services: Services) -> None:
    """With the cameras that are disarmed, and whether its uploads are paused."""
    states = {"gate": CameraState(armed=False), "yard": CameraState(armed=True)}
    sent = heartbeat(cameras=states, paused_until=datetime(2126, 1, 1, tzinfo=UTC))
    store_state(services, DeviceState("gate-pi", sent, NOW, frozenset(states), None))
    viewer = session_cookie(services)
    state = "ready, disarmed: gate, uploads paused"
    assert f">{state}<" in shown(services, viewer)
    page = open_page(services, "get_devices_page", "/devices", viewer)
    assert f">{state}</dd>" in page.body.decode()


@pytest.mark.parametrize("devices", [3, 1000])
def test_the_page_takes_three_requests(services: Services, devices: int) -> None:
    """Those of the session, of the states, and of the hours."""
    for number in range(devices):
        add(services, f"pi-{number:04}", f"camera-{number:04}", hours=1)
    requests = Requests()
    for seen in (None, frozenset({"camera-0000", "camera-0002"})):
        cookie = session_cookie(services, seen)
        for query in ("", "?days=7&device=pi-0002"):
            before = requests.count
            shown(requests.of(services), cookie, query)
            assert requests.count - before <= 3
