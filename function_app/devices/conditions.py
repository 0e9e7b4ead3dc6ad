"""What a camera was doing: recording, quiet, silent, disarmed, failing, or nobody knows; and what
became of the photos that it took."""

import json
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import Heartbeat

RESTART = "restart"  # the goodbye of a device that will be back soon; any other is for longer
_ALL_CAMERAS = "*"  # no camera has this name


class State(StrEnum):
    """The states of a camera in a minute. The values are persisted, and part of the API. The first
    four are those of a minute in which it took a photo (docs/decisions/0122)."""

    LOST = "lost"  # a photo, by a report
    RECORDED = "recorded"  # it took a photo, which is stored
    LATE = "late"  # so it did, and the photo came more than ten minutes later
    EXPIRED = "expired"  # retention deleted it; or the minute is older than what is kept
    QUIET = "quiet"  # it was ready, and nothing happened
    SILENT = "silent"  # nothing was heard of its device
    DISARMED = "disarmed"  # it was told to take none
    FAILING = "failing"  # it could take none
    UNKNOWN = "unknown"


class Condition(NamedTuple):
    """A camera's state, and why, if there is more to say."""

    state: State
    reason: str | None = None


NEVER_HEARD_OF = Condition(State.UNKNOWN)
NOT_HEARD_YET = Condition(State.UNKNOWN, "no-heartbeat-yet")
PHOTOS_WAIT = Condition(State.UNKNOWN, "photos-waiting")
HEARTBEAT_MISSED = Condition(State.UNKNOWN, "heartbeat-missed")
RESTARTED = "restarted"  # the device was off in between
BACKEND_DOWN = Condition(State.UNKNOWN, "backend-down")


def conditions_of(heartbeat: Heartbeat) -> str:
    """Return, as the JSON that is persisted, the conditions that cameras have from this heartbeat
    on. Equal states have equal texts."""
    if heartbeat.goodbye and heartbeat.goodbye != RESTART:
        return condition_of_all(Condition(State.SILENT, heartbeat.goodbye))
    quiet = Condition(State.QUIET, _why_nothing_is_sent(heartbeat))
    return _to_text({name: _condition(one, quiet) for name, one in heartbeat.cameras.items()})


def condition_of_all(condition: Condition) -> str:
    """Return, as the JSON that is persisted, that all cameras of a device have this condition."""
    return _to_text({_ALL_CAMERAS: condition})


def condition_in(text: str, camera: str) -> Condition:
    """Return the condition of a camera in the JSON that is persisted."""
    conditions = json.loads(text)
    state, *reason = conditions.get(_ALL_CAMERAS) or conditions.get(camera) or NEVER_HEARD_OF
    return Condition(State(state), reason[0] if reason else None)


def _condition(camera: CameraState, quiet: Condition) -> Condition:
    if camera.failing is not None:
        return Condition(State.FAILING, camera.failing or None)
    return Condition(State.DISARMED) if camera.armed is False else quiet


def _why_nothing_is_sent(heartbeat: Heartbeat) -> str | None:
    """Return why the device records and does not upload; None if it does."""
    sent, limit = heartbeat.sent_this_month, heartbeat.monthly_limit
    if sent is not None and limit is not None and sent >= limit:
        return "data-budget-spent"
    return "paused" if heartbeat.paused_until else None


def _to_text(conditions: dict[str, Condition]) -> str:
    short = {
        name: [condition.state, *([condition.reason] if condition.reason else [])]
        for name, condition in conditions.items()
    }
    # A character that is not ASCII would take six: those of 32 reasons have no room in a column.
    return json.dumps(short, ensure_ascii=False, separators=(",", ":"))


class Change(NamedTuple):
    """The conditions (JSON) that a device's cameras have from a moment on, until the next
    change."""

    at: datetime
    conditions: str
