"""What a device's cameras were doing is written when it changes, and in no other case."""

from datetime import timedelta
from typing import Any

import pytest

from function_app.devices import intervals
from function_app.devices.conditions import Condition, State, condition_in
from function_app.devices.intervals import INTERVALS_TTL, TooManyChangesError, read_changes
from function_app.devices.silence import SETTLED_UNTIL
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.device_keys import STATES
from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import SpoolState
from photo_wire.moment import parse_time
from tests.conftest import NewStore
from tests.support.memory_store import memory_services
from tests.support.silent_devices import Fleet, at

LIMIT = {"sent_this_month": 100, "monthly_limit": 100}


def conditions(
    services: Services, camera: str, first: float, last: float
) -> list[tuple[float, Condition]]:
    """Return the changes of the camera's device, which has its name: at which minute, to what."""
    changes = read_changes(services.devices, camera, at(first), at(last))
    return [
        ((one.at - at(0)) / timedelta(minutes=1), condition_in(one.conditions, camera))
        for one in changes
    ]


@pytest.mark.parametrize(
    ("members", "state", "reason"),
    [
        ({}, State.QUIET, None),
        ({"cameras": {"gate": CameraState()}}, State.QUIET, None),
        ({"cameras": {"gate": CameraState(armed=False)}}, State.DISARMED, None),
        ({"cameras": {"gate": CameraState(armed=False, failing="cable")}}, State.FAILING, "cable"),
        ({"cameras": {"gate": CameraState(failing="")}}, State.FAILING, None),
        ({"cameras": {}}, State.UNKNOWN, None),
        ({"paused_until": at(60)}, State.QUIET, "paused"),
        ({"paused_until": at(60), **LIMIT}, State.QUIET, "data-budget-spent"),
        ({"cameras": {"gate": CameraState(armed=False)}, **LIMIT}, State.DISARMED, None),
        ({"sent_this_month": 99, "monthly_limit": 100}, State.QUIET, None),
        ({"goodbye": "shutdown"}, State.SILENT, "shutdown"),
        ({"goodbye": "restart"}, State.QUIET, None),
    ],
)
def test_what_a_heartbeat_says(members: dict[str, Any], state: State, reason: str | None) -> None:
    services = memory_services(Settings(""))
    Fleet(services).beat("gate", 0, **members)
    assert conditions(services, "gate", 0, 1) == [(0, Condition(state, reason))]


def test_only_changes_are_written(services: Services) -> None:
    """A range has the last one before it, too."""
    fleet = Fleet(services)
    quiet, disarmed = {"gate": CameraState(armed=True)}, {"gate": CameraState(armed=False)}
    for minutes in range(0, 60, 5):
        fleet.beat("gate", minutes, cameras=disarmed if 20 <= minutes < 40 else quiet)
    first, second, third = [
        (0, Condition(State.QUIET)),
        (20, Condition(State.DISARMED)),
        (40, Condition(State.QUIET)),
    ]
    assert conditions(services, "gate", 0, 60) == [first, second, third]
    assert conditions(services, "gate", 20, 40) == [second]
    assert conditions(services, "gate", 19, 40.1) == [first, second, third]
    assert conditions(services, "gate", 41, 60) == [third]
    assert conditions(services, "gate", -60, -1) == []


def test_a_gap_that_no_timer_found(services: Services) -> None:
    """It is a silence if the backend was awake, and else nobody knows."""
    fleet = Fleet(services)
    for minutes in range(-30, 0):
        fleet.run(minutes)
    fleet.beat("gate", -14)
    fleet.beat("gate", 2)
    fleet.beat("gate", 50)
    assert conditions(services, "gate", -60, 60) == [
        (-14, Condition(State.SILENT)),
        (2, Condition(State.UNKNOWN, "backend-down")),
        (50, Condition(State.QUIET)),
    ]


def test_a_silence_begins_with_the_last_heartbeat(services: Services) -> None:
    fleet = Fleet(services)
    fleet.run(-30, -1)
    fleet.beat("gate", 0, cameras={"gate": CameraState(armed=False)})
    fleet.run(0, 16)
    assert conditions(services, "gate", 0, 16) == [(0, Condition(State.SILENT))]
    fleet.beat("gate", 40, goodbye="restart")
    for minutes in range(17, 70):
        fleet.run(minutes)
    assert conditions(services, "gate", 0, 70) == [
        (0, Condition(State.SILENT)),
        (40, Condition(State.SILENT, "restart")),
    ]


def test_more_changes_than_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    services = memory_services(Settings(""))
    monkeypatch.setattr(intervals, "PAGE_SIZE", 2)
    monkeypatch.setattr(intervals, "MAX_CHANGES", 4)
    fleet = Fleet(services)
    for minutes in range(6):
        fleet.beat("gate", minutes, cameras={"gate": CameraState(armed=minutes % 2 == 0)})
    assert [minute for minute, _ in conditions(services, "gate", 2, 6)] == [2, 3, 4, 5]
    with pytest.raises(TooManyChangesError):
        conditions(services, "gate", 0, 6)


def test_old_changes_are_removed(services: Services) -> None:
    """Except for the last of them, which still holds."""
    fleet = Fleet(services)
    days = INTERVALS_TTL / timedelta(minutes=1)
    for minutes in range(4):
        fleet.beat("gate", minutes, cameras={"gate": CameraState(armed=minutes % 2 == 0)})
    assert intervals.purge(services.devices, ["gate"], at(days + 0.5)) == 0
    assert intervals.purge(services.devices, ["gate"], at(days + 2.5)) == 2
    assert conditions(services, "gate", 3, 4)[-1] == (3, Condition(State.DISARMED))


@pytest.mark.parametrize("letter", ["Ж", "界", "😀"])
def test_reasons_in_any_language_have_room(letter: str, new_store: NewStore) -> None:
    """As many cameras and as long reasons as a heartbeat may have."""
    services = connect(Settings(new_store()))
    size = 14_000 // 32 // len(letter.encode())
    cameras = {f"gate-{one}": CameraState(failing=letter * min(size, 200)) for one in range(32)}
    Fleet(services).beat("gate", 0, cameras=cameras)
    changes = read_changes(services.devices, "gate", at(0), at(1))
    assert condition_in(changes[0].conditions, "gate-31").reason == letter * min(size, 200)


def test_a_device_that_changes_its_state_all_the_time_does_not_fill_the_table() -> None:
    """All that it wrote is removed a year later."""
    services = memory_services(Settings(""))
    fleet = Fleet(services)
    for minutes in range(250):
        fleet.beat("gate", minutes, cameras={"gate": CameraState(armed=bool(minutes % 2))})
    later = at(300) + INTERVALS_TTL
    assert intervals.purge(services.devices, ["gate"], later) == 249


@pytest.mark.parametrize(
    ("before", "after", "minutes", "has_restarted"),
    [
        (1000, 1300, 5, False),
        (1000, 1250, 5, False),  # it took 50 s longer to come
        (1000, 1230, 5, True),
        (1000, 200, 5, True),
        (1000, 999, 5, True),
        (20, 290, 5, True),  # off for 10 s, right after a start
        (20, 305, 5, False),
        (5, 292, 5, False),
        (None, 200, 5, False),
        (1000, None, 5, False),
    ],
)
def test_a_device_that_restarted_unseen_was_silent(
    before: float | None, after: float | None, minutes: float, has_restarted: bool
) -> None:
    """By its uptime, whenever it was off between two heartbeats in time."""
    services = memory_services(Settings(""))
    fleet = Fleet(services)
    fleet.beat("gate", 0, uptime=before)
    fleet.beat("gate", minutes, uptime=after)
    restarted = [(0, Condition(State.SILENT, "restarted")), (minutes, Condition(State.QUIET))]
    assert conditions(services, "gate", 0, 10) == (
        restarted if has_restarted else [(0, Condition(State.QUIET))]
    )


def test_nobody_knows_what_cameras_did_while_a_heartbeat_was_missed() -> None:
    """Up to a silence; but after a goodbye there is nothing to miss."""
    services = memory_services(Settings(""))
    fleet = Fleet(services)
    fleet.beat("gate", 0)
    fleet.beat("gate", 5.9)
    fleet.beat("gate", 12)
    fleet.beat("gate", 17, goodbye="restart")
    fleet.beat("gate", 26)
    assert conditions(services, "gate", 0, 30) == [
        (0, Condition(State.QUIET)),
        (5.9, Condition(State.UNKNOWN, "heartbeat-missed")),
        (12, Condition(State.QUIET)),
    ]


def test_what_is_settled_never_goes_back() -> None:
    """It is the time of the last heartbeat, or of the oldest photo that waited then; a loss that is
    new has to be reported first."""
    services = memory_services(Settings(""))
    fleet = Fleet(services)

    def settled(minutes: float, waiting: float | None, losses: int) -> float:
        spool = SpoolState(0 if waiting is None else 1, None if waiting is None else at(waiting))
        fleet.beat("gate", minutes, spool=spool, losses=losses)
        row = services.devices.get(STATES, "gate")
        assert row
        return (parse_time(row.properties[SETTLED_UNTIL]) - at(0)) / timedelta(minutes=1)

    assert settled(0, None, 3) == 0
    assert settled(5, None, 3) == 5
    assert settled(10, 7, 3) == 7
    assert settled(15, -500, 3) == 7  # sent again by a person
    assert settled(20, 99, 3) == 20  # its clock is ahead
    assert settled(25, None, 4) == 20
    assert settled(30, None, 4) == 30
