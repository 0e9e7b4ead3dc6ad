"""What a timer does for the queue of notifications: put what the queue did not take, and report
what could not be handled."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from function_app.notification_queue.messages import (
    AlertMessage,
    Message,
    PhotoMessage,
    parse_message,
)
from function_app.services import Services
from function_app.storage.models import StoredAlert
from photo_wire.alert import UNDELIVERED, Alert, Detail
from photo_wire.errors import WireError, printable
from photo_wire.moment import to_milliseconds
from photo_wire.name import PhotoName, new_name

CAMERA = "backend"  # of alerts about messages that are of no camera
_BATCH = 32
_HIDDEN = timedelta(minutes=5)  # until another run reports what this one could not

log = logging.getLogger(__name__)


def tend_queue(services: Services, now: datetime) -> None:
    """Put the messages that wait in the table, and report those in the poison queue. Without a
    channel do nothing; else two requests if there is nothing to do. Raises
    StorageUnavailableError."""
    if not services.notifier.has_channels(now):
        return
    try:
        if count := services.notifier.requeue(now):
            log.warning("notifications: put %d messages that the queue did not take before", count)
    finally:
        services.notifier.report_lost(now)
        report_poison(services, now)


def report_poison(services: Services, now: datetime) -> None:
    """Raise an alert for each camera of which something could not be handled, and remove the
    messages. Other runs report those beyond the first 32."""
    received = services.poison.receive(_BATCH, _HIDDEN)
    subjects: dict[str, list[PhotoName]] = {}
    for one in received:
        log.error("notifications: a message could not be handled: %s", printable(one.text))
        if name := _subject(one.text, now):
            subjects.setdefault(name.camera, []).append(name)
    if subjects:
        services.alerts.add([_alert(names, now) for names in subjects.values()])
    for one in received:
        services.poison.remove(one)


def _subject(text: str, now: datetime) -> PhotoName | None:
    """Return what a message tells of, as the id of an alert; None if an alert of it would be told
    of by the same way, which failed."""
    message: Message | None
    try:
        message = parse_message(text)
    except WireError:
        message = None
    match message:
        case PhotoMessage(name, _):
            return name
        case AlertMessage(name, kind, _):
            return None if kind == UNDELIVERED else name
    # A channel is named by its id, which means nothing to people: one alert an hour for each.
    hour = now.replace(minute=0, second=0, microsecond=0)
    return new_name(CAMERA, hour, hashlib.sha256(text.encode()).hexdigest()[:8])


def _alert(names: Sequence[PhotoName], now: datetime) -> StoredAlert:
    first = names[0]
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    what = (
        "some deliveries are late or lost"
        if first.camera == CAMERA
        else f"nobody was told of {first}{others}"
    )
    reason = f"{what}: the notification failed five times; the app's log says why"
    details: dict[str, Detail] = {"count": len(names), "first": str(first)}
    return StoredAlert(Alert(first, UNDELIVERED, reason, details), to_milliseconds(now))
