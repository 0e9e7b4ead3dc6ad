"""Heartbeats are recorded once, of devices that prove who they are, and of their own cameras."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app.auth.caller import DEVICE, Caller, Standing
from function_app.auth.device_keys import DeviceKeys
from function_app.devices import history, pace, states
from function_app.devices.heartbeats import record
from function_app.http.request import Request
from function_app.ingest import camera_quota
from function_app.problems import HTTPProblemError
from function_app.routes.photos import put_photo
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.device_keys import STATES, intervals_of
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import query_all
from photo_wire.camera_state import CameraState
from photo_wire.command import CommandResult, CommandState
from photo_wire.headers import HEARTBEAT
from photo_wire.heartbeat import Heartbeat
from photo_wire.heartbeat_reply import HEARTBEAT_REPLY, parse_reply
from tests.support.api import name_of, new_camera, photo_headers
from tests.support.counted_table import CountedTable
from tests.support.devices import Device, bind, heartbeat
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.pictures import jpeg

NOW = datetime(2026, 11, 20, 4, 30, 12, 345_000, UTC)


@pytest.fixture
def gate(services: Services) -> Device:
    return Device("gate-pi", services).introduce(NOW)


def test_the_last_heartbeat_is_the_state(services: Services, gate: Device) -> None:
    results = (CommandResult("a" * 32, CommandState.DONE, output="of the owner alone"),)
    for minutes in (0, 5):
        sent = heartbeat("gate", "yard", uptime=minutes, site="Hof", commands=results)
        reply = record(services, gate.caller(), sent, NOW + timedelta(minutes=minutes))
        assert (reply.open, reply.acknowledged) == ((), ("a" * 32,))
        assert reply.link is not None
    state = states.find(services.devices, "gate-pi")
    assert state == states.DeviceState(
        "gate-pi",
        replace(sent, commands=()),
        NOW + timedelta(minutes=5),
        frozenset({"gate", "yard"}),
        NOW + timedelta(minutes=5 + 10 + 5),
    )
    assert services.device_keys.bindings.device_of("yard", NOW) == "gate-pi"


@pytest.mark.parametrize("standing", [Standing.UNKNOWN, Standing.UNSIGNED])
def test_nothing_is_recorded_without_the_device_s_own_signature(
    services: Services, gate: Device, standing: Standing
) -> None:
    caller = replace(gate.caller(), standing=standing)
    assert not record(services, caller, heartbeat("gate"), NOW).is_recorded
    assert states.find_all(services.devices) == []
    assert services.device_keys.bindings.device_of("gate", NOW) is None


def test_a_repeated_heartbeat_is_refused(services: Services, gate: Device) -> None:
    """And an older one that comes late: the counter decides."""
    late, first = gate.caller(), gate.caller()
    record(services, first, heartbeat("gate", uptime=1), NOW)
    for caller in (first, late):
        with pytest.raises(HTTPProblemError) as caught:
            record(services, caller, heartbeat("gate", uptime=2), NOW)
        assert caught.value.problem.status == 401
    state = states.find(services.devices, "gate-pi")
    assert state is not None
    assert state.heartbeat.uptime == 1


def test_a_camera_of_another_device_is_not_taken_over(services: Services, gate: Device) -> None:
    bind(services, "porch", "porch-pi")
    record(services, gate.caller(), heartbeat("gate", "porch"), NOW)
    state = states.find(services.devices, "gate-pi")
    assert state is not None
    assert state.cameras == {"gate"}
    assert state.heartbeat.cameras.keys() == {"gate"}


def test_a_camera_that_the_owner_gave_away_leaves_within_an_hour(
    services: Services, gate: Device
) -> None:
    record(services, gate.caller(), heartbeat("gate", "porch"), NOW)
    services.device_keys.bindings.forget("porch")
    bind(services, "porch", "porch-pi")
    record(services, gate.caller(), heartbeat("gate", "porch"), NOW + timedelta(hours=1))
    state = states.find(services.devices, "gate-pi")
    assert state is not None
    assert state.cameras == {"gate"}


def test_the_cameras_are_remembered_while_the_capture_process_does_not_answer(
    services: Services, gate: Device
) -> None:
    """Else a device would seem to have none, and everybody might see its figures."""
    record(services, gate.caller(), heartbeat("gate"), NOW)
    record(services, gate.caller(), heartbeat(), NOW + timedelta(minutes=5))
    state = states.find(services.devices, "gate-pi")
    assert state is not None
    assert state.cameras == {"gate"}
    assert state.heartbeat.cameras == {}


def test_invented_cameras_are_limited(
    services: Services, gate: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_quota, "MAX_CAMERAS", 3)
    named = [f"camera-{number}" for number in range(10)]
    record(services, gate.caller(), heartbeat(*named), NOW)
    state = states.find(services.devices, "gate-pi")
    assert state is not None
    assert len(state.cameras) == 3
    again = [f"other-{number}" for number in range(10)]
    record(services, gate.caller(), heartbeat(*again), NOW + timedelta(minutes=5))
    assert len(services.index.first_seen()) == 3


def test_a_row_that_a_person_edited_is_replaced(services: Services, gate: Device) -> None:
    own = services.devices.get(STATES, "gate-pi")
    assert own is not None
    by_hand = {**own.properties, "heartbeat": "by hand", "received_at": "?", "another": "kept"}
    services.devices.upsert(STATES, "gate-pi", by_hand)
    assert states.find(services.devices, "gate-pi") is None
    record(services, gate.caller(), heartbeat("gate"), NOW)
    assert states.find(services.devices, "gate-pi") is not None
    row = services.devices.get(STATES, "gate-pi")
    assert row is not None
    assert row.properties["another"] == "kept"  # such as a column of the timer
    assert row.properties["key"] == gate.key


def test_a_goodbye_is_never_overdue(services: Services, gate: Device) -> None:
    record(services, gate.caller(), heartbeat("gate", goodbye="shutdown"), NOW)
    state = states.find(services.devices, "gate-pi")
    assert state is not None
    assert not state.is_silent(NOW + timedelta(days=30))


@pytest.mark.parametrize("year", [1970, 2100])
def test_the_device_s_clock_decides_nothing(services: Services, gate: Device, year: int) -> None:
    sent = heartbeat("gate", sent_at=datetime(year, 1, 1, tzinfo=UTC))
    record(services, gate.caller(), sent, NOW)
    state = states.find(services.devices, "gate-pi")
    assert state is not None
    assert state.received_at == NOW
    assert state.overdue_at == NOW + timedelta(minutes=15)


def test_heartbeats_at_once_are_all_recorded_or_refused(services: Services, gate: Device) -> None:
    """The last counter is that of the mark, whatever comes first."""
    callers = [gate.caller() for _ in range(8)]

    def send(caller: Caller) -> bool:
        try:
            return record(services, caller, heartbeat("gate"), NOW).is_recorded
        except HTTPProblemError:
            return False

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(send, callers))
    assert sent[-1]
    identity = services.device_keys.find("gate-pi", NOW + timedelta(minutes=2))
    assert identity is not None
    assert callers[-1].signature is not None
    assert identity.counter == callers[-1].signature.counter


def test_a_flood_of_heartbeats_is_not_stored(services: Services, gate: Device) -> None:
    """A thousand in a minute of a device: 60 at once, and one in 10 s. None that an honest device
    sends is among those that are refused: it sends 30 at once, and then one in 20 s."""
    recorded, answers = 0, set()
    for number in range(1000):
        now = NOW + timedelta(minutes=number / 1000)
        try:
            recorded += record(services, gate.caller(), heartbeat("gate"), now).is_recorded
        except HTTPProblemError as error:
            answers.add((error.problem.status, int(error.headers["Retry-After"])))
    assert recorded == 60 + 5
    assert answers == {(429, seconds) for seconds in range(1, 11)}
    later = NOW + timedelta(hours=1)
    for number in range(100):
        now = later + timedelta(seconds=20 * max(0, number - 30))
        assert record(services, gate.caller(), heartbeat("gate"), now).is_recorded


def test_a_flood_of_heartbeats_that_uploads_carry_fails_no_photo(
    services: Services, gate: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those too many are left out, and the device sends the next one alone."""
    monkeypatch.setattr(pace, "_WINDOW", pace.HEARTBEAT_PAUSE)
    carried = heartbeat("gate").to_header()
    responses = [upload(services, gate.caller(), carried) for _ in range(3)]
    assert [one.status for one in responses] == [201, 201, 201]
    assert [HEARTBEAT_REPLY in one.headers for one in responses] == [True, False, False]


def test_the_requests_of_a_heartbeat_that_is_refused() -> None:
    """It is read how many came, and nothing is written."""
    table = CountedTable()
    services = memory_services(Settings(""), devices=table)
    device = Device("gate-pi", services).introduce(NOW)
    for _ in range(pace.BURST):
        record(services, device.caller(), heartbeat("gate"), NOW)
    table.requests.clear()
    with pytest.raises(HTTPProblemError):
        record(services, device.caller(), heartbeat("gate"), NOW)
    assert table.requests == ["get"]


def test_an_instance_that_read_the_row_before_changes_nothing_by_a_repeated_heartbeat(
    services: Services, gate: Device
) -> None:
    other = replace(services, device_keys=DeviceKeys(services.devices, services.alerts))
    other.device_keys.find("gate-pi", NOW)
    sent = gate.caller()
    record(services, sent, heartbeat("gate"), NOW)
    disarmed = heartbeat(cameras={"gate": CameraState(armed=False)})
    record(services, gate.caller(), disarmed, NOW + timedelta(seconds=20))
    before = list(query_all(services.devices, intervals_of("gate-pi")))
    with pytest.raises(HTTPProblemError):
        record(other, sent, heartbeat("gate"), NOW + timedelta(seconds=30))
    assert list(query_all(services.devices, intervals_of("gate-pi"))) == before


def test_the_storage_requests_of_heartbeats() -> None:
    """Its row is read and written, and the commands are read; once an hour a row of history, and
    one request for each camera."""
    table = CountedTable()
    services = memory_services(Settings(""), devices=table)
    device = Device("gate-pi", services).introduce(NOW)
    record(services, device.caller(), heartbeat("gate"), NOW)
    costs = []
    for minutes in range(5, 31, 5):
        table.requests.clear()
        record(services, device.caller(), heartbeat("gate"), NOW + timedelta(minutes=minutes))
        costs.append(list(table.requests))
    default = ["get", "replace", "get"]
    hourly = ["get", "get", "upsert", "replace", "get"]
    assert costs == [*[default] * 5, hourly]


def upload(
    services: Services, caller: Caller, carried: str | None, change: Mapping[str, str] | None = None
) -> Any:
    """Return the response to an upload of a new camera's photo that carries this."""
    headers = {**photo_headers(name_of(new_camera())), **(change or {})}
    if carried is not None:
        headers[HEARTBEAT] = carried
    request = func.HttpRequest("PUT", "/api/camera/photo", headers=headers, body=jpeg())
    return put_photo(Request(request, {}), services, caller)


def test_an_upload_carries_a_heartbeat(services: Services, gate: Device) -> None:
    response = upload(services, gate.caller(), heartbeat("gate").to_header())
    assert response.status == 201
    assert parse_reply(response.headers[HEARTBEAT_REPLY].encode()).link is not None
    assert states.find(services.devices, "gate-pi") is not None
    assert HEARTBEAT_REPLY not in upload(services, gate.caller(), None).headers


@pytest.mark.parametrize(
    "carried", ["", "!!", "AAAA", "e" * 5000, Heartbeat(version="", interval=300).to_header()]
)
def test_a_damaged_heartbeat_fails_no_photo(services: Services, gate: Device, carried: str) -> None:
    response = upload(services, gate.caller(), carried)
    assert response.status == 201
    assert HEARTBEAT_REPLY not in response.headers
    assert states.find_all(services.devices) == []


@pytest.mark.parametrize(
    "caller_of",
    [
        lambda gate: DEVICE,
        lambda gate: replace(gate.caller(), standing=Standing.UNKNOWN),
        lambda gate: replace(gate.caller(), standing=Standing.UNSIGNED),
    ],
)
def test_a_heartbeat_of_somebody_else_is_ignored(
    services: Services, gate: Device, caller_of: Callable[[Device], Caller]
) -> None:
    response = upload(services, caller_of(gate), heartbeat("gate").to_header())
    assert response.status == 201
    assert HEARTBEAT_REPLY not in response.headers
    assert states.find_all(services.devices) == []


def test_a_replayed_upload_records_no_heartbeat_again(services: Services, gate: Device) -> None:
    """And fails no photo either."""
    caller = gate.caller()
    assert HEARTBEAT_REPLY in upload(services, caller, heartbeat("gate").to_header()).headers
    response = upload(services, caller, heartbeat("gate", goodbye="shutdown").to_header())
    assert response.status == 201
    assert HEARTBEAT_REPLY not in response.headers
    state = states.find(services.devices, "gate-pi")
    assert state is not None
    assert state.heartbeat.goodbye is None


@pytest.mark.parametrize("error", [StorageUnavailableError("away"), RuntimeError("a defect")])
def test_no_error_of_a_heartbeat_fails_a_photo(
    gate: Device, services: Services, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(MemoryTable):
        def replace(self, *arguments: Any) -> bool:
            raise error

    failing = memory_services(Settings(""), devices=Failing())
    device = Device("gate-pi", failing).introduce(NOW)
    response = upload(failing, device.caller(), heartbeat("gate").to_header())
    assert response.status == 201
    assert HEARTBEAT_REPLY not in response.headers
    assert "the heartbeat of gate-pi in an upload is not recorded" in caplog.text


def test_the_figures_of_an_hour_are_those_of_its_first_heartbeat(
    services: Services, gate: Device
) -> None:
    for minutes in (0, 5, 35):
        sent = heartbeat("gate", temperature=40.0 + minutes)
        record(services, gate.caller(), sent, NOW + timedelta(minutes=minutes))
    hours = history.read(services.devices, "gate-pi", NOW + timedelta(hours=1), None, None)
    assert [one.figures["temperature"] for one in hours] == [40.0, 75.0]
    assert {one.cameras for one in hours} == {frozenset({"gate"})}
