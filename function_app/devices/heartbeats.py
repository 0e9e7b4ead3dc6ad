"""Record heartbeats: those that devices send alone, and those that uploads carry."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from function_app.auth.caller import Caller, Standing
from function_app.devices import history
from function_app.devices.commands import record_results, reply_for
from function_app.devices.intervals import update
from function_app.devices.pace import pace
from function_app.devices.silence import overdue_at
from function_app.devices.states import (
    DeviceState,
    is_first_in_hour,
    parse_state,
)
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.ingest.camera_quota import record_cameras, rejected_cameras
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import MAX_ATTEMPTS
from photo_wire.errors import WireError
from photo_wire.headers import HEARTBEAT
from photo_wire.heartbeat import MAX_HEADER, Heartbeat, parse_header
from photo_wire.heartbeat_reply import HEARTBEAT_REPLY, HeartbeatReply
from photo_wire.moment import to_milliseconds

log = logging.getLogger(__name__)


def record(
    services: Services, caller: Caller, heartbeat: Heartbeat, now: datetime
) -> HeartbeatReply:
    """Store a heartbeat that arrived at `now` as the state of the caller's device, and return the
    reply. Nothing is stored unless the request has the verified signature of the device.

    Three requests: the row is read and written, and the commands are read. One more if a state
    changed. The first heartbeat of an hour takes one more, and one for each camera. Raises
    HTTPProblemError: 401 if the request is a repeated one, 429 if too many heartbeats came. Raises
    StorageUnavailableError.
    """
    if caller.standing is not Standing.VERIFIED or caller.device is None:
        return HeartbeatReply(is_recorded=False)
    device, now = caller.device, to_milliseconds(now)
    key = _store(services, caller, heartbeat, now)
    acknowledged = record_results(services, device, heartbeat.commands, now)
    return replace(reply_for(services, device, key, now), acknowledged=acknowledged)


def _store(services: Services, caller: Caller, heartbeat: Heartbeat, now: datetime) -> str:
    """Store a heartbeat in its device's row. Return the device's key."""
    keys = services.device_keys
    for _ in range(MAX_ATTEMPTS):
        row = keys.current_row(caller, now)
        paced = pace(row.properties, now)
        before = parse_state(row)
        own = _own_cameras(services, caller, frozenset(heartbeat.cameras), before, now)
        cameras = {name: heartbeat.cameras[name] for name in sorted(own)}
        state = DeviceState(
            row.key,
            replace(heartbeat, cameras=cameras),
            now,
            own or (before.cameras if before else frozenset()),
            overdue_at(heartbeat, now),
        )
        if is_first_in_hour(before, now):
            history.write(services.devices, state)
        columns = {**record_changes(services, row.properties, state), **paced}
        if keys.advance(caller, row, columns):
            return row.properties["key"]
    raise StorageUnavailableError(f"the state of {caller.device} is changed too often at once")


def record_changes(
    services: Services, before: Mapping[str, str], state: DeviceState
) -> dict[str, str]:
    """Store what changed with a state, and return the columns that the device's row has of it from
    now on; `before` are those of the row. No request if nothing changed, else one; see
    `intervals.update`. Raises StorageUnavailableError."""
    changed = update(services, state.device, before, state.heartbeat, state.received_at)
    return {**state.to_properties(), **changed}


def _own_cameras(
    services: Services,
    caller: Caller,
    named: frozenset[str],
    before: DeviceState | None,
    now: datetime,
) -> frozenset[str]:
    """Return those of the named cameras that are of the caller's device. A new camera becomes one
    of its, as far as the quota of new cameras allows. Those of its last heartbeat are looked up
    again once an hour: an owner may have given them to another device."""
    known = before.cameras if before else frozenset()
    trusted = known if not is_first_in_hour(before, now) else frozenset()
    rejected = rejected_cameras(named - known, services, now)
    claimed = {
        camera
        for camera in named - trusted - rejected.keys()
        if services.device_keys.bindings.claim(caller, camera, now)
    }
    record_cameras(claimed - known, services, now)
    return frozenset(named & trusted | claimed)


def record_carried(
    response: Response, request: Request, services: Services, caller: Caller
) -> Response:
    """Record the heartbeat that an upload carries, and return the upload's response with the reply.

    The photo is stored already. Whatever is wrong with the heartbeat, its response stays: without a
    reply in it, the device sends the heartbeat alone.
    """
    if caller.standing is not Standing.VERIFIED:
        return response
    try:
        heartbeat = parse_header(request.headers[HEARTBEAT])
        reply = record(services, caller, heartbeat, datetime.now(UTC))
    except (HTTPProblemError, StorageUnavailableError, WireError) as error:
        log.warning("the heartbeat of %s in an upload is not recorded: %s", caller.device, error)
        return response
    except Exception:
        log.exception("the heartbeat of %s in an upload is not recorded", caller.device)
        return response
    text = reply.to_json().decode()
    if len(text) > MAX_HEADER:  # commands come in another way, too
        text = replace(reply, open=()).to_json().decode()
    return replace(response, headers={**response.headers, HEARTBEAT_REPLY: text})
