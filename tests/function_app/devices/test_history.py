"""The figures of each hour are kept for 31 days."""

from datetime import UTC, datetime, timedelta

from function_app.devices import history
from function_app.devices.states import DeviceState
from function_app.services import Services
from function_app.storage.device_keys import STATES, history_of
from function_app.storage.table_store import query_all
from photo_wire.heartbeat import Network, NetworkKind, SpoolState
from tests.support.devices import heartbeat

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def state_at(moment: datetime, device: str = "gate-pi") -> DeviceState:
    sent = heartbeat(
        "gate",
        temperature=41.5,
        disk_free=10**12,
        spool=SpoolState(waiting=3),
        network=Network(NetworkKind.WIFI, -61.0),
    )
    return DeviceState(device, sent, moment, frozenset({"gate"}), None)


def test_a_range_of_hours_is_read(services: Services) -> None:
    moments = [NOW - hours * HOUR for hours in (5, 4, 3, 2, 1, 0)]
    for moment in moments:
        history.write(services.devices, state_at(moment))

    def read(first: datetime | None, last: datetime | None) -> list[datetime]:
        return [one.at for one in history.read(services.devices, "gate-pi", NOW, first, last)]

    assert read(None, None) == moments
    assert read(moments[2], moments[4]) == moments[2:4]
    assert read(moments[2] + timedelta(milliseconds=1), None) == moments[3:]
    assert read(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)) == moments
    assert read(NOW + HOUR, None) == []
    (last,) = history.read(services.devices, "gate-pi", NOW, NOW, None)
    assert last.figures == {"temperature": 41.5, "signal": -61, "disk_free": 10**12, "waiting": 3}
    assert last.cameras == {"gate"}


def test_old_hours_are_neither_shown_nor_kept(services: Services) -> None:
    old = NOW - history.MAX_AGE - HOUR
    for device in ("gate-pi", "yard-pi"):
        state = state_at(NOW, device)
        services.devices.insert(STATES, device, state.to_properties())
        for hours in (40, 30, 20, 10, 0):
            history.write(services.devices, state_at(old - hours * HOUR, device))
        history.write(services.devices, state)
        assert len(history.read(services.devices, device, NOW, None, None)) == 1
    assert history.purge(services.devices, ["gate-pi", "yard-pi"], NOW) == 10
    assert history.purge(services.devices, ["gate-pi", "yard-pi"], NOW) == 0
    for device in ("gate-pi", "yard-pi"):
        assert len(list(query_all(services.devices, history_of(device)))) == 1
