"""What a read of counts costs in requests, however many cameras there are and whatever arrived."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import azure.functions as func
import pytest

from function_app.maintenance.counting import update_figures
from function_app.services import Services, connect
from function_app.settings import Secrets, Settings
from local.azurite import Azurite
from tests.conftest import NewStore
from tests.support.handlers import call
from tests.support.many_cameras import Requests, add_days, add_photo, fill
from tests.support.memory_store import memory_services
from tests.support.recorder import Recorder
from tests.support.stopped_clock import stop_clock

UNTIL_LATER = timedelta(minutes=10)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a day that begins, and a month, cost more
LATER = NOW + UNTIL_LATER
READ_TOKEN = "a token that reads"
READS = {
    "list_cameras": 3,
    "list_cameras?counts=none": 1,
    "list_days": 2,
    "list_days?from=2026-01-01&to=2026-12-31": 2,
    "get_stats": 3,
    "get_stats?days=366": 3,
    "get_status": 3,
    "list_days?camera=camera-0001": 2,
    "get_stats?camera=camera-0001": 3,
}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is NOW."""
    stop_clock(monkeypatch, NOW)


def read(what: str, services: Services) -> None:
    handler, _, query = what.partition("?")
    params = dict(one.split("=") for one in query.split("&")) if query else {}
    headers = {"Authorization": f"Bearer {READ_TOKEN}"}
    request = func.HttpRequest("GET", "http://x/", headers=headers, params=params, body=b"")
    assert call(handler, request, services).status == 200


def costs(services: Services) -> dict[str, int]:
    """The requests of each read."""
    found = {}
    for what in READS:
        requests = Requests()
        read(what, requests.of(services))
        found[what] = requests.count
    return found


@pytest.mark.parametrize("cameras", [3, 100, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_read_takes_three_requests_at_most(cameras: int) -> None:
    """Before the first count, with all that is to be counted, after it, and with fresh photos and
    losses of every camera since."""
    settings = Settings("", secrets=Secrets(read_token=READ_TOKEN))
    services = memory_services(settings)
    fill(services, cameras, 2 * cameras, 6 * cameras, NOW)
    assert costs(services) == READS
    for now in (NOW, LATER):
        update_figures(services, now)
        assert costs(services) == READS
    fill(services, cameras, cameras, cameras, LATER)
    assert costs(services) == READS


@pytest.mark.slow
def test_the_last_days_cost_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """With photos on 400 days the status and the last 60 days read two months of text alone."""
    services = memory_services(Settings("", secrets=Secrets(read_token=READ_TOKEN)))
    add_days(services, 30, 400, NOW)
    update_figures(services, NOW)
    assert costs(services) == READS
    texts = []

    def loads(text: str) -> object:
        texts.append(text)
        return json.loads(text)

    monkeypatch.setattr("function_app.storage.figures.json", SimpleNamespace(loads=loads))
    for what, days in (("get_status", 2), ("get_stats", 30), ("get_stats?days=60", 60)):
        read(what, services)
        assert len(texts) == 30
        assert all(2 <= text.count('"') <= 2 * days for text in texts), what
        texts.clear()


@pytest.mark.slow  # as to a store in memory, above
def test_a_read_takes_as_many_requests_to_a_real_store(
    new_store: NewStore, azurite: Azurite
) -> None:
    """Counted at a relay before Azurite's tables."""
    with Recorder(azurite.ports[2]) as tables:
        direct, port = new_store(), azurite.ports[2]
        through = direct.replace(f"127.0.0.1:{port}/", f"127.0.0.1:{tables.port}/")
        assert through != direct
        services = connect(Settings(through, secrets=Secrets(read_token=READ_TOKEN)))
        fill(connect(Settings(direct)), 30, 60, 90, NOW)
        for _ in range(2):
            for what, most in READS.items():
                before = len(tables.exchanges)
                read(what, services)
                assert len(tables.exchanges) - before <= most, what
            update_figures(services, LATER)


def test_a_count_takes_a_request_for_each_camera_of_which_something_arrived() -> None:
    """Two when it is saved. The others cost nothing but their rows in the lists."""
    services = memory_services(Settings(""))
    fill(services, 100, 200, 100, NOW - timedelta(hours=1))

    def cost(now: datetime) -> int:
        requests = Requests()
        update_figures(requests.of(services), now)
        return requests.count

    # Cameras; figures read and written; counts; losses: checkpoint, months, list, taken back,
    # months written one by one, checkpoint; the run. Each camera: its arrivals, its checkpoint.
    # Days: the list of work, bindings and rows of devices, the rows, and one transaction.
    cost(NOW)
    cost(NOW)
    unchanged = cost(NOW)
    assert unchanged <= 9 + 5
    for number in range(10):
        add_photo(services, number, NOW)
    # Listed, and one transaction with ten rows of figures; of each its photos of the day, lost and
    # deleted ones, and its month; the month of all, the list of work, and its guard once more.
    assert cost(NOW) == unchanged + 10 + 1 + 3 * 10 + 3
    assert cost(NOW) == unchanged + 10  # listed once more, since it is not settled
    assert cost(LATER) == unchanged + 2 * 10  # listed and saved
    assert cost(LATER) == unchanged
