"""The public keys of devices, and which device takes a camera's photos.

The first request that a key of its own signs gives a device's name its key. From then on nobody
else speaks for the name: another key waits until an owner approves it, and so does a device that
sends photos of another one's camera. A process remembers what it read for a minute (TimedCache), so
that a photo takes no request more.
"""

import hashlib
import re
from contextlib import suppress
from datetime import datetime, timedelta

from function_app.auth.caller import Caller, Standing
from function_app.auth.device_rows import (
    CameraBinding,
    DeviceIdentity,
    WaitingKey,
    parse_binding,
    parse_identity,
)
from function_app.auth.timed_cache import TimedCache
from function_app.problems import HTTPProblemError
from function_app.storage.device_keys import CAMERAS, IDENTITIES
from function_app.storage.interfaces import Alerts
from function_app.storage.models import StorageUnavailableError, StoredAlert
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.alert import Alert
from photo_wire.errors import WireError
from photo_wire.moment import to_milliseconds
from photo_wire.name import check_camera, new_name

MAX_REJECTED = 20  # remembered of a device or a camera, so that they do not wait again
MAX_DEVICES = 2000
MAX_NEW_DEVICES = 1000  # within NEW_DEVICE_PERIOD
NEW_DEVICE_PERIOD = ALERT_PERIOD = timedelta(days=1)
MAX_BEHIND = 1024  # how far a photo's counter may be below the mark: photos overtake each other
MAX_AHEAD = 2**40  # how far a counter may be above it; else one request could use up all counters
ALERT_KIND = "unknown-device"
_MAX_ATTEMPTS = 20
# What infra/add-camera.sh makes. The keys that Azure makes up have no dot.
_NAMED_KEY = re.compile(r"([^.]+)\.[A-Za-z0-9_=-]{32,}")


def name_in_key(function_key: str | None) -> str | None:
    """Return the device or camera for which alone a function key of the form NAME.RANDOM speaks;
    None for one of another form, which is bound to nothing. The Functions host has checked the
    key."""
    match = _NAMED_KEY.fullmatch(function_key or "")
    if match is None:
        return None
    try:
        return check_camera(match[1])
    except WireError:
        return None


def device_of(rows: TableStore, camera: str) -> str | None:
    """Return the device that takes this camera's photos, if one has proved it. Raises
    StorageUnavailableError."""
    row = rows.get(CAMERAS, camera)
    return row.properties["device"] if row else None


class DeviceKeys:
    """The keys and cameras of devices in the table `rows`; `alerts` get those of keys and devices
    that wait. All methods raise StorageUnavailableError."""

    def __init__(self, rows: TableStore, alerts: Alerts) -> None:
        self._rows = rows
        self._alerts = alerts
        self._identities: TimedCache[tuple[DeviceIdentity, Entity]] = TimedCache()
        self._bindings: TimedCache[CameraBinding] = TimedCache()

    def find(self, device: str, now: datetime) -> DeviceIdentity | None:
        """Return what is known of a device."""
        known = self._cached(device, now)
        return known[0] if known else None

    def read(self, device: str) -> DeviceIdentity | None:
        """Return what is stored of a device now."""
        row = self._rows.get(IDENTITIES, device)
        return parse_identity(row) if row else None

    def meet(self, device: str, key: str, counter: int, now: datetime) -> DeviceIdentity | None:
        """Return what is known of a device, after a request that this key signed validly. A name
        without a key gets this one, as far as the quota of new devices allows; a key beside the
        device's own waits."""
        for _ in range(_MAX_ATTEMPTS):
            known = self._cached(device, now)
            if known is None:
                if self._may_add(now):
                    new = DeviceIdentity(device, key, max(counter - 1, 0), to_milliseconds(now))
                    self._rows.insert(IDENTITIES, device, new.to_properties())
                    self._identities.forget(device)
                    continue
                return None
            identity, row = known
            if identity.has_met(key):
                return identity
            waiting = WaitingKey(key, to_milliseconds(now), max(counter - 1, 0))
            changed = identity._replace(waiting=(*identity.waiting, waiting))
            is_alert_due = not identity.alerted_at or now - identity.alerted_at >= ALERT_PERIOD
            if is_alert_due:
                changed = changed._replace(alerted_at=to_milliseconds(now))
            if self._write(row, changed):
                if is_alert_due:
                    self._alert(device, (device, key), "a new key signs for it", now)
                return changed
        raise _changed_each_time(device)

    def advance(self, caller: Caller, now: datetime) -> bool:
        """Raise the device's mark to the counter of a verified request; return False, and change
        nothing, if it is not above the mark: the request is a repeated one, or was overtaken."""
        if caller.device is None or caller.signature is None:
            return False
        for _ in range(_MAX_ATTEMPTS):
            known = self._cached(caller.device, now)
            if known is None or caller.signature.counter <= known[0].counter:
                return False
            if self._write(known[1], known[0]._replace(counter=caller.signature.counter)):
                return True
        raise _changed_each_time(caller.device)

    def check_is_new(self, caller: Caller, now: datetime) -> None:
        """Raise the device's mark to the counter of a verified request. Raises HTTPProblemError
        (401) if it is not above the mark. Requests of others have no counter that counts."""
        if caller.standing is Standing.VERIFIED and not self.advance(caller, now):
            raise self.low_counter(caller, now)

    def low_counter(self, caller: Caller, now: datetime) -> HTTPProblemError:
        """Return the problem (401) of a request with a counter that was used before."""
        known = self.find(caller.device or "", now)
        used = caller.signature.counter if caller.signature else 0
        return HTTPProblemError(
            401,
            "The counter in the signature was used before: sign the request again, with a counter "
            "above counter_above.",
            {"WWW-Authenticate": "Signature"},
            max(used, known.counter if known else 0),
        )

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
        for _ in range(_MAX_ATTEMPTS):
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
                known = self.find(device, now)
                reason = f"the device {device} sends photos of it, and it belongs to another one"
                self._alert(camera, (device, known.key if known else ""), reason, now)
        raise _changed_each_time(camera)

    def cameras(self, device: str) -> dict[str, bool]:
        """Return the cameras of a device: whether it has each, or wants it from another one."""
        found = {row.key: parse_binding(row) for row in query_all(self._rows, CAMERAS)}
        return {
            camera: one.device == device
            for camera, one in found.items()
            if device in (one.device, one.wanted_by)
        }

    def decide(self, device: str, key: str, is_approved: bool, now: datetime) -> bool:
        """Approve or reject a key that waits, or the cameras that the device's own key wants.
        Return False if the key neither waits nor is the device's."""
        for _ in range(_MAX_ATTEMPTS):
            self._identities.forget(device)
            known = self._cached(device, now)
            if known is None:
                return False
            identity, row = known
            if key == identity.key:
                self._decide_cameras(device, is_approved)
                return True
            chosen = next((one for one in identity.waiting if one.key == key), None)
            if chosen is None:
                return False
            changed = identity._replace(
                waiting=tuple(one for one in identity.waiting if one is not chosen)
            )
            if is_approved:
                changed = changed._replace(key=key, counter=chosen.counter)
            else:
                changed = changed._replace(rejected=(*changed.rejected, key)[-MAX_REJECTED:])
            if self._write(row, changed):
                return True
        raise _changed_each_time(device)

    def forget_camera(self, camera: str) -> None:
        """Remove the binding of a camera that is deleted."""
        self._rows.remove(CAMERAS, camera)
        self._bindings.forget(camera)

    def forget_device(self, device: str) -> None:
        """Remove a device's key and the bindings of its cameras. It wants no other's any more: else
        nobody else could."""
        for camera, is_own in self.cameras(device).items():
            if is_own:
                self.forget_camera(camera)
            elif (row := self._rows.get(CAMERAS, camera)) is not None:
                changed = parse_binding(row)._replace(wanted_by="")
                self._rows.replace(CAMERAS, row, changed.to_properties())
                self._bindings.forget(camera)
        self._rows.remove(IDENTITIES, device)
        self._identities.forget(device)

    def _decide_cameras(self, device: str, is_approved: bool) -> None:
        for camera, is_own in self.cameras(device).items():
            row = self._rows.get(CAMERAS, camera)
            if is_own or row is None:
                continue
            binding = parse_binding(row)
            changed = (
                CameraBinding(device)
                if is_approved
                else binding._replace(
                    wanted_by="", rejected=(*binding.rejected, device)[-MAX_REJECTED:]
                )
            )
            self._rows.replace(CAMERAS, row, changed.to_properties())
            self._bindings.forget(camera)

    def _cached(self, device: str, now: datetime) -> tuple[DeviceIdentity, Entity] | None:
        if cached := self._identities.get(device, now):
            return cached[0]
        row = self._rows.get(IDENTITIES, device)
        known = (parse_identity(row), row) if row else None
        self._identities.put(device, known, now)
        return known

    def _write(self, row: Entity, identity: DeviceIdentity) -> bool:
        """Write a device's row in place of `row`; return False if that was changed meanwhile."""
        is_written = self._rows.replace(IDENTITIES, row, identity.to_properties())
        self._identities.forget(row.key)
        return is_written

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

    def _may_add(self, now: datetime) -> bool:
        """Return whether the quota of new devices has room for one more."""
        first_seen = [parse_identity(row).first_seen for row in query_all(self._rows, IDENTITIES)]
        recent = sum(now - at < NEW_DEVICE_PERIOD for at in first_seen)
        return len(first_seen) < MAX_DEVICES and recent < MAX_NEW_DEVICES

    def _alert(self, name: str, sender: tuple[str, str], reason: str, now: datetime) -> None:
        """Raise the alert, under the name of a device or a camera, that a sender (a device and its
        key) waits to speak for it."""
        from photo_wire.signature import fingerprint, parse_key  # seldom needed

        device, key = sender
        tag = hashlib.sha256(f"{device} {key}".encode()).hexdigest()[:8]
        details = {"device": device}
        with suppress(WireError):  # of a row that somebody changed by hand
            details["fingerprint"] = fingerprint(parse_key(key))
        text = f"{reason}: until an owner approves, such photos are stored and marked"
        alert = Alert(new_name(name, now, tag), ALERT_KIND, text, details)
        self._alerts.add([StoredAlert(alert, to_milliseconds(now))])


def _changed_each_time(name: str) -> StorageUnavailableError:
    return StorageUnavailableError(f"other instances changed what is known of {name} each time")
