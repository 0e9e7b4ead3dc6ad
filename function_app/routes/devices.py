"""The routes of devices: heartbeats, keys, commands and live pictures."""

from typing import TYPE_CHECKING

from function_app.http.authorization import Access
from function_app.http.parameters import CURSOR, LIMIT
from function_app.http.route import GET, PHOTO_TYPES, Endpoint, Inputs, Operation, Route
from function_app.lazy_module import LazyModule
from function_app.routes.pages import api_problem_page
from photo_wire.media import Media

if TYPE_CHECKING:
    from function_app.devices import api as devices
    from function_app.devices import command_api, command_history, heartbeats, live
    from function_app.devices import keys as device_keys
    from function_app.web import commands
else:
    device_keys = LazyModule("function_app.devices.keys")
    command_api = LazyModule("function_app.devices.command_api")
    command_history = LazyModule("function_app.devices.command_history")
    live = LazyModule("function_app.devices.live")
    devices = LazyModule("function_app.devices.api")
    heartbeats = LazyModule("function_app.devices.heartbeats")
    commands = LazyModule("function_app.web.commands")

_COMMAND_ERRORS = (404, 409, 429)

ROUTES: tuple[Route, ...] = (
    Route(
        "api/devices/{device}/keys",
        GET,
        Access.ADMIN,
        "list_keys",
        lambda: Endpoint(
            device_keys.list_keys,
            Operation(
                "Get the fingerprint of a device's key, the keys that wait for approval, its "
                "cameras, and those that it wants from other devices.",
                {200: "DeviceKeys"},
                (404,),
            ),
            Inputs(path=(device_keys.DEVICE,)),
        ),
    ),
    Route(
        "api/devices/{device}/key",
        ("POST",),
        Access.ADMIN,
        "decide_key",
        lambda: Endpoint(
            device_keys.decide_key,
            Operation(
                "Approve or reject a key that waits, by its fingerprint; with that of the device's "
                "own key, cameras that it wants from other devices. Other instances of the app "
                "follow within a minute.",
                {200: "DeviceKeys"},
                (404,),
            ),
            Inputs(path=(device_keys.DEVICE,), body=device_keys.DECISION),
        ),
    ),
    Route(
        "api/cameras/{camera}/capture",
        ("POST",),
        Access.CONTROLLER,
        "post_capture",
        lambda: Endpoint(
            command_api.post_capture,
            Operation(
                "Take a photo now. With `wait` the response comes when it is there, or the command "
                "as it is then; with `return_file` the photo itself.",
                {200: f"Command {PHOTO_TYPES}", 202: "Command"},
                _COMMAND_ERRORS,
            ),
            Inputs(path=(command_api.CAMERA,), query=(command_api.WAIT, command_api.RETURN_FILE)),
        ),
    ),
    Route(
        "api/cameras/{camera}/clip",
        ("POST",),
        Access.CONTROLLER,
        "post_clip",
        lambda: Endpoint(
            command_api.post_clip,
            Operation("Record a clip now.", {200: "Command", 202: "Command"}, _COMMAND_ERRORS),
            Inputs(path=(command_api.CAMERA,), query=(command_api.WAIT,)),
        ),
    ),
    Route(
        "api/devices/{device}/commands",
        ("POST",),
        Access.CONTROLLER,
        "post_command",
        lambda: Endpoint(
            command_api.post_command,
            Operation(
                "Ask a device for something: a photo or a clip of a camera or of all, its log, a "
                "diagnosis (doctor), arming or disarming, a pause of its uploads, a restart.",
                {202: "Command"},
                (404, 429),
            ),
            Inputs(path=(device_keys.DEVICE,), body=command_api.NEW_COMMAND),
        ),
    ),
    Route(
        "api/devices/{device}/commands",
        GET,
        Access.CONTROLLER,
        "list_commands",
        lambda: Endpoint(
            command_history.list_commands,
            Operation(
                "List what a device was asked for in the last 31 days, the newest first.",
                {200: "CommandPage"},
                (404,),
            ),
            Inputs(path=(device_keys.DEVICE,), query=(LIMIT, CURSOR)),
        ),
    ),
    Route(
        "api/devices/{device}/commands/{command}",
        GET,
        Access.CONTROLLER,
        "get_command",
        lambda: Endpoint(
            commands.get_command,
            Operation("Get a command and what became of it.", {200: "Command"}, (404,)),
            Inputs(path=(device_keys.DEVICE, command_history.COMMAND)),
        ),
    ),
    Route(
        "api/devices/{device}/logs",
        GET,
        Access.CONTROLLER,
        "get_logs",
        lambda: Endpoint(
            command_api.get_logs,
            Operation(
                "Ask a device for the end of its log. Each call is a new command.",
                {200: "Command", 202: "Command"},
                (404, 429),
            ),
            Inputs(path=(device_keys.DEVICE,), query=(command_api.LINES, command_api.WAIT)),
        ),
    ),
    Route(
        "api/cameras/{camera}/look",
        ("POST",),
        Access.READER,
        "post_look",
        lambda: Endpoint(
            live.post_look,
            Operation(
                "Have the device send live pictures for two minutes. Call this once a minute.",
                {200: "Looking"},
                _COMMAND_ERRORS,
            ),
            Inputs(path=(command_api.CAMERA,)),
        ),
    ),
    Route(
        "api/cameras/{camera}/live",
        GET,
        Access.READER,
        "get_live",
        lambda: Endpoint(
            live.get_live,
            Operation(
                "Get the live picture. The header Age says how old it is, in seconds.",
                {200: Media.JPEG.content_type, 204: None},
                (404,),
            ),
            Inputs(path=(command_api.CAMERA,)),
        ),
        api_problem_page,
    ),
    Route(
        "api/devices/{device}/heartbeat",
        ("POST",),
        Access.DEVICE,
        "post_heartbeat",
        lambda: Endpoint(
            devices.post_heartbeat,
            Operation(
                "Report the state of a device. The request needs the signature of the device.",
                {200: "HeartbeatReply", 202: "UnknownDevice"},
                (403, 429),
            ),
            Inputs(path=(devices.DEVICE,), body=devices.NEW_HEARTBEAT),
        ),
    ),
    Route(
        "api/devices",
        GET,
        Access.READER,
        "list_devices",
        lambda: Endpoint(
            devices.list_devices,
            Operation(
                "List the devices with a key, with their last heartbeats. The state is `unknown` "
                "before the first.",
                {200: "Devices"},
            ),
            Inputs(query=()),
        ),
    ),
    Route(
        "api/devices/{device}",
        GET,
        Access.READER,
        "get_device",
        lambda: Endpoint(
            devices.get_device,
            Operation("Get the state of a device and its cameras.", {200: "Device"}, (404,)),
            Inputs(path=(devices.DEVICE,), query=()),
        ),
    ),
    Route(
        "api/devices/{device}",
        ("DELETE",),
        Access.ADMIN,
        "delete_device",
        lambda: Endpoint(
            devices.delete_device,
            Operation(
                "Remove what is known of a device: its key, its state, its history and its "
                "commands. Its photos and alerts stay.",
                errors=(404,),
            ),
            Inputs(path=(devices.DEVICE,)),
        ),
    ),
    Route(
        "api/devices/{device}/history",
        GET,
        Access.READER,
        "get_device_history",
        lambda: Endpoint(
            devices.get_device_history,
            Operation(
                "Get a few figures of a device for each hour of the last 31 days.",
                {200: "DeviceHistory"},
                (404,),
            ),
            Inputs(path=(devices.DEVICE,), query=devices.HISTORY_PARAMETERS),
        ),
    ),
    Route(
        "api/devices/{device}/pins",
        GET,
        Access.READER,
        "get_device_pins",
        lambda: Endpoint(
            devices.get_device_pins,
            Operation("Get the GPIO pins of a device's cameras.", {200: "DevicePins"}, (404,)),
            Inputs(path=(devices.DEVICE,), query=()),
        ),
    ),
    Route(
        "api/cameras/{camera}/status",
        GET,
        Access.READER,
        "get_camera_status",
        lambda: Endpoint(
            devices.get_camera_status,
            Operation(
                "Get the status of a camera, by the last heartbeat of its device.",
                {200: "CameraStatus"},
                (404,),
            ),
            Inputs(path=(devices.CAMERA,), query=()),
        ),
    ),
)
