"""Which device takes a camera's photos.

The first device with a key of its own that sends photos of a camera has it from then on. Another
one waits until an owner hands the camera over. A process remembers what it read for a minute
(TimedCache), so that a photo takes no request more.
"""

from collections.abc import Collection
from datetime import datetime

from function_app.auth.caller import Caller, Standing
from function_app.auth.device_rows import MAX_REJECTED, CameraBinding, parse_binding
from function_app.auth.timed_cache import TimedCache
from function_app.auth.unknown_device import changed_each_time, unknown_device_alert
from function_app.storage.device_keys import CAMERAS
from function_app.storage.interfaces import Alerts
from function_app.storage.table_store import MAX_ATTEMPTS, TableStore, query_all


class CameraBindings:
    """The cameras of devices in the table `rows`; `alerts` get those of devices that wait. All
    methods raise StorageUnavailableError."""

    def __init__(self, rows: TableStore, alerts: Alerts) -> None:
        self._rows = rows
        self._alerts = alerts
        self._bindings: TimedCache[CameraBinding] = TimedCache()

    def device_of(self, camera: str, now: datetime) -> str | None:
        """Return the device that takes this camera's photos, if one has proved it."""
        binding = self._binding(camera, now)
        return binding.device if binding else None

    def may_speak(self, caller: Caller, camera: str, now: datetime) -> bool:
        """Return whether a caller may speak for a camera: its own device, and anybody for a camera
        that no device has, unless their function key is for another name."""
        owner = self.device_of(camera, now)
        if owner is not None:
            return caller.standing is Standing.VERIFIED and owner == caller.device
        return caller.key_name in (None, camera) or (
            caller.standing is Standing.VERIFIED and caller.key_name == caller.device
        )

    def claim(self, caller: Caller, camera: str, now: datetime) -> bool:
        """As `may_speak`. A camera that no device has becomes one of a verified caller's; another
        device's camera waits for an owner to hand it over."""
        device = caller.device
        if caller.standing is not Standing.VERIFIED or device is None:
            return self.may_speak(caller, camera, now)
        for _ in range(MAX_ATTEMPTS):
            binding = self._binding(camera, now)
            if binding is None:
                if not self.may_speak(caller, camera, now):
                    return False
                self._rows.insert(CAMERAS, camera, CameraBinding(device).to_properties())
                self._bindings.forget(camera)
                continue
            if binding.device == device:
                return True
            if binding.wanted_by or device in binding.rejected:
                return False
            if self._rebind(camera, binding._replace(wanted_by=device)):
                key = caller.signature.key if caller.signature else ""
                reason = f"the device {device} sends photos of it, and it belongs to another one"
                self._alerts.add([unknown_device_alert(camera, (device, key), reason, now)])
        raise changed_each_time(camera)

    def cameras(self, device: str) -> dict[str, bool]:
        """Return the cameras of a device: whether it has each, or wants it from another one."""
        return {
            camera: one.device == device
            for camera, one in self.all().items()
            if device in (one.device, one.wanted_by)
        }

    def hand_over(self, device: str, cameras: Collection[str], is_approved: bool) -> None:
        """Give a device those of the cameras that it wants from other devices, or reject that: it
        does not want them again."""
        for camera in cameras:
            row = self._rows.get(CAMERAS, camera)
            binding = parse_binding(row) if row else None
            if row is None or binding is None or binding.wanted_by != device:
                continue
            rejected = (*binding.rejected, device)[-MAX_REJECTED:]
            changed = (
                CameraBinding(device)
                if is_approved
                else binding._replace(wanted_by="", rejected=rejected)
            )
            self._rows.replace(CAMERAS, row, changed.to_properties())
            self._bindings.forget(camera)

    def forget(self, camera: str) -> None:
        """Remove the binding of a camera that is deleted."""
        self._rows.remove(CAMERAS, camera)
        self._bindings.forget(camera)

    def all(self) -> dict[str, CameraBinding]:
        """Return the bindings of all cameras, by name. A request for each thousand of rows."""
        return {row.key: parse_binding(row) for row in query_all(self._rows, CAMERAS)}

    def forget_device(self, device: str) -> None:
        """Remove the bindings of a device's cameras. It wants no other's any more: else nobody else
        could."""
        for camera, is_own in self.cameras(device).items():
            if is_own:
                self.forget(camera)
            elif (row := self._rows.get(CAMERAS, camera)) is not None:
                changed = parse_binding(row)._replace(wanted_by="")
                self._rows.replace(CAMERAS, row, changed.to_properties())
                self._bindings.forget(camera)

    def _binding(self, camera: str, now: datetime) -> CameraBinding | None:
        if cached := self._bindings.get(camera, now):
            return cached[0]
        row = self._rows.get(CAMERAS, camera)
        binding = parse_binding(row) if row else None
        self._bindings.put(camera, binding, now)
        return binding

    def _rebind(self, camera: str, binding: CameraBinding) -> bool:
        """Write a camera's binding, if it still belongs to the same device and nobody wants it."""
        row = self._rows.get(CAMERAS, camera)
        self._bindings.forget(camera)
        if row is None or parse_binding(row) != binding._replace(wanted_by=""):
            return False
        return self._rows.replace(CAMERAS, row, binding.to_properties())
