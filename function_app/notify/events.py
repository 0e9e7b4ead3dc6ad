"""What people may be told of: photos, alerts, and sign-ins of their own account."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from function_app.new_alerts import person_of
from function_app.services import Services
from function_app.storage.models import Photo, StoredAlert
from function_app.storage.notification_keys import event_id, unknown_event_id
from function_app.timer_watch import CAMERA as BACKEND
from photo_wire.alert import BACK, LOSS, MISSING, QUARANTINE, SILENT, Alert
from photo_wire.moment import format_time, parse_time
from photo_wire.name import parse_name

PHOTO = "photo"
SIGN_IN = "sign-in"  # of one person, and shown to nobody else
TEST = "test"  # of a message that a person sends to a place of theirs
JOINED_KINDS = (SILENT, BACK)  # one alert may name several devices
PHOTO_ALERTS = (LOSS, QUARANTINE, MISSING)  # of which each photo has one
UNKNOWN_SENDER = "unknown"  # in the reference of a photo


@dataclass(frozen=True, slots=True)
class Event:
    """A photo, an alert or a sign-in. `id` is unique. `kind` is PHOTO, SIGN_IN or the kind of an
    alert. `at` is when it happened, `arrived_at` when it came in. `reference` is what a delivery
    stores of it: little, since the rest is read when it is sent. `person` is whom it is about, if
    it is about a person's account or channel: then it is of no camera."""

    id: str
    kind: str
    camera: str
    at: datetime
    arrived_at: datetime
    reference: Mapping[str, str]
    photo: Photo | None = None
    stored: StoredAlert | None = None
    person: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def trigger(self) -> str:
        """Why a photo was taken; "" if its device did not say so."""
        return (self.photo.trigger or "") if self.photo else ""

    @property
    def labels(self) -> tuple[str, ...]:
        """What its device's model found in a photo, what it is surest of first."""
        found = self.photo.labels if self.photo else ()
        return tuple(dict.fromkeys(one.word for one in sorted(found, key=lambda one: -one.score)))

    @property
    def is_of_unknown_sender(self) -> bool:
        """Whether somebody else than the camera's device may have sent the photo."""
        return bool(self.photo and self.photo.sender and self.photo.sender.is_unknown)

    def alert_for(self, sees_all: bool) -> Alert | None:
        """Return the alert as the list of somebody shows it who sees all cameras, or who does
        not."""
        if self.stored is None:
            return None
        return self.stored.together if sees_all and self.stored.together else self.stored.alert


def photo_event(photo: Photo) -> Event:
    """Return the event that a photo came in. That of an unknown sender has another id: the photo
    of the camera's device may take its name (ingest/displacement.py), and is told, too."""
    name = photo.name
    reference = {"kind": PHOTO, "id": str(name)}
    if photo.sender and photo.sender.is_unknown:
        reference["sender"] = UNKNOWN_SENDER
    return Event(
        id_of_reference(reference),
        PHOTO,
        name.camera,
        name.captured_at,
        photo.received_at,
        reference,
        photo,
    )


def id_of_reference(reference: Mapping[str, str]) -> str:
    """Return the id of the event of a photo or an alert that a delivery refers to."""
    if reference.get("sender") == UNKNOWN_SENDER:
        return unknown_event_id(reference["id"])
    return event_id(reference["id"], reference.get("alert"))


def alert_event(stored: StoredAlert) -> Event:
    """Return the event that an alert came in."""
    alert = stored.alert
    name, kind = alert.name, alert.kind
    reference = {"kind": "alert", "id": str(name), "alert": kind}
    if person := person_of(alert):
        reference["person"] = person
    return Event(
        event_id(str(name), kind),
        kind,
        name.camera,
        name.captured_at,
        stored.received_at,
        reference,
        stored=stored,
        person=person,
    )


def sign_in_event(person: str, network: str, browser: str, at: datetime) -> Event:
    """Return the event that somebody signed in as this person from a new place: a network (""
    if it is not known) and the family of a browser."""
    facts = {"network": network, "browser": browser, "at": format_time(at)}
    digest = hashlib.sha256(json.dumps([person, facts]).encode()).hexdigest()[:16]
    reference = {"kind": SIGN_IN, "person": person, **facts}
    return Event(
        event_id(SIGN_IN, digest), SIGN_IN, BACKEND, at, at, reference, person=person, facts=facts
    )


def find_event(reference: Mapping[str, Any], services: Services) -> Event | None:
    """Return the event that a delivery refers to; None if it is no more: the photo was deleted,
    or the alert was taken back. Alerts of unknown senders are none. At most two requests. Raises
    StorageUnavailableError, and KeyError or ValueError for a reference that was not written
    here."""
    match reference["kind"]:
        case "photo":
            photo = services.index.get(parse_name(reference["id"]))
            if photo is None:
                return None
            event = photo_event(photo)
            if "sender" in reference and not event.is_of_unknown_sender:
                return None  # that of the device has taken its name, and is told by itself
            return event
        case "alert":
            stored = services.alerts.find(parse_name(reference["id"]), reference["alert"])
            return alert_event(stored) if stored and not stored.is_taken_back else None
        case _:
            return sign_in_event(
                reference["person"],
                reference["network"],
                reference["browser"],
                parse_time(reference["at"]),
            )
