"""What became of the commands of a device, for programs and for its page."""

from datetime import UTC, datetime
from typing import Any

from function_app.auth.caller import Caller
from function_app.devices.keys import DEVICE
from function_app.http import json_schema
from function_app.http.pagination import decode_cursor, encode_cursor
from function_app.http.parameters import CURSOR, LIMIT, Kind, required
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.command_rows import CommandRecord
from photo_wire.command import check_command_id
from photo_wire.moment import format_time

PAGE_COMMANDS = 10  # the last ones that a device's page shows

COMMAND = required(
    "command",
    Kind(json_schema.COMMAND_ID, "a command's id", lambda value, name: check_command_id(value)),
    "The command's id.",
)


def list_commands(request: Request, services: Services, caller: Caller) -> Response:
    """200 with one page of a device's commands, the newest first."""
    device, cursor, limit = request[DEVICE], request[CURSOR], request[LIMIT]
    check_sees_all_cameras(caller)
    check_device_signs(device, services, datetime.now(UTC))
    after = "" if cursor is None else check_command_id(decode_cursor(cursor), "cursor")
    found = services.commands.newest(device, limit, after)
    shown = [describe(device, one, caller) for one in found]
    is_last = len(found) < limit
    next_cursor = None if is_last else encode_cursor(found[-1].command.id)
    return json_response({"commands": shown, "next_cursor": next_cursor})


def read_commands(
    device: str, services: Services, caller: Caller, shown: str | None = None
) -> list[dict[str, Any]]:
    """Return the last commands of a device that the caller may see, the newest first, as JSON. The
    command `shown` has its output; if it is None, the newest that has one."""
    newest = services.commands.newest(device, PAGE_COMMANDS, "")
    found = [one for one in newest if may_see_command(one, caller)]
    if shown is None:
        shown = next((one.command.id for one in found if one.has_output), None)
    described = []
    for one in found:
        output = output_of(services, device, one) if one.command.id == shown else None
        is_there = {"has_output": one.has_output}
        described.append({**describe(device, one, caller, output), **is_there})
    return described


def get_command(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a command and what became of it."""
    device, command_id = request[DEVICE], request[COMMAND]
    record = services.commands.get(device, command_id)
    if record is None or not may_see_command(record, caller):
        raise HTTPProblemError(
            404, f"{device} has no command {command_id}: commands are kept for 31 days."
        )
    output = output_of(services, device, record)
    return json_response(describe(device, record, caller, output))


def describe(
    device: str, record: CommandRecord, caller: Caller, output: str | None = None
) -> dict[str, Any]:
    """Return a command as the API has it. Who asked is for callers who may see all cameras."""
    command, now = record.command, datetime.now(UTC)
    is_shown = caller.cameras is None or record.asked_by == caller.actor
    state = record.state_at(now)
    return {
        **command.to_properties(),
        "photo": str(command.photo) if command.photo else None,
        "device": device,
        "asked_by": record.asked_by if is_shown else None,
        "asked_at": format_time(record.asked_at),
        "state": state.value,
        "detail": record.detail,
        "photos": list(record.photos),
        "finished_at": format_time(record.finished_at) if record.finished_at else None,
        "output": output,
    }


def output_of(services: Services, device: str, record: CommandRecord) -> str | None:
    """Return the log or the report that a command resulted in, if there is one."""
    return services.commands.output(device, record.command.id) if record.has_output else None


def check_device_signs(device: str, services: Services, now: datetime) -> None:
    """Raise HTTPProblemError (404) if no device of this name has a key."""
    if services.device_keys.find(device, now) is None:
        raise HTTPProblemError(404, f"There is no device {device} that signs its requests.")


def check_sees_all_cameras(caller: Caller) -> None:
    """Raise HTTPProblemError (403) if the caller may not see all cameras."""
    if caller.cameras is not None:
        raise HTTPProblemError(
            403, f"This concerns all cameras of a device; {caller.name} is limited to some."
        )


def may_see_command(record: CommandRecord, caller: Caller) -> bool:
    """Return whether a command concerns only a camera that the caller may see."""
    camera = record.command.camera
    return caller.cameras is None or (camera is not None and caller.may_see(camera))
