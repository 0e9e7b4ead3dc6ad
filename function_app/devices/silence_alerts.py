"""The alerts about silent devices: their texts, and which devices one alert names.

Each device has an alert in the list of its first camera, which names it alone. If several devices
of a site have one, it is in the list of all cameras, which only callers see who may see all, and
names them all.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from function_app.devices.silence import SilenceChange
from function_app.storage.models import StoredAlert
from photo_wire.alert import BACK, MAX_REASON, SILENT, Alert, Detail
from photo_wire.moment import format_time, parse_time

_MAX_NAMES = 200  # characters of names in a reason
_MAX_CHUNKS = 15  # details with names, MAX_REASON characters each
_SEPARATOR = ", "

Combine = Callable[[Alert], Alert]


def silent_alert(change: SilenceChange) -> StoredAlert:
    """Return the alert that a device is silent."""
    silence = change.silence
    after = " after it said that it restarts" if silence.is_after_restart else ""
    alert = Alert(
        change.name,
        SILENT,
        f"the device {change.device} has sent no report since {_minute(silence.since)}{after}",
        {"devices": change.device, "since": format_time(silence.since)},
    )
    return StoredAlert(alert, silence.found_at)


def back_alert(change: SilenceChange) -> StoredAlert:
    """Return the alert that a device is back, and for how long it was silent. How many photos wait
    on it, of all its cameras, is only in the list of all."""
    silence = change.silence
    minutes = (change.at - silence.since) // timedelta(minutes=1)
    details: dict[str, Detail] = {
        "devices": change.device,
        "since": format_time(silence.since),
        "minutes": minutes,
    }
    reason = f"the device {change.device} is back after {_duration(minutes)}"
    alert = Alert(change.name, BACK, reason, details)
    if silence.waiting is None:
        return StoredAlert(alert, change.at)
    details = {**details, "waiting": silence.waiting}
    whole = replace(alert, reason=reason + _waiting(details), details=details)
    return StoredAlert(alert, change.at, together=whole)


def with_silent(change: SilenceChange) -> Combine:
    """Return what makes an alert name this silent device, too."""

    def combine(alert: Alert) -> Alert:
        names = device_names(alert.details)
        if change.device in names:
            return alert
        names.append(change.device)
        since = min(str(alert.details["since"]), format_time(change.silence.since))
        reason = (
            f"{len(names)} devices have sent no report since {_minute(parse_time(since))}: "
            f"{_shorten(names)}"
        )
        return replace(alert, reason=reason, details={**_chunks(names), "since": since})

    return combine


def with_back(change: SilenceChange) -> Combine:
    """Return what makes an alert name this device that is back, too."""
    back = back_alert(change)
    own = (back.together or back.alert).details

    def combine(alert: Alert) -> Alert:
        names = device_names(alert.details)
        if change.device in names:
            return alert
        names.append(change.device)
        details: dict[str, Detail] = {
            **_chunks(names),
            "since": min(str(alert.details["since"]), str(own["since"])),
            "minutes": max(int(alert.details["minutes"]), int(own["minutes"])),
        }
        waiting = [int(one["waiting"]) for one in (alert.details, own) if "waiting" in one]
        if waiting:
            details["waiting"] = sum(waiting)
        longest = _duration(int(details["minutes"]))
        reason = f"{len(names)} devices are back after up to {longest}{_waiting(details)}: "
        return replace(alert, reason=reason + _shorten(names), details=details)

    return combine


def device_names(details: Mapping[str, Detail]) -> list[str]:
    """Return the devices that an alert names in these details."""
    texts = [str(value) for name, value in details.items() if name.startswith("devices")]
    return _SEPARATOR.join(texts).split(_SEPARATOR)


def _chunks(names: list[str]) -> dict[str, Detail]:
    """Return details with these names, as many as an alert can hold: `devices`, `devices-2`, ..."""
    chunks = [""]
    for name in names:
        longer = f"{chunks[-1]}{_SEPARATOR}{name}" if chunks[-1] else name
        if len(longer) <= MAX_REASON:
            chunks[-1] = longer
        elif len(chunks) < _MAX_CHUNKS:
            chunks.append(name)
    keys = ["devices", *(f"devices-{number}" for number in range(2, len(chunks) + 1))]
    return dict(zip(keys, chunks, strict=True))


def _shorten(names: list[str]) -> str:
    """Return the names, as many as fit into a reason."""
    shown = list(names)
    while len(_SEPARATOR.join(shown)) > _MAX_NAMES:
        shown.pop()
    others = len(names) - len(shown)
    return _SEPARATOR.join(shown) + (f" and {_counted(others, 'other')}" if others else "")


def _waiting(details: Mapping[str, Detail]) -> str:
    if "waiting" not in details:
        return ""
    waiting = int(details["waiting"])
    return f"; {_counted(waiting, 'photo')} {'waits' if waiting == 1 else 'wait'}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _minute(moment: datetime) -> str:
    """Return a moment for people; programs read the detail `since`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _duration(minutes: int) -> str:
    """Return a duration in its two largest units."""
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
