"""Remove devices, and cameras from what devices reported."""

from dataclasses import replace

from function_app.devices.silence import CAMERA
from function_app.devices.states import parse_state
from function_app.services import Services
from function_app.storage.device_keys import CAMERAS, STATES, history_of, intervals_of
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import MAX_ATTEMPTS, remove_all
from function_app.timer_watch import CAMERA as BACKEND


def remove_device(device: str, services: Services) -> None:
    """Remove a device: its history, its commands, the bindings of its cameras, and last its row.
    Photos and alerts stay. If it reports again, it is a new device. May be stopped at any point and
    called again. Raises StorageUnavailableError."""
    for partition in (history_of(device), intervals_of(device)):
        remove_all(services.devices, partition)
    services.commands.forget(device)
    services.device_keys.forget_device(device)


def remove_camera(camera: str, services: Services) -> None:
    """Remove a camera from the state of its device. Two or three requests. Raises
    StorageUnavailableError."""
    if binding := services.devices.get(CAMERAS, camera):
        remove_camera_of(binding.properties["device"], camera, services)


def remove_camera_of(device: str, camera: str, services: Services) -> None:
    """Remove a camera from the state of this device, if it is there. One or two requests. Raises
    StorageUnavailableError."""
    rows = services.devices
    for _ in range(MAX_ATTEMPTS):
        row = rows.get(STATES, device)
        state = parse_state(row) if row else None
        if row is None or state is None or camera not in state.cameras:
            return
        others = {name: one for name, one in state.heartbeat.cameras.items() if name != camera}
        changed = replace(
            state,
            heartbeat=replace(state.heartbeat, cameras=others),
            cameras=state.cameras - {camera},
        )
        first = {CAMERA: min(changed.cameras, default=BACKEND)}
        if rows.replace(STATES, row, {**row.properties, **changed.to_properties(), **first}):
            return
    raise StorageUnavailableError(f"the state of {device} is changed too often at once")
