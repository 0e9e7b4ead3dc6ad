"""What the API shows of a device, as far as the caller may see its cameras.

Figures of the whole device, such as the number of waiting photos, would tell of all of its cameras.
So only a caller who may see each of them gets these
(docs/decisions/0072-figures-of-a-device-for-those-who-see-all-of-it.md).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from function_app.auth.caller import Caller, Scope
from function_app.auth.device_rows import KnownDevice
from function_app.devices.states import DeviceState
from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import Heartbeat, known_members
from photo_wire.moment import format_time

# Members of a heartbeat: those that say nothing of what a single camera does, and the others.
SHARED = ("version", "interval", "uptime", "throttled", "clock", "network", "paused_until")
FIGURES = (
    *("site", "sent_at", "cpu", "memory_free", "memory_total", "disk_free", "disk_total"),
    *("inodes_free", "temperature", "spool", "losses", "quarantine", "sent_this_month"),
    "monthly_limit",
)
OF_CAMERA = (
    *("source", "armed", "disarmed_until", "last_trigger", "last_photo", "failures", "failing"),
    *("pins", "can", "motion", "motion_since", "detection", "detection_since"),
    *("zones", "masks", "omitted_polygons"),
)
_LISTS = ("throttled", "pins", "can", "zones", "masks")
_NEVER_HEARD_OF = {"device": None, "received_at": None, "overdue_at": None}


class ShownState(StrEnum):
    """What is known of a device or a camera now (docs/glossary.md)."""

    UNKNOWN = "unknown"  # no heartbeat names it: its device has an old version, or never reported
    OFF = "off"  # the device said that it ends
    SILENT = "silent"
    FAILING = "failing"  # a camera
    DISARMED = "disarmed"  # a camera
    READY = "ready"


UNREACHABLE = (ShownState.SILENT, ShownState.OFF, ShownState.UNKNOWN)  # nothing reads commands


def may_see(caller: Caller, cameras: frozenset[str]) -> bool:
    """Return whether the caller may see the device with these cameras: one of them, or all
    cameras."""
    return caller.cameras is None or bool(caller.cameras & cameras)


def sees_all(caller: Caller, cameras: frozenset[str]) -> bool:
    """Return whether the caller may see each camera of a device. Of a device without cameras only
    callers who may see all cameras do."""
    return caller.cameras is None or (bool(cameras) and cameras <= caller.cameras)


def describe_device(
    state: DeviceState, known: KnownDevice | None, caller: Caller, now: datetime
) -> dict[str, Any]:
    """Return a device as JSON, with those of its cameras that the caller may see. `known` is None
    if nothing is to be said of decisions about it."""
    members, is_whole = known_members(state.heartbeat), sees_all(caller, state.cameras)
    shown = members if is_whole else {name: members[name] for name in SHARED if name in members}
    return {
        **_as_of(state),
        "state": _shown_state(state, None, now),
        "reason": state.heartbeat.goodbye,
        "is_whole": is_whole,
        "needs_decision": _needs_decision(known, caller),
        **_with_nulls(shown, (*SHARED, *FIGURES)),
        "spool": _spool(state.heartbeat) if is_whole else None,
        "cameras": _describe_all(state.cameras, state, caller, now),
    }


def describe_unreported(
    device: str, known: KnownDevice, caller: Caller, now: datetime
) -> dict[str, Any]:
    """Return the same of a device that has a key, and has not sent a heartbeat."""
    return {
        **_NEVER_HEARD_OF,
        "device": device,
        "state": ShownState.UNKNOWN,
        "reason": None,
        "is_whole": caller.cameras is None,  # else it would tell of its other cameras
        "needs_decision": _needs_decision(known, caller),
        **_with_nulls({}, (*SHARED, *FIGURES)),
        "cameras": _describe_all(known.cameras, None, caller, now),
    }


def describe_camera(camera: str, state: DeviceState | None, now: datetime) -> dict[str, Any]:
    """Return the status of a camera as JSON. `state` is that of its device."""
    return {**(_as_of(state) if state else _NEVER_HEARD_OF), **_describe(camera, state, now)}


def _needs_decision(known: KnownDevice | None, caller: Caller) -> bool | None:
    """Return whether a key or a camera waits for a decision; None if the caller makes none."""
    return known.needs_decision if known and Scope.ADMIN in caller.scopes else None


def _describe_all(
    cameras: frozenset[str], state: DeviceState | None, caller: Caller, now: datetime
) -> list[dict[str, Any]]:
    return [_describe(camera, state, now) for camera in sorted(cameras) if caller.may_see(camera)]


def _describe(camera: str, state: DeviceState | None, now: datetime) -> dict[str, Any]:
    status = state.heartbeat.cameras.get(camera) if state else None
    shown_state = _shown_state(state, status, now) if state and status else ShownState.UNKNOWN
    reason = None
    if state and shown_state is ShownState.OFF:
        reason = state.heartbeat.goodbye
    elif status and shown_state is ShownState.FAILING:
        reason = status.failing
    members = known_members(status) if status else {}
    return {
        "camera": camera,
        "state": shown_state,
        "reason": reason,
        **_with_nulls(members, OF_CAMERA),
        "pins": describe_pins(status) if status else [],
    }


def describe_pins(camera: CameraState) -> list[dict[str, Any]]:
    """Return the pins of a camera as JSON."""
    return [
        {"number": one.number, "use": one.use, "is_active": one.is_active} for one in camera.pins
    ]


def _shown_state(state: DeviceState, camera: CameraState | None, now: datetime) -> ShownState:
    if state.is_silent(now):  # also one that said it restarts, and is not back
        return ShownState.SILENT
    if state.heartbeat.goodbye is not None:
        return ShownState.OFF
    if camera and camera.failing is not None:
        return ShownState.FAILING
    return ShownState.DISARMED if camera and camera.armed is False else ShownState.READY


def _as_of(state: DeviceState) -> dict[str, Any]:
    overdue = state.overdue_at
    return {
        "device": state.device,
        "received_at": format_time(state.received_at),
        "overdue_at": format_time(overdue) if overdue else None,
    }


def _spool(heartbeat: Heartbeat) -> dict[str, Any] | None:
    spool = heartbeat.spool
    return _with_nulls(known_members(spool), ("waiting", "oldest", "bytes")) if spool else None


def _with_nulls(members: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: members.get(name, [] if name in _LISTS else None) for name in names}
