"""Devices that the backend knows, without a request of theirs."""

from collections.abc import Iterable
from datetime import UTC, datetime

from function_app.auth.device_keys import CameraBinding, DeviceIdentity
from function_app.services import Services
from function_app.storage.device_keys import CAMERAS, IDENTITIES


def add_device(services: Services, device: str, cameras: Iterable[str]) -> None:
    """Give a device a key that nobody has, and these cameras."""
    identity = DeviceIdentity(device, "A" * 43, 0, datetime.now(UTC))
    services.devices.upsert(IDENTITIES, device, identity.to_properties())
    for camera in cameras:
        services.devices.upsert(CAMERAS, camera, CameraBinding(device).to_properties())
