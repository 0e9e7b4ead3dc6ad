"""What pages cost in requests to the tables, whoever opens them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from function_app.auth.caller import Role
from function_app.auth.device_rows import CameraBinding
from function_app.devices.states import DeviceState
from function_app.maintenance.counting import update_figures
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.device_keys import CAMERAS
from function_app.storage.models import StoredAlert
from function_app.storage.row_keys import View
from local.azurite import Azurite
from photo_wire.alert import DISK, Alert
from photo_wire.moment import to_milliseconds
from photo_wire.name import new_name
from tests.conftest import NewStore
from tests.support.devices import add_device, bind, heartbeat, store_state
from tests.support.many_cameras import Requests, add_photo
from tests.support.memory_store import memory_services
from tests.support.pages import open_page, session_cookie
from tests.support.recorder import Recorder

NOW = to_milliseconds(datetime.now(UTC))
MAX_REQUESTS = 3
OF_A_DEVICE = 8  # cameras
ALERTS = 3  # of each camera
OLDER = "older"  # a device that sends no heartbeats and wants another's camera, and its own one
MANY = 16  # all alerts are on one page
BERLIN = ZoneInfo("Europe/Berlin")
PHOTO = "camera-[0-9]{4}-[0-9]{8}T[0-9]{9}Z-[0-9a-f]{8}"


def filled(cameras: int, services: Services) -> Services:
    """A backend with photos and alerts of so many cameras, all of which devices report."""
    names = [f"camera-{number:04}" for number in range(cameras)]
    for number in range(cameras):
        for age in (1, 2):
            add_photo(services, number, NOW - timedelta(minutes=age, seconds=number / 20))
    for first in range(0, cameras, OF_A_DEVICE):
        own = names[first : first + OF_A_DEVICE]
        device = f"pi-{first:04}"
        store_state(services, DeviceState(device, heartbeat(*own), NOW, frozenset(own), None))
        for camera in own:
            bind(services, camera, device)
    add_device(services, OLDER, [OLDER])
    wanted = CameraBinding(device, wanted_by=OLDER)
    services.devices.upsert(CAMERAS, names[-1], wanted.to_properties())
    alerts = [
        StoredAlert(Alert(new_name(camera, NOW, f"{number:08x}"), DISK, "full"), NOW)
        for number in range(ALERTS)
        for camera in names
    ]
    for first in range(0, len(alerts), 100):
        services.alerts.add(alerts[first : first + 100])
    update_figures(services, NOW)
    return services


@pytest.fixture(scope="module", params=[3, pytest.param(1000, marks=pytest.mark.slow)])
def services(request: pytest.FixtureRequest) -> Services:
    return filled(request.param, memory_services(Settings("")))


def cookies(services: Services) -> dict[str, str]:
    """The cookies of each kind of person: with a zone whose day is two of UTC."""
    names = sorted(services.index.cameras())
    seen = {
        "all": None,
        "one": frozenset(names[-1:]),
        "two": frozenset({names[0], names[-1]}),
        "twenty": frozenset(names[:20]),
        "two, of which one never reported": frozenset({names[0], OLDER}),
        "twenty with others between": frozenset(names[:: max(1, len(names) // 20)]),
    }
    made = {f"viewer of {kind}": session_cookie(services, some) for kind, some in seen.items()}
    made["owner"] = session_cookie(services, role=Role.OWNER)
    return {kind: f"{cookie}; zone=Europe/Berlin" for kind, cookie in made.items()}


def pages(services: Services) -> dict[str, str]:
    """The handlers of pages, by their paths."""
    day = f"/days/{NOW - timedelta(minutes=30):%Y-%m-%d}"
    camera = min(services.index.cameras())
    [photo] = services.index.query(View(), 1)
    return {
        "/": "get_page",
        "/?tiles": "get_page",
        "/days": "get_days",
        f"/days?camera={camera}": "get_days",
        day: "get_day",
        f"{day}?part": "get_day",
        f"{day}?trigger=demand": "get_day",
        f"/photos/{photo.name}": "get_photo_page",
        "/alerts": "get_alerts_page",
        "/devices": "get_devices_page",
        "/devices?part": "get_devices_page",
        "/statistics": "get_statistics",
        "/statistics/hours": "get_statistics_hours",
        "/statistics/devices": "get_statistics_devices",
    }


def cost(services: Services, path: str, handler: str, cookie: str) -> int:
    """Return how many requests to tables a page takes, that of the session among them. Who looked
    at a day is written once an hour, and the bytes of a photo are no table's."""
    requests = Requests()
    counted = requests.of(services)
    counted = replace(counted, audit_log=services.audit_log, blobs=services.blobs)
    reply = open_page(counted, handler, path, cookie)
    assert reply.status in (200, 404), path
    return requests.count


def test_a_page_takes_three_requests_whoever_opens_it(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    """With three cameras and with a thousand."""
    lines, found = [], pages(services)
    for kind, cookie in cookies(services).items():
        costs = {path: cost(services, path, handler, cookie) for path, handler in found.items()}
        lines.append(f"  {kind:40} " + " ".join(f"{one}" for one in costs.values()))
        too_many = {path: one for path, one in costs.items() if one > MAX_REQUESTS}
        assert too_many == {}, kind
    with capsys.disabled():
        print(f"\n  {len(services.index.cameras())} cameras: " + " ".join(found))
        print("\n".join(lines))


def test_the_list_of_devices_says_what_waits(services: Services) -> None:
    """Of a device without heartbeats, too, and which camera it has."""
    page = open_page(services, "get_devices_page", "/devices", cookies(services)["owner"])
    (older,) = re.findall(rf'(?s)<section[^>]*id="device-{OLDER}".*?</section>', page.body.decode())
    assert "waits for your decision" in older
    assert f"<b>{OLDER}</b>" in older


def test_the_trash_takes_two_requests(services: Services) -> None:
    """Only owners see it."""
    cookie = cookies(services)["owner"]
    assert cost(services, "/trash", "get_trash_page", cookie) == 2


class Relayed(NamedTuple):
    """A backend on Azurite, the same behind a relay, and what it asks of the tables there. Who
    looked at a day is not written through the relay."""

    services: Services
    through: Services
    tables: Recorder


@pytest.fixture(scope="module")
def relayed(azurite: Azurite, new_store: NewStore) -> Iterator[Relayed]:
    store = new_store()
    services = filled(MANY, connect(Settings(store)))
    with Recorder(azurite.ports[2]) as tables:
        there = store.replace(f"127.0.0.1:{azurite.ports[2]}/", f"127.0.0.1:{tables.port}/")
        through = replace(connect(Settings(there)), audit_log=services.audit_log)
        yield Relayed(services, through, tables)


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.too_slow])
@example(seen={*range(MANY)})
@given(seen=st.sets(st.integers(0, MANY - 1), min_size=3))
def test_a_viewer_of_any_cameras_takes_three_requests(relayed: Relayed, seen: set[int]) -> None:
    """And is shown what they may see of what there is, and nothing else. Of two cameras the lists
    are read: test_a_page_takes_three_requests_whoever_opens_it has those. The same of the stores
    alone is in test_queries_some_cameras.py."""
    names = {f"camera-{number:04}" for number in seen}
    cookie = session_cookie(relayed.services, frozenset(names)) + f"; zone={BERLIN}"
    photos = [photo.name for photo in relayed.services.index.query(View(), 2 * MANY)]
    day = photos[0].captured_at.astimezone(BERLIN).date()
    of_day = [str(one) for one in photos if one.captured_at.astimezone(BERLIN).date() == day]
    expected = sorted(one for one in of_day if one.startswith(tuple(names)))
    assert sorted(set(_shown(relayed, f"/days/{day}", "get_day", cookie, names, PHOTO))) == expected
    of_alerts = _shown(relayed, "/alerts", "get_alerts_page", cookie, names, "camera=(camera-....)")
    assert sorted(of_alerts) == sorted([*names] * ALERTS)


def _shown(
    relayed: Relayed, path: str, handler: str, cookie: str, names: set[str], pattern: str
) -> list[str]:
    """Return what a page has that is of this form. No other names are in it, and it takes three
    requests at most."""
    start = len(relayed.tables.exchanges)
    reply = open_page(relayed.through, handler, path, cookie)
    assert len(relayed.tables.exchanges) - start <= MAX_REQUESTS
    assert reply.status == 200
    page = reply.body.decode()
    assert set(re.findall("camera-[0-9]{4}", page)) <= names
    return re.findall(pattern, page)
