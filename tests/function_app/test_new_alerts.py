"""What is kept of the newest alerts counts what the list of alerts shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from function_app import new_alerts
from function_app.alerts.api import may_see_person, read_alerts
from function_app.auth.caller import Caller, Scope
from function_app.new_alerts import MAX_OF_ALL, NewCount, parse_new_alerts
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.device_keys import NEW_ALERTS, STATES
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import StoredAlert
from function_app.storage.table_store import Entity
from function_app.timer_watch import CAMERA as BACKEND
from photo_wire.alert import DISK, LOSS, SILENT, UNDELIVERED, Alert
from photo_wire.name import new_name
from tests.support.api import MOMENT
from tests.support.memory_store import (
    MAX_PROPERTY_BYTES,
    MAX_ROW_BYTES,
    MemoryTable,
    memory_services,
)

READ = frozenset({Scope.READ})
OWNER = Caller("owner", frozenset(Scope), session="a key")
VERA = Caller("vera", READ, session="another key")
LIMITED = Caller("lena", READ, frozenset({"gate", "yard"}), session="a third key")


@dataclass(frozen=True)
class Step:
    """Something that changes the alerts: one of a camera comes in, of a person's channel or joined
    to the one before, or one is taken back, or all of a camera are removed."""

    what: str
    camera: str = "gate"
    person: str = "vera"
    milliseconds: int = 0


def steps_after(*milliseconds: int) -> st.SearchStrategy[list[Step]]:
    """Steps, each so long after the one before."""
    step = st.builds(
        Step,
        st.sampled_from(["add", "add", "add", "tell", "join", "take back", "remove", "hourly"]),
        st.sampled_from(["gate", "yard", "shed"]),
        st.sampled_from(["vera", "lena"]),
        st.sampled_from(milliseconds),
    )
    return st.lists(step, max_size=40)


def play(services: Services, steps: list[Step]) -> list[datetime]:
    """Change the alerts; return when they came in."""
    alerts, at, times, first = services.alerts, MOMENT, [], None
    for number, step in enumerate(steps):
        at += timedelta(milliseconds=step.milliseconds)
        times.append(at)
        name = new_name(step.camera, at, f"{number:08x}")
        match step.what:
            case "add":
                alerts.add([StoredAlert(Alert(name, LOSS, "no-room"), at)])
            case "tell":
                about = new_name(BACKEND, at, f"{number:08x}")
                reason = {"person": step.person}
                alerts.add([StoredAlert(Alert(about, UNDELIVERED, "why", reason), at)])
            case "join":
                silent = StoredAlert(Alert(name, SILENT, "why"), at)
                if first is None:
                    alerts.add([silent])
                else:
                    alerts.join(first, silent, lambda alert: alert)
                first = first or silent
            case "take back":
                own = alerts.newest_of(step.camera, 1, None)
                for one in own if own and own[0].alert.kind == LOSS else []:
                    services.loss_counts.take_back(one.alert.name)
                    services.loss_counts.take_back(one.alert.name)
            case "remove":
                while alerts.remove_some_of(step.camera):
                    first = None
            case _:
                alerts.index_by_camera()
    return times


def counted(services: Services, caller: Caller, since: datetime | None) -> NewCount:
    rows = services.devices.query(STATES, 10)

    def may_see(person: str) -> bool:
        return may_see_person(caller, person)

    return parse_new_alerts(rows).count(since, caller.cameras, may_see)


def listed(services: Services, caller: Caller, since: datetime | None) -> int:
    found, _ = read_alerts(services, caller, 200, None)
    return sum(since is None or one.received_at > since for one in found)


@given(steps_after(0, 0, 1, 1000), st.sampled_from([OWNER, VERA, LIMITED]))
def test_the_count_is_that_of_the_list(steps: list[Step], caller: Caller) -> None:
    """After any changes, for whoever may see what, since any moment."""
    services = memory_services(Settings(""))
    for since in (None, *play(services, steps)):
        found = counted(services, caller, since)
        expected = listed(services, caller, since)
        assert found.count == expected or (found.or_more and found.count < expected)


OLDER_OF_A_REMOVED_CAMERA = [
    Step("join", "shed", milliseconds=1),
    Step("add", "gate", milliseconds=1),
    Step("add", "shed", milliseconds=1000),
    Step("add", "yard", milliseconds=1),
    Step("join", "gate", milliseconds=1000),
    Step("hourly", milliseconds=1),
    Step("join", "yard", milliseconds=1000),
    Step("remove", "shed", milliseconds=1000),
    Step("take back", "shed", milliseconds=1000),
]


@given(steps_after(1, 1000), st.sampled_from([OWNER, VERA, LIMITED]))
@example([*[Step("add", "yard")] * 2, *[Step("add", "gate")] * 3], LIMITED)  # at one moment
@example(OLDER_OF_A_REMOVED_CAMERA, OWNER)
def test_what_is_older_than_what_is_read_stays(steps: list[Step], caller: Caller) -> None:
    """Alerts that came in long before are counted, too. More of the same millisecond than are read
    do not come in."""
    with pytest.MonkeyPatch.context() as patch:
        for name, count in (("_PAGE", 4), ("MAX_OF_ALL", 5), ("MAX_OF_CAMERA", 3)):
            patch.setattr(new_alerts, name, count)
        services = memory_services(Settings(""))
        for since in (None, *play(services, steps)):
            found = counted(services, caller, since)
            expected = listed(services, caller, since)
            assert found.count == expected or (found.or_more and found.count < expected)


def disk_alert(camera: str, number: int) -> StoredAlert:
    at = MOMENT + timedelta(seconds=number)
    return StoredAlert(Alert(new_name(camera, at, f"{number:08x}"), DISK, "full"), at)


def test_a_row_has_as_many_cameras_as_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """In several columns. Those are left out that had no alert for the longest time."""
    assert 2 * new_alerts._MAX_COLUMN <= MAX_PROPERTY_BYTES
    assert 2 * new_alerts._MAX_TEXT < MAX_ROW_BYTES - 20_000
    monkeypatch.setattr(new_alerts, "_MAX_TEXT", 2000)
    monkeypatch.setattr(new_alerts, "_MAX_COLUMN", 150)
    services = memory_services(Settings(""))
    for number in range(60):
        services.alerts.add([disk_alert(f"camera-{number:02}", number)])
    row = services.devices.get(STATES, NEW_ALERTS)
    assert row
    assert all(len(text) <= 150 for text in row.properties.values())
    assert 1500 < sum(map(len, row.properties.values())) <= 2000
    kept = parse_new_alerts([row])
    assert len(kept.of_all.times) == MAX_OF_ALL
    cameras = sorted(kept.of_cameras)
    assert cameras == [f"camera-{number:02}" for number in range(60 - len(cameras), 60)]
    assert len(cameras) > 20


class Interrupted(MemoryTable):
    """A table in which `interrupt` happens before its next write, and that may be unavailable."""

    def __init__(self) -> None:
        super().__init__()
        self.interrupt: Callable[[], object] | None = None
        self.is_available = True

    def get(self, partition: str, key: str) -> Entity | None:
        if not self.is_available:
            raise StorageUnavailableError("it is away")
        return super().get(partition, key)

    def insert(self, partition: str, key: str, properties: Mapping[str, str]) -> bool:
        self._interrupt()
        return super().insert(partition, key, properties)

    def replace(self, partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
        self._interrupt()
        return super().replace(partition, row, properties)

    def _interrupt(self) -> None:
        interrupt, self.interrupt = self.interrupt, None
        if interrupt:
            interrupt()


@pytest.mark.parametrize("is_first", [True, False])
def test_of_alerts_that_come_in_at_once_both_are_counted(is_first: bool) -> None:
    table = Interrupted()
    services = memory_services(Settings(""), devices=table)
    if not is_first:
        services.alerts.add([disk_alert("shed", 0)])
    table.interrupt = lambda: services.alerts.add([disk_alert("yard", 2)])
    services.alerts.add([disk_alert("gate", 1)])
    assert counted(services, OWNER, None) == NewCount(2 + (not is_first))
    assert counted(services, LIMITED, None) == NewCount(2)


def test_what_could_not_be_written_is_made_up_for(caplog: pytest.LogCaptureFixture) -> None:
    """By the next alert, or within an hour. The alert is stored all the same."""
    table = Interrupted()
    services = memory_services(Settings(""), devices=table)
    table.is_available = False
    services.alerts.add([disk_alert("gate", 0)])
    assert "when the newest came in is not written" in caplog.text
    assert listed(services, OWNER, None) == 1
    table.is_available = True
    assert counted(services, OWNER, None) == NewCount(0)
    services.alerts.index_by_camera()
    assert counted(services, OWNER, None) == NewCount(1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"all":[[],0]}', '{"all":1,"people":{}}'])
def test_a_row_that_a_person_edited_counts_nothing(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    services = memory_services(Settings(""))
    services.devices.upsert(STATES, NEW_ALERTS, {"alerts0": text})
    assert counted(services, OWNER, None) == NewCount(0)
    assert "cannot be read" in caplog.text
    services.alerts.add([disk_alert("gate", 0)])
    assert counted(services, OWNER, None) == NewCount(1)
