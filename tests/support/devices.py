"""Devices that the backend knows, and what a handler is given after their signatures were
checked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import azure.functions as func

from function_app.auth.caller import DEVICE, Caller, RequestSignature, Standing
from function_app.auth.device_rows import CameraBinding, DeviceIdentity
from function_app.devices.heartbeats import record_changes
from function_app.devices.states import DeviceState
from function_app.services import Services
from function_app.storage.device_keys import CAMERAS, STATES
from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import Heartbeat


@dataclass
class Device:
    """A device with a key, whose counter grows with each request."""

    name: str
    services: Services
    counters: Iterator[int] = field(default_factory=lambda: count(2))

    def introduce(self, now: datetime) -> "Device":
        """Give the device's name its key."""
        self.services.device_keys.record_key(self.name, self.key, 1, now)
        return self

    @property
    def key(self) -> str:
        return self.name.ljust(43, "K")

    def caller(self) -> Caller:
        """Return the caller of the device's next request."""
        signature = RequestSignature("", "", next(self.counters), "", self.key)
        return replace(DEVICE, device=self.name, standing=Standing.VERIFIED, signature=signature)


def heartbeat(*cameras: str, **members: Any) -> Heartbeat:
    """Return a heartbeat that names these cameras."""
    states = {camera: CameraState(armed=True) for camera in cameras}
    return Heartbeat(**{"version": "0.14.0", "interval": 300, "cameras": states, **members})


def get_request(path: str, body: bytes = b"", **route_params: str) -> func.HttpRequest:
    """Return a request as handlers get it."""
    path, _, query = path.partition("?")
    params = dict(one.split("=", 1) for one in query.split("&") if one)
    return func.HttpRequest("GET", path, params=params, route_params=route_params, body=body)


def store_state(services: Services, state: DeviceState) -> None:
    """Store a state as a heartbeat does."""
    row = services.devices.get(STATES, state.device)
    before = row.properties if row else {}
    columns = {**before, **record_changes(services, before, state)}
    if row is None:
        assert services.devices.insert(STATES, state.device, columns)
    else:
        assert services.devices.replace(STATES, row, columns)


def bind(services: Services, camera: str, device: str) -> None:
    """Make a camera one of a device."""
    services.devices.upsert(CAMERAS, camera, CameraBinding(device).to_properties())


def add_device(services: Services, device: str, cameras: Iterable[str]) -> None:
    """Give a device a key that nobody has, and these cameras."""
    identity = DeviceIdentity(device, "A" * 43, 0, datetime.now(UTC))
    row = services.devices.get(STATES, device)
    columns = {**(row.properties if row else {}), **identity.to_properties()}
    services.devices.upsert(STATES, device, columns)
    for camera in cameras:
        bind(services, camera, device)
