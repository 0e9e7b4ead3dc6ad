"""Photos by camera and by day or week, of the figures that the counting timer keeps."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth.caller import Caller, Scope
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.settings import Settings
from function_app.stats.photos import PhotoStatistics, read_photo_statistics
from function_app.storage.models import StoredAlert
from photo_wire.alert import LOSS, Alert
from tests.support.api import name_of
from tests.support.memory_store import memory_services
from tests.support.pages import add_photo

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OWNER = Caller("owner", frozenset(Scope))
VIEWER = Caller("vera", frozenset({Scope.READ}), frozenset({"gate"}))
SIZE = 500_000


@pytest.fixture
def services() -> Services:
    """Three photos of one camera and one of another, and a loss of that."""
    services = memory_services(Settings(""))
    for number, days in enumerate((0, 1, 40)):
        add_photo(services, NOW - timedelta(days=days), "gate", number=number)
    add_photo(services, NOW - timedelta(days=1), "yard")
    lost = Alert(name_of("yard", NOW - timedelta(days=2), "0" * 8), LOSS, "no-room")
    services.alerts.add([StoredAlert(lost, NOW)])
    services.index.record_losses({lost.name: ""})
    update_figures(services, NOW)
    return services


def read(services: Services, caller: Caller, days: int = 7) -> PhotoStatistics:
    return read_photo_statistics(services, caller, days, NOW)


def test_each_period_has_its_photos(services: Services) -> None:
    found = read(services, OWNER)
    assert found.as_of == NOW
    assert found.series.received == [0, 0, 0, 0, 0, 2, 1]
    assert found.series.size == [0, 0, 0, 0, 0, 2 * SIZE, SIZE]
    assert found.series.losses == [0, 0, 0, 0, 1, 0, 0]
    assert (found.stored.photos, found.stored.size) == (4, 4 * SIZE)
    assert [one.camera for one in found.cameras] == ["gate", "yard"]
    assert found.cameras[0].series.received == [0, 0, 0, 0, 0, 1, 1]
    by_week = read(services, OWNER, 90).series.received
    assert (by_week[-1], by_week[-6], sum(by_week)) == (3, 1, 4)
    assert sum(read(services, OWNER, 365).series.received) == 4


def test_nothing_tells_of_hidden_cameras(services: Services) -> None:
    found = read(services, VIEWER)
    assert [one.camera for one in found.cameras] == ["gate"]
    assert found.series.received == [0, 0, 0, 0, 0, 1, 1]
    assert sum(found.series.losses) == 0
    assert found.stored.photos == 3
    assert read(services, VIEWER).of_camera("yard").cameras == []
    assert read(services, OWNER).of_camera("yard").series.received == [0, 0, 0, 0, 0, 1, 0]
