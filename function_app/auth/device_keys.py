"""The public keys of devices.

The first request that a key of its own signs gives a device's name its key. From then on nobody
else speaks for the name: another key waits until an owner approves it. A process remembers what it
read for a minute (TimedCache), so that a photo takes no request more.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from function_app.auth.caller import Caller, Standing
from function_app.auth.camera_bindings import CameraBindings
from function_app.auth.device_rows import (
    IDENTITY_COLUMNS,
    MAX_REJECTED,
    DeviceIdentity,
    KnownDevice,
    WaitingKey,
    has_identity,
    parse_identity,
)
from function_app.auth.timed_cache import CACHE_TIME, TimedCache
from function_app.auth.unknown_device import changed_each_time, unknown_device_alert
from function_app.problems import HTTPProblemError
from function_app.storage.device_keys import OLD_IDENTITIES, STATES
from function_app.storage.interfaces import Alerts
from function_app.storage.table_store import MAX_ATTEMPTS, Entity, TableStore, query_all
from photo_wire.errors import WireError
from photo_wire.moment import to_milliseconds
from photo_wire.name import check_camera

MAX_DEVICES = 2000
MAX_NEW_DEVICES = 1000  # within NEW_DEVICE_PERIOD
NEW_DEVICE_PERIOD = ALERT_PERIOD = timedelta(days=1)
MAX_BEHIND = 1024  # how far a photo's counter may be below the mark: photos overtake each other
MAX_AHEAD = 2**40  # how far a counter may be above it; else one request could use up all counters
FRESH = timedelta(seconds=1)  # what was read within it was read for the same request
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


class DeviceKeys:
    """The keys of devices in the table `rows`, and in `bindings` their cameras; `alerts` get those
    of keys and devices that wait. All methods raise StorageUnavailableError."""

    def __init__(self, rows: TableStore, alerts: Alerts) -> None:
        self._rows = rows
        self._alerts = alerts
        self._identities: TimedCache[tuple[DeviceIdentity, Entity]] = TimedCache()
        self._may_have_old = True
        self.bindings = CameraBindings(rows, alerts)

    def find(self, device: str, now: datetime) -> DeviceIdentity | None:
        """Return what is known of a device."""
        known = self._cached(device, now)
        return known[0] if known else None

    def read(self, device: str) -> DeviceIdentity | None:
        """Return what is stored of a device now."""
        row = self._read(device)
        return parse_identity(row) if row else None

    def record_key(
        self, device: str, key: str, counter: int, now: datetime
    ) -> DeviceIdentity | None:
        """Return what is known of a device, after a request that this key signed validly. A name
        without a key gets this one, as far as the quota of new devices allows; a key beside the
        device's own waits."""
        for _ in range(MAX_ATTEMPTS):
            known = self._cached(device, now)
            if known is None:
                if self._may_add(now):
                    new = DeviceIdentity(device, key, max(counter - 1, 0), to_milliseconds(now))
                    self._pin(new)
                    continue
                return None
            identity, row = known
            if identity.has_recorded(key):
                return identity
            waiting = WaitingKey(key, to_milliseconds(now), max(counter - 1, 0))
            changed = identity._replace(waiting=(*identity.waiting, waiting))
            is_alert_due = not identity.alerted_at or now - identity.alerted_at >= ALERT_PERIOD
            if is_alert_due:
                changed = changed._replace(alerted_at=to_milliseconds(now))
            if self._put(device, row, changed.to_properties()):
                if is_alert_due:
                    reason = "a new key signs for it"
                    self._alerts.add([unknown_device_alert(device, (device, key), reason, now)])
                return changed
        raise changed_each_time(device)

    def current_row(self, caller: Caller, now: datetime) -> Entity:
        """Return the row of a verified caller's device, as it was read for this request. Raises
        HTTPProblemError (401) if the counter is not above the device's mark, so that the request
        may be a repeated one, or if the device has another key by now."""
        signature = caller.signature
        known = self._cached(caller.device or "", now, FRESH)
        if known is None or signature is None or signature.key != known[0].key:
            raise self.low_counter(caller, now)
        if signature.counter <= known[0].counter:
            raise self.low_counter(caller, now)
        return known[1]

    def advance(
        self, caller: Caller, row: Entity, columns: Mapping[str, str] | None = None
    ) -> bool:
        """Raise the mark in the device's `row` to the counter of the caller's request, and change
        these columns with it. Return False if the row was changed meanwhile."""
        assert caller.signature
        identity = parse_identity(row)._replace(counter=caller.signature.counter)
        return self._put(row.key, row, {**identity.to_properties(), **(columns or {})})

    def check_is_new(self, caller: Caller, now: datetime) -> None:
        """Raise the device's mark to the counter of a verified request. Raises HTTPProblemError
        (401) if it is not above the mark. Requests of others have no counter that counts."""
        if caller.standing is not Standing.VERIFIED:
            return
        for _ in range(MAX_ATTEMPTS):
            if self.advance(caller, self.current_row(caller, now)):
                return
        raise changed_each_time(caller.device or "")

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

    def known_devices(self, rows: Iterable[Entity]) -> dict[str, KnownDevice]:
        """Return all devices with a key, by name; `rows` are those of STATES. One request for each
        thousand of cameras, and one for those of earlier versions, unless there were none when this
        process looked."""
        cameras, wanting = defaultdict(set), set()
        for camera, binding in self.bindings.all().items():
            cameras[binding.device].add(camera)
            wanting.add(binding.wanted_by)
        return {
            one.device: KnownDevice(
                frozenset(cameras[one.device]), one.device in wanting or bool(one.waiting)
            )
            for one in self._identities_in(rows)
        }

    def move_old(self) -> None:
        """Move keys that earlier versions stored into the rows of their devices, also of those that
        send nothing any more. One request, unless there were none when this process looked; four
        more for each."""
        for old in self._old():
            self._read(old.key)

    def decide(self, device: str, key: str, is_approved: bool, now: datetime) -> bool:
        """Approve or reject a key that waits. Return False if it does not wait."""
        for _ in range(MAX_ATTEMPTS):
            self._identities.forget(device)
            known = self._cached(device, now)
            if known is None:
                return False
            identity, row = known
            chosen = next((one for one in identity.waiting if one.key == key), None)
            if chosen is None:
                return False
            changed = identity._replace(
                waiting=tuple(one for one in identity.waiting if one is not chosen)
            )
            if is_approved:
                changed = changed.with_key(chosen, now)
            else:
                changed = changed._replace(rejected=(*changed.rejected, key)[-MAX_REJECTED:])
            if self._put(device, row, changed.to_properties()):
                return True
        raise changed_each_time(device)

    def forget_device(self, device: str) -> None:
        """Remove a device's row and the bindings of its cameras."""
        self.bindings.forget_device(device)
        self._rows.remove(OLD_IDENTITIES, device)  # first: else it would be read again
        self._rows.remove(STATES, device)
        self._identities.forget(device)

    def _cached(
        self, device: str, now: datetime, max_age: timedelta = CACHE_TIME
    ) -> tuple[DeviceIdentity, Entity] | None:
        if cached := self._identities.get(device, now, max_age):
            return cached[0]
        row = self._read(device)
        known = (parse_identity(row), row) if row else None
        self._identities.put(device, known, now)
        return known

    def _read(self, device: str) -> Entity | None:
        """Return a device's row, if it has a key. One request; more if an earlier version stored
        the key, which is then moved into the row."""
        for _ in range(MAX_ATTEMPTS):
            row = self._rows.get(STATES, device)
            if row and has_identity(row):
                return row
            old = self._rows.get(OLD_IDENTITIES, device)
            if old is None:
                return None
            if self._put(device, row, old.properties):
                self._rows.remove(OLD_IDENTITIES, device)
        raise changed_each_time(device)

    def _pin(self, new: DeviceIdentity) -> None:
        """Store the key of a new device, unless another instance was faster."""
        row = self._rows.get(STATES, new.device)
        if row is None or not has_identity(row):
            self._put(new.device, row, new.to_properties())
        self._identities.forget(new.device)

    def _put(self, device: str, row: Entity | None, columns: Mapping[str, str]) -> bool:
        """Write these columns of a device's row, and keep its others; return False if `row`, None
        if there was none, was changed meanwhile."""
        if row is None:
            is_written = self._rows.insert(STATES, device, columns)
        else:
            is_written = self._rows.replace(STATES, row, {**row.properties, **columns})
        self._identities.forget(device)
        return is_written

    def _may_add(self, now: datetime) -> bool:
        """Return whether the quota of new devices has room for one more."""
        first_seen = [one.first_seen for one in self._list()]
        recent = sum(now - at < NEW_DEVICE_PERIOD for at in first_seen)
        return len(first_seen) < MAX_DEVICES and recent < MAX_NEW_DEVICES

    def _list(self) -> Iterator[DeviceIdentity]:
        """Yield the identities of all devices."""
        return self._identities_in(query_all(self._rows, STATES, IDENTITY_COLUMNS))

    def _identities_in(self, rows: Iterable[Entity]) -> Iterator[DeviceIdentity]:
        """Yield the identities in these rows, which are all of STATES, and those that earlier
        versions stored."""
        yield from (parse_identity(row) for row in rows if has_identity(row))
        yield from map(parse_identity, self._old())

    def _old(self) -> list[Entity]:
        """Return the rows with keys that earlier versions stored."""
        if not self._may_have_old:
            return []
        old = list(query_all(self._rows, OLD_IDENTITIES, IDENTITY_COLUMNS))
        self._may_have_old = bool(old)  # nobody writes there any more
        return list(filter(has_identity, old))
