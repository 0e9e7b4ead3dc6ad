"""What is raised when a sender is not the device that it says, or another instance was faster."""

import hashlib
from contextlib import suppress
from datetime import datetime

from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import StoredAlert
from photo_wire.alert import Alert
from photo_wire.errors import WireError
from photo_wire.moment import to_milliseconds
from photo_wire.name import new_name

ALERT_KIND = "unknown-device"


def unknown_device_alert(
    name: str, sender: tuple[str, str], reason: str, now: datetime
) -> StoredAlert:
    """Return the alert, under the name of a device or a camera, that a sender (a device and its
    key) waits to speak for it."""
    from photo_wire.signature import fingerprint, parse_key  # seldom needed

    device, key = sender
    tag = hashlib.sha256(f"{device} {key}".encode()).hexdigest()[:8]
    details = {"device": device}
    with suppress(WireError):  # of a row that somebody changed by hand
        details["fingerprint"] = fingerprint(parse_key(key))
    text = f"{reason}: until an owner approves, such photos are stored and marked"
    alert = Alert(new_name(name, now, tag), ALERT_KIND, text, details)
    return StoredAlert(alert, to_milliseconds(now))


def changed_each_time(name: str) -> StorageUnavailableError:
    """Return the error of a change for which MAX_ATTEMPTS were not enough."""
    return StorageUnavailableError(f"other instances changed what is known of {name} each time")
