"""What callers see of devices and cameras."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.auth.caller import Caller, Scope
from function_app.auth.device_rows import KnownDevice
from function_app.devices.silence import overdue_at
from function_app.devices.states import DeviceState
from function_app.devices.views import (
    FIGURES,
    OF_CAMERA,
    SHARED,
    ShownState,
    describe_camera,
    describe_device,
    describe_unreported,
    may_see,
    sees_all,
)
from function_app.http.openapi.schemas import SCHEMAS
from photo_wire.camera_state import CameraState, PinState
from photo_wire.heartbeat import Heartbeat, SpoolState
from tests.support.devices import heartbeat

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)


def caller(*cameras: str) -> Caller:
    return Caller("vera", frozenset({Scope.READ}), frozenset(cameras))


ALL = Caller("owner", frozenset(Scope))


def state_of(sent: Heartbeat, *cameras: str) -> DeviceState:
    named = frozenset(cameras or sent.cameras)
    return DeviceState("two-pi", sent, NOW, named, overdue_at(sent, NOW))


def test_figures_are_for_those_who_see_all_cameras() -> None:
    sent = heartbeat("gate", "yard", site="home", spool=SpoolState(waiting=3), losses=2, uptime=9)
    whole = describe_device(state_of(sent), None, ALL, NOW)
    assert whole["is_whole"] is True
    assert whole["spool"] == {"waiting": 3, "oldest": None, "bytes": None}
    assert [one["camera"] for one in whole["cameras"]] == ["gate", "yard"]
    assert describe_device(state_of(sent), None, caller("gate", "yard", "more"), NOW) == whole
    part = describe_device(state_of(sent), None, caller("gate"), NOW)
    assert part["is_whole"] is False
    assert {name: part[name] for name in FIGURES} == dict.fromkeys(FIGURES)
    assert part["uptime"] == 9
    assert [one["camera"] for one in part["cameras"]] == ["gate"]


def test_a_device_without_cameras_is_for_those_who_see_all_cameras() -> None:
    assert may_see(ALL, frozenset())
    assert not may_see(caller("gate"), frozenset())
    assert not sees_all(caller("gate"), frozenset())
    assert not may_see(caller(), frozenset({"gate"}))


def test_each_member_of_a_heartbeat_is_shown_or_hidden_on_purpose() -> None:
    """A new one has to be added to one of the lists."""
    kept = {"cameras", "commands", "goodbye"}
    assert set(Heartbeat.__dataclass_fields__) == {*SHARED, *FIGURES, *kept}
    assert set(CameraState.__dataclass_fields__) == set(OF_CAMERA)
    shown = SCHEMAS["Device"]["properties"].keys()
    assert shown == describe_device(state_of(heartbeat()), None, ALL, NOW).keys()
    known = KnownDevice(frozenset({"gate"}), needs_decision=True)
    assert shown == describe_unreported("two-pi", known, ALL, NOW).keys()
    status = SCHEMAS["CameraStatus"]["properties"]
    assert status.keys() == describe_camera("gate", None, NOW).keys()
    assert status["state"]["enum"] == list(ShownState)


def test_who_may_decide_sees_that_a_decision_is_needed() -> None:
    known = KnownDevice(frozenset({"gate"}), needs_decision=True)
    for who, needs_decision in ((ALL, True), (caller("gate"), None)):
        shown = describe_unreported("two-pi", known, who, NOW)
        assert shown["needs_decision"] is needs_decision
        of_state = describe_device(state_of(heartbeat("gate")), known, who, NOW)
        assert of_state["needs_decision"] is needs_decision


def test_a_device_without_a_heartbeat_has_its_cameras() -> None:
    known = KnownDevice(frozenset({"gate", "yard"}), needs_decision=False)
    shown = describe_unreported("two-pi", known, caller("gate"), NOW)
    assert (shown["state"], shown["is_whole"]) == ("unknown", False)
    whole = describe_unreported("two-pi", known, caller("gate", "yard"), NOW)
    assert whole["is_whole"] is False  # whether it has further cameras is not said
    assert [(one["camera"], one["state"]) for one in shown["cameras"]] == [("gate", "unknown")]


@pytest.mark.parametrize(
    ("camera", "more", "minutes", "state", "reason"),
    [
        (CameraState(armed=True), {}, 14, "ready", None),
        (CameraState(), {}, 14, "ready", None),
        (CameraState(armed=False), {}, 14, "disarmed", None),
        (CameraState(armed=False, failing="no picture"), {}, 14, "failing", "no picture"),
        (CameraState(failing=""), {}, 14, "failing", ""),
        (CameraState(failing="no picture"), {}, 16, "silent", None),
        (CameraState(armed=True), {"goodbye": "shutdown"}, 16, "off", "shutdown"),
    ],
)
def test_the_state_of_a_camera(
    camera: CameraState, more: dict[str, Any], minutes: int, state: str, reason: str | None
) -> None:
    sent = heartbeat(cameras={"gate": camera}, **more)
    shown = describe_camera("gate", state_of(sent), NOW + timedelta(minutes=minutes))
    assert (shown["state"], shown["reason"]) == (state, reason)
    assert shown["received_at"] == "2026-11-20T04:30:00.000Z"


def test_a_camera_that_nobody_reports_is_unknown() -> None:
    """Its device is old, or its capture process does not answer."""
    assert describe_camera("gate", None, NOW)["state"] == "unknown"
    of_device = describe_camera("gate", state_of(heartbeat(), "gate"), NOW)
    assert (of_device["state"], of_device["device"]) == ("unknown", "two-pi")


def test_pins_are_shown() -> None:
    pins = (PinState(17, "pir_pin", is_active=True), PinState(4))
    sent = heartbeat(cameras={"gate": CameraState(pins=pins)})
    assert describe_camera("gate", state_of(sent), NOW)["pins"] == [
        {"number": 17, "use": "pir_pin", "is_active": True},
        {"number": 4, "use": None, "is_active": None},
    ]
