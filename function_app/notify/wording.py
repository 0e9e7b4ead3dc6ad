"""What notifications say, in the language of who reads them: a title that says where and what, a
body that says when and, of an alert, what to do next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from function_app.auth.sign_in_places import OTHER_PROGRAM
from function_app.auth.unknown_device import ALERT_KIND as UNKNOWN_DEVICE
from function_app.localization.label_text import label_text
from function_app.localization.quantities import duration
from function_app.localization.sentences import say
from function_app.localization.translation import Translation
from function_app.notify.events import PHOTO_ALERTS, SIGN_IN, Event
from function_app.notify.pacing import is_old
from function_app.notify.rules import Rule
from function_app.storage.models import EXIF_CLOCK
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
_MINUTE = timedelta(minutes=1)
LATE = timedelta(minutes=2)  # a photo that came sooner than this after its capture was in time
# What a person runs on a device, by the names of the placeholders of `alerts.next`.
COMMANDS = {
    "doctor": "sudo pi-uploader doctor",
    "identity": "sudo pi-uploader identity",
    "spool_list": "sudo pi-uploader spool list",
    "requeue": "sudo pi-uploader spool requeue",
}
# The words that devices send for a reason, by the kind of the alert.
_REASONS = {
    (LOSS, "no-room"): "alerts.loss.no_room",
    (LOSS, "disk-error"): "alerts.loss.disk_error",
    (LOSS, "torn"): "alerts.loss.torn",
    (QUARANTINE, "damaged"): "alerts.quarantine.damaged",
    (QUARANTINE, "never-accepted"): "alerts.quarantine.never_accepted",
    (QUARANTINE, "unreadable"): "alerts.quarantine.unreadable",
}
_REJECTED = "rejected-"  # with the status: why a photo is in quarantine
_GALLERY, _ALERTS, _DEVICES, _CHANNELS = "/", "/alerts", "/devices", "/notifications"
# The kinds that say what happened, why, and what to do; and the page on which to do it.
_PAGES = {
    LOSS: _ALERTS,
    QUARANTINE: _ALERTS,
    MISSING: _ALERTS,
    SPOOL_FILLING: _DEVICES,
    DISK: _DEVICES,
    CLOCK: _DEVICES,
}


class Text(NamedTuple):
    """A notification's words, and the path of the page that it opens."""

    title: str
    body: str
    path: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: in which language and on which clock (those of their rule), when, and whether
    they see all cameras. `was_offline` says that the device of a late photo had no connection.
    `cameras` are those of which photos were collected."""

    rule: Rule
    now: datetime
    sees_all: bool
    was_offline: bool = False
    cameras: tuple[str, ...] = ()

    @property
    def t(self) -> Translation:
        """The texts in the reader's language."""
        return self.rule.t

    @property
    def zone(self) -> tzinfo:
        """The zone of the reader's clock."""
        return self.rule.local(self.now).tzinfo or UTC

    def time(self, moment: datetime) -> str:
        """Return a moment on the reader's clock, with the day if it is not today."""
        local = self.rule.local(moment)
        is_today = local.date() == self.rule.local(self.now).date()
        return f"{local:%H:%M:%S}" if is_today else f"{self.t.day(local)}, {local:%H:%M:%S}"


def describe(event: Event, more: int, reader: Reader) -> Text:
    """Return what a reader is told of an event, and that `more` others were."""
    alert = event.alert_for(reader.sees_all)
    if alert is None:
        return _sign_in(event, reader) if event.kind == SIGN_IN else _photo(event, more, reader)
    text = _alert(alert, reader)
    others = reader.t("notification.more_alerts", count=more)
    return text._replace(body=f"{text.body} {others}") if more else text


def reason_text(alert: Alert, t: Translation, zone: tzinfo) -> str:
    """Return why an alert was raised, as sentences with their times in this zone: in English what
    has no text."""
    kind, reason = alert.kind, alert.reason
    if key := _REASONS.get((kind, reason)):
        return t(key)
    if kind == QUARANTINE and reason.startswith(_REJECTED):
        return t("alerts.rejected", status=reason.removeprefix(_REJECTED))
    if " " not in reason:  # a word, for programs
        return as_sentence(t("alerts.reason", reason=reason))
    return as_sentence(say(reason, t.language, zone))


def _photo(event: Event, more: int, reader: Reader) -> Text:
    t, time = reader.t, reader.time(event.at)
    path = f"/photos/{event.photo.name if event.photo else event.id}"
    last = t("notification.last", time=time) if more else time
    if len(reader.cameras) > 1:
        cameras = t("notification.cameras", count=len(reader.cameras))
        title = f"{cameras}: {t('day.photos', count=more + 1)}"
        return Text(title, f"{_some(reader.cameras, t)}; {last}", path)
    if is_old(event):
        title = f"{event.camera}: {t('notification.old', count=more + 1)}"
        return Text(title, f"{last}; {_lateness(event, reader)}", path)
    sentences = [t("notification.and_more", time=time, count=more) if more else time]
    if event.photo and event.photo.clock == "unsynced":
        sentences.append(t("day.uncertain"))
    elif event.arrived_at - event.at >= LATE:
        sentences.append(_lateness(event, reader))
    if event.is_of_unknown_sender:
        sentences.append(t("notification.unapproved"))
    return Text(_photo_title(event, t), "; ".join(sentences), path)


def _photo_title(event: Event, t: Translation) -> str:
    trigger = event.trigger if event.trigger in set(Trigger) else "unknown"
    title = f"{event.camera}: {t(f'notification.trigger.{trigger}')}"
    if found := [label_text(t, one) for one in event.labels if one != UNKNOWN.word]:
        labels = ", ".join(found[:MAX_LABELS])
        labels = f"{labels[:1].upper()}{labels[1:]}"
        title = t("notification.labels", labels=labels, camera=event.camera)
    is_clip = event.photo and event.photo.media is Media.MP4
    return t("notification.clip", title=title) if is_clip else title


def _lateness(event: Event, reader: Reader) -> str:
    minutes = max(1, (event.arrived_at - event.at) // _MINUTE)
    late = duration(reader.t, minutes * 60)
    key = "notification.late.offline" if reader.was_offline else "notification.late.waited"
    if event.photo and event.photo.clock == EXIF_CLOCK:  # no device that waits sent it
        key = "notification.late.sent"
    return reader.t(key, duration=late)


def _some(names: tuple[str, ...], t: Translation) -> str:
    """Return names as a list, of which a phone shows the beginning."""
    shown, others = ", ".join(names[:MAX_NAMES]), len(names) - MAX_NAMES
    return t("notification.names", names=shown, count=others) if others > 0 else shown


def _sign_in(event: Event, reader: Reader) -> Text:
    t, network, browser = reader.t, event.facts["network"], event.facts["browser"]
    if browser == OTHER_PROGRAM:
        browser = t("notification.another_program")
    network_key = "notification.network" if network else "notification.unknown_network"
    body = t(
        "notification.sign_in",
        time=reader.time(event.at),
        network=t(network_key, network=network),
        browser=browser,
    )
    return Text(t("notification.signed_in"), body, _GALLERY)


def _alert(alert: Alert, reader: Reader) -> Text:
    t, camera = reader.t, alert.name.camera
    if describe_kind := _OTHER_TEXTS.get(alert.kind):
        return describe_kind(alert, reader)
    reason = reason_text(alert, t, reader.zone)
    if alert.kind not in _PAGES:  # of a later version
        body = f"{reason} {t('notification.look_under_alerts')}"
        return Text(f"{camera}: {alert.kind}", body, _ALERTS)
    key = alert.kind.replace("-", "_")
    sentences = [reason, t(f"alerts.next.{key}", **COMMANDS)]
    if alert.kind in PHOTO_ALERTS:
        sentences.insert(0, t("notification.taken", time=reader.time(alert.name.captured_at)))
    title = f"{camera}: {t(f'alerts.what.{key}')}"
    return Text(title, " ".join(sentences), _PAGES[alert.kind])


def _silent(alert: Alert, reader: Reader) -> Text:
    t, (devices, title) = reader.t, _devices_and_title(alert, reader.t)
    body = t("notification.no_report", devices=devices)
    if time := _time(alert.details.get("since"), reader):
        body = t("notification.no_report_since", devices=devices, time=time)
    return Text(title, f"{body} {t('alerts.next.silent')}", _DEVICES)


def _back(alert: Alert, reader: Reader) -> Text:
    t, (devices, title) = reader.t, _devices_and_title(alert, reader.t)
    minutes, waiting = (_number(alert.details.get(name)) for name in ("minutes", "waiting"))
    sentences = [t("alerts.next.back")]
    if waiting:
        sentences.insert(0, t("notification.waiting", count=waiting))
    if minutes is not None:
        spent = duration(t, max(1, minutes) * 60)
        sentences.insert(0, t("notification.no_report_for", devices=devices, duration=spent))
    return Text(title, " ".join(sentences), _DEVICES)


def _devices_and_title(alert: Alert, t: Translation) -> tuple[str, str]:
    """Return the devices that an alert of a silence or its end names, and the title, which counts
    them if there are several."""
    names = devices_of(alert) or [alert.name.camera]
    devices = ", ".join(names)
    if len(names) > 1:
        return devices, t(f"notification.{alert.kind}", count=len(names))
    return devices, t(f"alerts.what.{alert.kind}", devices=devices)


def _unknown_device(alert: Alert, reader: Reader) -> Text:
    t, sentences = reader.t, [reason_text(alert, reader.t, reader.zone)]
    if fingerprint := alert.details.get("fingerprint"):
        sentences.append(t("notification.compare", fingerprint=fingerprint))
    sentences.append(t("notification.approve"))
    title = f"{alert.name.camera}: {t('alerts.what.unknown_device')}"
    return Text(title, " ".join(sentences), _DEVICES)


def _timer_stalled(alert: Alert, reader: Reader) -> Text:
    """Its reason says what to do, too."""
    return Text(
        reader.t("alerts.what.timer_stalled"), reason_text(alert, reader.t, reader.zone), _ALERTS
    )


def _undelivered(alert: Alert, reader: Reader) -> Text:
    t, is_of_person = reader.t, "person" in alert.details
    to_do = t("notification.test_it" if is_of_person else "notification.look_under_alerts")
    title, body = (
        f"Nightjar: {t('alerts.what.not_told')}",
        f"{reason_text(alert, t, reader.zone)} {to_do}",
    )
    return Text(title, body, _CHANNELS if is_of_person else _ALERTS)


_OTHER_TEXTS: Mapping[str, Callable[[Alert, Reader], Text]] = {
    SILENT: _silent,
    BACK: _back,
    TIMER_STALLED: _timer_stalled,
    UNKNOWN_DEVICE: _unknown_device,
    UNDELIVERED: _undelivered,
}


def devices_of(alert: Alert) -> list[str]:
    """Return the devices that an alert of a silence or its end names."""
    texts = [str(value) for name, value in alert.details.items() if name.startswith("devices")]
    return [one for text in texts for one in text.split(", ") if one]


def _time(text: Detail | None, reader: Reader) -> str:
    """Return a moment of an alert's details on the reader's clock; "" for what is none."""
    try:
        return reader.time(parse_time(str(text)))
    except ValueError:
        return ""


def _number(detail: Detail | None) -> int | None:
    """Return a number of an alert's details that is not below 0; None for what is none."""
    return detail if isinstance(detail, int) and detail >= 0 else None
