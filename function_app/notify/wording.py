"""The words of notifications: a title that says where and what, a body that says when and, of an
alert, what to do next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from function_app.auth.unknown_device import ALERT_KIND as UNKNOWN_DEVICE
from function_app.notify.events import PHOTO, SIGN_IN, Event
from function_app.notify.pacing import is_old
from function_app.notify.rules import Rule
from function_app.timer_watch import KIND as TIMER_STALLED
from photo_wire.alert import (
    BACK,
    CLOCK,
    DISK,
    LOSS,
    MISSING,
    QUARANTINE,
    SILENT,
    SPOOL_FILLING,
    UNDELIVERED,
    Alert,
    Detail,
)
from photo_wire.errors import as_sentence
from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.moment import parse_time
from photo_wire.motion import UNKNOWN

MAX_NAMES = 8  # of cameras in a message
MAX_LABELS = 3  # in a title, for what a photo shows
LATE = timedelta(minutes=2)  # a photo that came sooner than this after its capture was in time
_TRIGGERS = {
    Trigger.MOTION: "motion",
    Trigger.GPIO: "contact",
    Trigger.SCHEDULE: "scheduled photo",
    Trigger.DEMAND: "photo on request",
}
_GALLERY, _ALERTS, _DEVICES, _CHANNELS = "/", "/alerts", "/devices", "/notifications"


class Text(NamedTuple):
    """A notification's words, and the path of the page that it opens."""

    title: str
    body: str
    path: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: on which clock (that of their rule), when, and whether they see all cameras.
    `was_offline` says that the device of a late photo had no connection. `cameras` are those of
    which photos were collected."""

    rule: Rule
    now: datetime
    sees_all: bool
    was_offline: bool = False
    cameras: tuple[str, ...] = ()

    def time(self, moment: datetime) -> str:
        """Return a moment on the reader's clock, with the day if it is not today."""
        local = self.rule.local(moment)
        is_today = local.date() == self.rule.local(self.now).date()
        return f"{local:%H:%M:%S}" if is_today else f"{local:%Y-%m-%d %H:%M:%S}"


def describe(event: Event, more: int, reader: Reader) -> Text:
    """Return what a reader is told of an event, and that `more` others were."""
    if event.kind == PHOTO:
        return _photo(event, more, reader)
    if event.kind == SIGN_IN:
        return _sign_in(event, reader)
    alert = event.alert_for(reader.sees_all)
    if alert is None:
        raise ValueError(f"{event.id} has no alert")
    text = _ALERT_TEXTS.get(alert.kind, _other)(alert, reader)
    return text._replace(body=f"{text.body} And {more} more.") if more else text


def duration(time: timedelta) -> str:
    """Return a duration in its largest unit, such as `3 h`."""
    minutes = max(int(time / timedelta(minutes=1)), 1)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _photo(event: Event, more: int, reader: Reader) -> Text:
    path = f"/photos/{event.photo.name if event.photo else event.id}"
    if len(reader.cameras) > 1:
        last = f"the last is of {reader.time(event.at)}"
        title = f"{len(reader.cameras)} cameras: {more + 1} photos"
        return Text(title, f"{_some(reader.cameras)}; {last}", path)
    late = event.arrived_at - event.at
    lateness = f"came {duration(late)} late: "
    lateness += "the site had no connection" if reader.was_offline else "it waited on the device"
    if is_old(event):
        count = f"{more + 1} photos" if more else "a photo"
        body = f"{count} came late; the last, of {reader.time(event.at)}, {lateness}"
        return Text(f"{event.camera}: {count} from before", body, path)
    what = "new photo"
    if event.trigger in set(Trigger):
        what = _TRIGGERS[Trigger(event.trigger)]
    title = f"{event.camera}: {what}"
    if found := [one for one in event.labels if one != UNKNOWN.word]:
        labels = ", ".join(found[:MAX_LABELS])
        title = f"{labels.capitalize()} at {event.camera}"
    if event.photo and event.photo.media is Media.MP4:
        title += " (clip)"
    sentences = [reader.time(event.at) + (f", and {more} more" if more else "")]
    if event.photo and event.photo.clock == "unsynced":
        sentences.append("the time is uncertain")
    elif late >= LATE:
        sentences.append(lateness)
    if event.photo and event.photo.sender and event.photo.sender.is_unknown:
        sentences.append("sent by a device that nobody approved")
    return Text(title, "; ".join(sentences), path)


def _some(names: tuple[str, ...]) -> str:
    """Return names as a list, of which a phone shows the beginning."""
    others = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {others} more" if others > 0 else "")


def _sign_in(event: Event, reader: Reader) -> Text:
    network, browser = event.facts["network"], event.facts["browser"]
    place = f"from {network}" if network else "from an unknown network"
    return Text(
        "Somebody signed in as you",
        f"{reader.time(event.at)}, {place}, with {browser}: a new place for you. If it was not "
        "you, change your password, which signs everybody else out.",
        _GALLERY,
    )


def _silent(alert: Alert, reader: Reader) -> Text:
    names = _devices(alert.details)
    who = names if "," not in names else "Several devices"
    moment = _moment(alert.details.get("since"), reader)
    since = f" since {moment}" if moment else ""
    return Text(
        f"{who}: no reports",
        f"No report came from {names}{since}. Check power and Wi-Fi there.",
        _DEVICES,
    )


def _back(alert: Alert, reader: Reader) -> Text:
    names = _devices(alert.details)
    who = names if "," not in names else "Several devices"
    minutes, waiting = alert.details.get("minutes"), alert.details.get("waiting")
    after = f" after {duration(timedelta(minutes=int(minutes)))}" if minutes is not None else ""
    come = f" {waiting} photos wait and come now." if waiting else ""
    return Text(f"{who}: back", f"{names} is back{after}.{come} Nothing to do.", _DEVICES)


def _loss(alert: Alert, reader: Reader) -> Text:
    return Text(
        f"{alert.name.camera}: a photo was lost",
        f"That of {reader.time(alert.name.captured_at)} ({alert.reason}). Check the device's "
        "connection, and the space that its photos may use.",
        _ALERTS,
    )


def _quarantine(alert: Alert, reader: Reader) -> Text:
    return Text(
        f"{alert.name.camera}: a photo is in quarantine",
        f"That of {reader.time(alert.name.captured_at)} ({alert.reason}) waits on the device. Look "
        "there with: pi-uploader spool list; send it again with: pi-uploader spool requeue.",
        _ALERTS,
    )


def _missing(alert: Alert, reader: Reader) -> Text:
    return Text(
        f"{alert.name.camera}: a stored photo is gone",
        f"That of {reader.time(alert.name.captured_at)}: {alert.reason}. Find out in the storage "
        "account's log who deleted it, or restore it from a backup.",
        _ALERTS,
    )


def _spool_filling(alert: Alert, reader: Reader) -> Text:
    return Text(
        f"{alert.name.camera}: the device's disk is filling",
        f"{as_sentence(alert.reason)} Check the device's connection before it is full.",
        _DEVICES,
    )


def _disk(alert: Alert, reader: Reader) -> Text:
    return Text(
        f"{alert.name.camera}: trouble with the device's disk",
        f"{as_sentence(alert.reason)} On the device, run: sudo pi-uploader doctor.",
        _DEVICES,
    )


def _clock(alert: Alert, reader: Reader) -> Text:
    return Text(
        f"{alert.name.camera}: the device's clock is wrong",
        f"{as_sentence(alert.reason)} Check that the device reaches a time server.",
        _DEVICES,
    )


def _unknown_device(alert: Alert, reader: Reader) -> Text:
    fingerprint = alert.details.get("fingerprint")
    compare = f" Compare the fingerprint {fingerprint} with the device's," if fingerprint else ""
    return Text(
        f"{alert.name.camera}: a device waits for your yes",
        f"{as_sentence(alert.reason)}{compare or ' Compare its fingerprint,'} then approve or "
        "reject it under Devices.",
        _DEVICES,
    )


def _timer_stalled(alert: Alert, reader: Reader) -> Text:
    return Text("Nightjar: a timer has stopped", as_sentence(alert.reason), _ALERTS)


def _undelivered(alert: Alert, reader: Reader) -> Text:
    title, sentence = "Nightjar: somebody was not told", as_sentence(alert.reason)
    if "person" in alert.details:
        return Text(title, f"{sentence} Its owner can test it under Notifications.", _CHANNELS)
    return Text(title, f"{sentence} Look under Alerts.", _ALERTS)


def _other(alert: Alert, reader: Reader) -> Text:
    return Text(
        f"{alert.name.camera}: {alert.kind}",
        f"{as_sentence(alert.reason)} Look under Alerts.",
        _ALERTS,
    )


_ALERT_TEXTS: Mapping[str, Callable[[Alert, Reader], Text]] = {
    LOSS: _loss,
    QUARANTINE: _quarantine,
    SPOOL_FILLING: _spool_filling,
    MISSING: _missing,
    DISK: _disk,
    CLOCK: _clock,
    SILENT: _silent,
    BACK: _back,
    TIMER_STALLED: _timer_stalled,
    UNKNOWN_DEVICE: _unknown_device,
    UNDELIVERED: _undelivered,
}


def devices_of(alert: Alert) -> list[str]:
    """Return the devices that an alert of a silence or its end names."""
    return [one for one in _devices(alert.details).split(", ") if one]


def _devices(details: Mapping[str, Detail]) -> str:
    texts = [str(value) for name, value in details.items() if name.startswith("devices")]
    return ", ".join(texts)


def _moment(text: object, reader: Reader) -> str:
    try:
        return reader.time(parse_time(str(text)))
    except ValueError:
        return ""
