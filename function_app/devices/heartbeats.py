"""Record heartbeats: those that devices send alone, and those that uploads carry."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

from function_app.auth.caller import Caller, Standing
from function_app.devices import history
from function_app.devices.commands import record_results, reply_for
from function_app.devices.intervals import update
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
from function_app.storage.device_keys import STATES
from function_app.storage.models import StorageUnavailableError
from function_app.storage.table_store import Entity
from photo_wire.errors import WireError
from photo_wire.headers import HEARTBEAT
from photo_wire.heartbeat import (
    HEARTBEAT_REPLY,
    MAX_HEADER,
    Heartbeat,
    HeartbeatReply,
    parse_header,
)
from photo_wire.moment import to_milliseconds

_ATTEMPTS = 20  # each means that another request changed the row

log = logging.getLogger(__name__)


def record(
    services: Services, caller: Caller, heartbeat: Heartbeat, now: datetime
) -> HeartbeatReply:
    """Store a heartbeat that arrived at `now` as the state of the caller's device, and return the
    reply. Nothing is stored unless the request has the verified signature of the device.

    Two requests for the counter, two for the state, and one for the commands. One more if a state
    changed. The first heartbeat of an hour takes one more, and one for each camera. Raises
    HTTPProblemError (401) if the request is a repeated one, and StorageUnavailableError.
    """
    device, now = caller.device, to_milliseconds(now)
    if device is None or caller.standing is not Standing.VERIFIED:
        return HeartbeatReply(is_recorded=False)
    services.device_keys.check_is_new(caller, now)
    _store(services, caller, device, heartbeat, now)
    acknowledged = record_results(services, device, heartbeat.commands, now)
    return replace(reply_for(services, device, now), acknowledged=acknowledged)


def _store(
    services: Services, caller: Caller, device: str, heartbeat: Heartbeat, now: datetime
) -> None:
    rows = services.devices
    for _ in range(_ATTEMPTS):
        row = rows.get(STATES, device)
        before = parse_state(row) if row else None
        own = _own_cameras(services, caller, frozenset(heartbeat.cameras), before, now)
        cameras = {name: heartbeat.cameras[name] for name in sorted(own)}
        state = DeviceState(
            device,
            replace(heartbeat, cameras=cameras),
            now,
            own or (before.cameras if before else frozenset()),
            overdue_at(heartbeat, now),
        )
        if is_first_in_hour(before, now):
            history.write(rows, state)
        if store_state(services, row, state):
            return
    raise StorageUnavailableError(f"the state of {device} is changed too often at once")


def store_state(services: Services, row: Entity | None, state: DeviceState) -> bool:
    """Store a state in place of `row`, None if there was none, and what changed with it. Return
    False if the row was changed meanwhile. Two requests, or one if nothing changed. Raises
    StorageUnavailableError."""
    before = row.properties if row else {}
    changed = update(services, state.device, before, state.heartbeat, state.received_at)
    properties = {**before, **state.to_properties(), **changed}  # other columns stay
    if row is None:
        return services.devices.insert(STATES, state.device, properties)
    return services.devices.replace(STATES, row, properties)


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
        if services.device_keys.claim(caller, camera, now)
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
