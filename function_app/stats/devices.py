"""How each device is, and its figures by the hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from function_app.auth.caller import Caller
from function_app.devices import history, states
from function_app.devices.history import HourFigures
from function_app.devices.views import describe_device, sees_all
from function_app.services import Services


@dataclass(frozen=True, slots=True)
class DeviceStatistics:
    """The devices of which the caller may see a camera, by name, as the API has them; the one whose
    `hours` were read, None if there is none."""

    devices: Sequence[Mapping[str, Any]]
    chosen: str | None
    hours: list[HourFigures]


def read_device_statistics(
    services: Services, caller: Caller, device: str | None, days: int, now: datetime
) -> DeviceStatistics | None:
    """Return the last heartbeat of each device, and the hours of the last `days` of one: of
    `device`, or else of the first whose cameras the caller may all see. None if there is no such
    device, or the caller may not see it. Hours in which it had a camera that the caller may not see
    are left out.

    Two requests, one more for each further thousand devices. Raises StorageUnavailableError.
    """
    shown = [
        describe_device(one, None, caller, now)
        for one in states.find_all(services.devices, caller.cameras)
    ]
    devices = sorted(shown, key=lambda one: str(one["device"]))
    names = [one["device"] for one in devices]
    if device is not None and device not in names:
        return None
    whole = (one["device"] for one in devices if one["is_whole"])
    chosen = device or next(whole, next(iter(names), None))
    hours: list[HourFigures] = []
    if chosen:
        first = now - timedelta(days=days)
        found = history.read(services.devices, chosen, now, first, None)
        hours = [one for one in found if sees_all(caller, one.cameras)]
    return DeviceStatistics(devices, chosen, hours)
