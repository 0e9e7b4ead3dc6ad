"""An alert: a device's report of something that a person should know, such as a lost photo.

A device sends up to 100 at once to `POST /api/alerts`, as `{"alerts": [...]}`. Each has an id in
the form of a photo's name, which tells when and where. Sent again with the same id and kind, it is
stored once. The alert of a loss has the lost photo's own id: one name from the camera to the
record.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from photo_wire.errors import WireError, parse_json_object, quoted
from photo_wire.name import PhotoName, parse_name

ALERTS_PATH = "/api/alerts"
MAX_ALERTS = 100  # in a request
LOSS = "loss"
QUARANTINE = "quarantine"  # a photo waits in its device's quarantine for a person
SPOOL_FILLING = "spool-filling"  # waiting photos have used up most of their room
MISSING = "missing"  # a photo was stored, and its bytes are gone
DISK = "disk"  # the device's disk takes no photo, or hides some
CLOCK = "clock"  # the times of photos are wrong
SILENT = "silent"  # the backend hears nothing of a device; the backend raises it
BACK = "back"  # it does again
UNDELIVERED = "not-told"  # people could not be told of something; the backend raises it

MAX_REASON = 300  # characters
MAX_DETAILS = 20
MAX_DETAILS_LENGTH = 32_000  # UTF-16 code units of JSON: a row can hold 32 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")

Detail = str | int


def check_kind(kind: str) -> None:
    """Raise WireError if this cannot be an alert's kind."""
    if not _NAME.fullmatch(kind):
        raise WireError("kind", f"{quoted(kind)} is not a word of a-z, 0-9, - and _")


@dataclass(frozen=True, slots=True)
class Alert:
    """`kind` is one of the above; later versions may have others. `reason` is a word or a short
    sentence. `details` are further facts by name. Raises WireError for values that break the rules
    of the wire."""

    name: PhotoName
    kind: str
    reason: str
    details: Mapping[str, Detail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_kind(self.kind)
        if not 1 <= len(self.reason) <= MAX_REASON or not self.reason.isprintable():
            raise WireError("reason", f"is not a text of 1 to {MAX_REASON} characters")
        if len(self.details) > MAX_DETAILS:
            raise WireError("details", f"are more than {MAX_DETAILS}")
        for name, value in self.details.items():
            if not _NAME.fullmatch(name):
                raise WireError("details", f"{quoted(name)} is not a word of a-z, 0-9, - and _")
            if isinstance(value, str) and len(value) > MAX_REASON:
                raise WireError(f"details.{name}", f"is longer than {MAX_REASON} characters")
            if isinstance(value, int) and not -(2**53) < value < 2**53:
                raise WireError(f"details.{name}", "is not between -2^53 and 2^53")
        if _utf16_length(json.dumps(dict(self.details), ensure_ascii=False)) > MAX_DETAILS_LENGTH:
            raise WireError(
                "details", f"are longer than {MAX_DETAILS_LENGTH} UTF-16 code units of JSON"
            )

    def to_properties(self) -> dict[str, Any]:
        """Return the alert as a JSON object."""
        return {
            "id": str(self.name),
            "kind": self.kind,
            "reason": self.reason,
            "details": dict(self.details),
        }


def alerts_to_json(alerts: list[Alert]) -> bytes:
    """Return the body of `POST /api/alerts`."""
    return json.dumps({"alerts": [alert.to_properties() for alert in alerts]}).encode()


def parse_alerts(body: bytes) -> list[Alert]:
    """Return the alerts in the body of `POST /api/alerts`: up to 100, or none from a device that
    tries its key. Raises WireError, naming the member that is wrong."""
    alerts = parse_json_object(body, "alerts").get("alerts")
    if not isinstance(alerts, list) or len(alerts) > MAX_ALERTS:
        raise WireError("alerts", f"is not a list of at most {MAX_ALERTS} alerts")
    return [_parse_alert(alert, f"alerts[{index}]") for index, alert in enumerate(alerts)]


def _parse_alert(members: Any, where: str) -> Alert:
    if not isinstance(members, dict):
        raise WireError(where, "is not a JSON object")
    details = members.get("details", {})
    if not isinstance(details, dict) or not all(_is_detail(value) for value in details.values()):
        raise WireError(f"{where}.details", "is not an object of texts and whole numbers")
    texts = {}
    for member in ("id", "kind", "reason"):
        value = members.get(member)
        if not isinstance(value, str):
            raise WireError(f"{where}.{member}", "is missing or not a text")
        texts[member] = value
    try:
        return Alert(parse_name(texts["id"], "id"), texts["kind"], texts["reason"], details)
    except WireError as error:
        raise WireError(f"{where}.{error.field}", error.problem) from None


def _utf16_length(text: str) -> int:
    try:
        return len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        raise WireError("details", "hold half a surrogate pair, which is not text") from None


def _is_detail(value: object) -> bool:
    return isinstance(value, str) or type(value) is int


@dataclass(frozen=True, slots=True)
class AlertsReceipt:
    """The backend's response: the ids of the alerts that it has recorded, and of reported losses
    that are none, because the photo is stored after all."""

    recorded: frozenset[str]
    stored: frozenset[str]

    def to_json(self) -> bytes:
        lists = {"recorded": sorted(self.recorded), "stored": sorted(self.stored)}
        return json.dumps(lists).encode()


def parse_alerts_receipt(body: bytes) -> AlertsReceipt:
    """Return the receipt in a response's body. Raises WireError for anything else."""
    members = parse_json_object(body, "receipt")
    lists = []
    for member in ("recorded", "stored"):
        ids = members.get(member)
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise WireError(f"receipt.{member}", "is not a list of ids")
        lists.append(frozenset(ids))
    return AlertsReceipt(*lists)
