"""A report that comes again, as a whole or in part, costs a few requests, and each alert is kept
once: counted at a relay before Azurite's tables."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.azure import alerts as module
from function_app.storage.models import StoredAlert
from local.azurite import Azurite
from photo_wire.alert import LOSS, QUARANTINE, Alert
from tests.conftest import NewStore
from tests.support.api import MOMENT, name_of
from tests.support.recorder import Recorder
from tests.support.samples import in_order, losses


@pytest.fixture
def metered(azurite: Azurite, new_store: NewStore) -> Iterator[tuple[Services, Recorder]]:
    """A store that has the table already, and what is asked of it."""
    with Recorder(azurite.ports[2]) as tables:
        there = f"http://127.0.0.1:{azurite.ports[2]}/"
        through = new_store().replace(there, f"{tables.base_url}/")
        backend = connect(Settings(through))
        backend.alerts.add([StoredAlert(Alert(name_of("other"), LOSS, "first"), MOMENT)])
        yield backend, tables


def requests(metered: tuple[Services, Recorder], reported: list[StoredAlert]) -> int:
    """How many requests it takes to tell this."""
    backend, tables = metered
    before = len(tables.exchanges)
    backend.alerts.add(reported)
    return len(tables.exchanges) - before


def kept(metered: tuple[Services, Recorder]) -> list[StoredAlert]:
    """What the list has, but for the first."""
    found = metered[0].alerts.newest(500, None)
    return [one for one in found if one.alert.reason != "first"]


NEWEST = 3  # reads the row of the newest alerts, lists them, and writes it
UNCHANGED = 2  # of these, where there is nothing to write


def test_a_report_that_is_sent_twice_costs_few_requests(
    metered: tuple[Services, Recorder],
) -> None:
    """Of a hundred alerts: three parts of 33, which are looked for, and one. What is new costs
    each part one more. Once in a minute it is read whether there is a channel to tell. Each alert
    is kept as it was told first."""
    assert requests(metered, losses(100)) == 4 + NEWEST
    assert requests(metered, losses(100, minutes=5)) == 7 + 1 + UNCHANGED
    assert kept(metered) == in_order(losses(100))
    asides = [
        StoredAlert(Alert(one.alert.name, QUARANTINE, "damaged"), one.received_at)
        for one in losses(100, minutes=9)[::2]
    ]
    assert requests(metered, [*losses(100, minutes=9), *asides]) == 5 * 3 + 1 + NEWEST
    assert kept(metered) == in_order([*losses(100), *asides])


def test_one_alert_that_comes_again_costs_three_requests(
    metered: tuple[Services, Recorder],
) -> None:
    reported = losses(1)
    assert [requests(metered, reported) for _ in range(2)] == [1 + NEWEST, 1 + UNCHANGED]
    assert kept(metered) == reported


def test_a_report_of_two_cameras_with_many_alerts_between_them_is_kept(
    metered: tuple[Services, Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than are looked at: what that does not tell is tried one by one."""
    monkeypatch.setattr(module, "PAGE_SIZE", 10)
    between = losses(40)
    metered[0].alerts.add(between)
    reported = [
        StoredAlert(Alert(name_of(camera, MOMENT + timedelta(days=n)), LOSS, "torn"), MOMENT)
        for n in range(3)
        for camera in ("entry", "site")
    ]
    metered[0].alerts.add(reported[3:])
    # Of the six, one is known; the newest 50 are four pages of ten more.
    assert requests(metered, reported) == 3 + 5 + NEWEST + 4
    assert sorted(map(str, kept(metered))) == sorted(map(str, [*between, *reported]))
