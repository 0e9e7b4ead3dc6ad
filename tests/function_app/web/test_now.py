"""The page of what is now, over HTTP: what its tiles have, and when they are sent."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from function_app.auth.caller import Role
from function_app.devices.states import DeviceState
from function_app.settings import Settings
from function_app.storage.models import StoredAlert
from photo_wire.alert import DISK, Alert
from photo_wire.camera_state import CameraState
from photo_wire.headers import WAITING
from photo_wire.moment import format_time
from photo_wire.motion import Motion
from photo_wire.name import new_name
from tests.conftest import NewStore, StartBackend
from tests.support.api import MOMENT, Api, name_of, new_camera, photo_headers
from tests.support.backend import Backend
from tests.support.browser import session_of
from tests.support.devices import Device, heartbeat, store_state
from tests.support.many_cameras import Requests
from tests.support.memory_store import memory_services
from tests.support.pages import add_photo, open_page, session_cookie
from tests.support.pictures import jpeg
from tests.support.reporting_device import ReportingDevice

OLD = "gate-20261120T120134567Z-00000000"


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    return backend_of_file


def test_a_trigger_without_motion_is_no_last_photo() -> None:
    """A camera of which only those came has a tile all the same."""
    services = memory_services(Settings(""))
    photo = add_photo(services, MOMENT)
    for camera in ("gate", "yard"):
        name = new_name(camera, MOMENT + timedelta(minutes=1))
        services.index.add(replace(photo, name=name, motion=Motion()), MOMENT)
    page = open_page(services, "get_page", "/", session_cookie(services)).body.decode()
    assert re.findall('href="/photos/([^"]+)"', page) == [str(photo.name)]
    assert 'id="tile-yard"' in page
    assert "No photo yet" in page


def store(api: Api, camera: str, waiting: int = 0) -> str:
    name = name_of(camera)
    headers = photo_headers(name) | {WAITING: str(waiting)}
    assert api.put(jpeg(), headers).status_code == 201
    return str(name)


def test_a_store_without_cameras_says_how_to_connect_one(
    start_backend: StartBackend, new_store: NewStore
) -> None:
    """To an owner, with the address of this site."""
    api = Api(start_backend(new_store()))
    page = api.ask("/", session_of(api.backend))
    assert page.status_code == 200
    assert "No camera yet" in page.text
    assert f"{api.backend.base_url} works on this machine alone" in page.text
    viewer = api.ask("/", session_of(api.backend, Role.VIEWER))
    assert "Ask the owner" in viewer.text
    assert api.backend.base_url not in viewer.text


def test_each_camera_has_a_tile(api: Api) -> None:
    """With its last photo, what waits, how it is, and what it can be asked for."""
    camera, silent = new_camera(), new_camera()
    name = store(api, camera, waiting=3)
    store(api, silent)
    ReportingDevice(api.backend, camera, camera).report()
    page = api.ask("/", session_of(api.backend)).text
    tile = tile_of(page, camera)
    assert f"/api/photos/{name}/thumbnail" in tile
    assert "3 photos wait" in tile
    assert ">ready</p>" in tile
    assert f'data-take="{camera}"' in tile
    assert f'href="/live/{camera}"' in tile
    other = tile_of(page, silent)
    assert ">state unknown</p>" in other
    assert "data-take" not in other
    assert "/live/" not in other


def tile_of(page: str, camera: str) -> str:
    start = page.index(f'id="tile-{camera}"')
    return page[start : page.index("</section>", start)]


def test_a_viewer_sees_their_cameras_and_asks_for_nothing(api: Api) -> None:
    mine, other = new_camera(), new_camera()
    for camera in (mine, other):
        store(api, camera)
        ReportingDevice(api.backend, camera, camera).report()
    page = api.ask("/", session_of(api.backend, Role.VIEWER, frozenset({mine}))).text
    assert mine in page
    assert other not in page
    assert "data-take" not in page
    assert f'href="/live/{mine}"' in page


def test_tiles_are_sent_once_they_changed(api: Api) -> None:
    """The page asks for them with the ETag of those that it has."""
    camera = new_camera()
    store(api, camera)
    session = session_of(api.backend)
    page = api.ask("/", session)
    seen = session | {"If-None-Match": page.headers["ETag"]}
    assert f'data-etag="{page.headers["ETag"]}"'.replace('"', "") in page.text.replace(
        "&#34;", ""
    ).replace('"', "")
    same = api.ask("/?tiles", seen)
    assert (same.status_code, same.content) == (304, b"")
    ReportingDevice(api.backend, camera, camera).report()
    changed = api.ask("/?tiles", seen)
    assert changed.status_code == 200
    assert changed.text.lstrip().startswith("<section")
    assert f'id="tile-{camera}"' in changed.text
    assert changed.headers["ETag"] != page.headers["ETag"]
    german = api.ask("/?tiles", seen | {"Accept-Language": "de"})
    assert "Foto jetzt" in german.text


@pytest.mark.parametrize(
    ("cameras", "minute", "line"),
    [
        (None, -1, "40 new alerts"),
        (None, 18, "2 new alerts"),
        (None, 19, ""),
        (frozenset({"gate"}), 18, "1 new alert"),
        (frozenset({"shed"}), -1, ""),
    ],
)
def test_new_alerts_are_counted(cameras: frozenset[str] | None, minute: int, line: str) -> None:
    """Those of the caller's cameras after what was seen in this browser, by no request more."""
    services = memory_services(Settings(""))
    for number in range(20):
        at = MOMENT + timedelta(minutes=number)
        for camera in ("gate", "yard"):
            services.alerts.add([StoredAlert(Alert(new_name(camera, at), DISK, "why", {}), at)])
    to_alerts = Requests()
    counted = replace(services, alerts=to_alerts.of(services).alerts)
    seen = format_time(MOMENT + timedelta(minutes=minute))
    cookie = f"{session_cookie(services, cameras)}; alerts_seen={seen}"
    page = open_page(counted, "get_page", "/", cookie).body.decode()
    assert to_alerts.count == 0
    assert (f'<a href="/alerts">{line}</a>' in page) is bool(line)
    assert ("new-alerts" in page) is bool(line)
    if line:
        german = open_page(counted, "get_page", "/", cookie, **{"Accept-Language": "de"})
        assert "neue Warnung" in german.body.decode()
    assert "new alert" not in open_page(counted, "get_page", "/?tiles", cookie).body.decode()


def test_of_many_alerts_the_newest_are_counted() -> None:
    services = memory_services(Settings(""))
    for number in range(60):
        at = MOMENT + timedelta(minutes=number)
        services.alerts.add([StoredAlert(Alert(new_name("gate", at), DISK, "why", {}), at)])
    page = open_page(services, "get_page", "/", session_cookie(services)).body.decode()
    assert "50 new alerts or more" in page
    viewer = session_cookie(services, frozenset({"gate", "yard"}))
    assert "20 new alerts or more" in open_page(services, "get_page", "/", viewer).body.decode()


def test_a_camera_that_changed_its_device_is_as_the_new_one_says() -> None:
    """Also while the row of the device that had it names it."""
    services = memory_services(Settings(""))
    for device, age in (("new-pi", 0), ("old-pi", 5)):
        now = datetime.now(UTC) - timedelta(minutes=age)
        sent = heartbeat("gate", goodbye=None if device == "new-pi" else "shutdown")
        store_state(services, DeviceState(device, sent, now, frozenset({"gate"}), None))
    for cameras in (None, frozenset({"gate"})):
        cookie = session_cookie(services, cameras)
        page = open_page(services, "get_page", "/", cookie).body.decode()
        assert ">ready</p>" in tile_of(page, "gate")


@pytest.mark.parametrize(
    ("language", "on_tile", "on_live_page"),
    [
        ("en", "No picture came for 10 s.", "Failing: no picture came for 10 s."),
        (
            "de",
            "Die Kamera lieferte 10 Sek. lang kein Bild.",
            "Gestört: die Kamera lieferte 10 Sek. lang kein Bild.",
        ),
    ],
)
def test_why_a_camera_fails_is_a_sentence(language: str, on_tile: str, on_live_page: str) -> None:
    services, now = memory_services(Settings("")), datetime.now(UTC)
    services.device_keys.bindings.claim(Device("pi", services).introduce(now).caller(), "gate", now)
    sent = heartbeat(cameras={"gate": CameraState(failing="no picture came for 10 s")})
    store_state(services, DeviceState("pi", sent, now, frozenset({"gate"}), None))
    add_photo(services, MOMENT)
    headers = {"Accept-Language": language}
    cookie = session_cookie(services)
    page = open_page(services, "get_page", "/", cookie, **headers).body.decode()
    assert f'<p class="alarm">{on_tile}</p>' in tile_of(page, "gate")
    page = open_page(services, "get_live_page", "/live/gate", cookie, **headers).body.decode()
    assert f'<p id="state" role="status">{on_live_page}</p>' in page


@pytest.mark.parametrize(
    ("query", "path"),
    [
        (f"photo={OLD}", f"/photos/{OLD}"),
        ("photo=//evil", "/photos/%2F%2Fevil"),
        ("photo=%0d%0aX:y", "/photos/%0D%0AX%3Ay"),
        ("alerts=", "/alerts"),
    ],
)
def test_addresses_in_older_messages_lead_on(api: Api, query: str, path: str) -> None:
    session = session_of(api.backend)
    for page in ("/", "/photos"):
        reply: requests.Response = api.ask(
            f"{page}?{query}&x=//evil", session, allow_redirects=False
        )
        assert (reply.status_code, reply.headers["Location"]) == (303, path)
