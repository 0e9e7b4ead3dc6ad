"""An alert: something a person should know, told by a device, such as the loss of a photo.

A device sends up to 100 at once to `POST /api/alerts`, as `{"alerts": [...]}`. Each has an id of
the form of a photo's name, which says when and where; sent again under the same id and kind it is
kept once. The alert of a loss has the lost photo's own id: one name from the camera to the record.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from photo_wire.errors import WireError, quoted
from photo_wire.name import PhotoName, parse_name

ALERTS_PATH = "/api/alerts"
MAX_AT_ONCE = 100
LOSS = "loss"
QUARANTINE = "quarantine"  # a photo was set aside on its device, and waits there for a person
SPOOL_FILLING = "spool-filling"  # photos wait, and soon there is no room for more
MISSING = "missing"  # a photo was stored, and its bytes are gone
DISK = "disk"  # the device's disk takes no photo, or hides some
CLOCK = "clock"  # the times of photos cannot be believed

MAX_REASON = 300  # characters
MAX_DETAILS = 20
MAX_DETAILS_LENGTH = 32_000  # letters of JSON, as UTF-16 counts them: a row takes 32 * 1024
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,31}")

Detail = str | int


def check_kind(kind: str) -> None:
    """Return if this can be an alert's kind. Raises WireError."""
    if not _WORD.fullmatch(kind):
        raise WireError("kind", f"{quoted(kind)} is not a word of a-z, 0-9, - and _")


@dataclass(frozen=True, slots=True)
class Alert:
    """`kind` is a word: one of the above, and others later. `reason` is a short sentence or word.
    `details` are further facts by name."""

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
        for word, value in self.details.items():
            if not _WORD.fullmatch(word):
                raise WireError("details", f"{quoted(word)} is not a word of a-z, 0-9, - and _")
            if isinstance(value, str) and len(value) > MAX_REASON:
                raise WireError(f"details.{word}", f"is longer than {MAX_REASON} characters")
            if isinstance(value, int) and not -(2**53) < value < 2**53:
                raise WireError(f"details.{word}", "is no number that every JSON reader can hold")
        if _letters(json.dumps(dict(self.details), ensure_ascii=False)) > MAX_DETAILS_LENGTH:
            raise WireError("details", f"are longer than {MAX_DETAILS_LENGTH} letters as JSON")

    def to_properties(self) -> dict[str, Any]:
        """The alert as a JSON object."""
        return {
            "id": str(self.name),
            "kind": self.kind,
            "reason": self.reason,
            "details": dict(self.details),
        }


def alerts_to_json(alerts: list[Alert]) -> bytes:
    """The body of `POST /api/alerts`."""
    return json.dumps({"alerts": [alert.to_properties() for alert in alerts]}).encode()


def parse_alerts(body: bytes) -> list[Alert]:
    """The alerts in such a body: up to 100; with none a device tries its key. Raises WireError,
    naming the member that is wrong."""
    said = _json_object(body, "alerts")
    alerts = said.get("alerts")
    if not isinstance(alerts, list) or len(alerts) > MAX_AT_ONCE:
        raise WireError("alerts", f"is not a list of at most {MAX_AT_ONCE} alerts")
    return [_parse_alert(alert, f"alerts[{place}]") for place, alert in enumerate(alerts)]


def _parse_alert(said: Any, where: str) -> Alert:
    if not isinstance(said, dict):
        raise WireError(where, "is not a JSON object")
    details = said.get("details", {})
    if not isinstance(details, dict) or not all(_is_detail(value) for value in details.values()):
        raise WireError(f"{where}.details", "is not an object of texts and whole numbers")
    texts = {}
    for member in ("id", "kind", "reason"):
        value = said.get(member)
        if not isinstance(value, str):
            raise WireError(f"{where}.{member}", "is missing or not a text")
        texts[member] = value
    try:
        return Alert(parse_name(texts["id"], "id"), texts["kind"], texts["reason"], details)
    except WireError as error:
        raise WireError(f"{where}.{error.field}", error.problem) from None


def _letters(text: str) -> int:
    try:
        return len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        raise WireError("details", "hold half a surrogate pair, which is no text") from None


def _is_detail(value: object) -> bool:
    return isinstance(value, str) or type(value) is int


@dataclass(frozen=True, slots=True)
class AlertsReceipt:
    """What the backend answers: the ids of the alerts that are on record, and of the losses that
    are none, because the photo is stored after all."""

    recorded: frozenset[str]
    stored: frozenset[str]

    def to_json(self) -> bytes:
        lists = {"recorded": sorted(self.recorded), "stored": sorted(self.stored)}
        return json.dumps(lists).encode()


def parse_alerts_receipt(body: bytes) -> AlertsReceipt:
    """The receipt in a reply's body. Raises WireError for anything that is none."""
    said = _json_object(body, "receipt")
    lists = []
    for member in ("recorded", "stored"):
        ids = said.get(member)
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise WireError(f"receipt.{member}", "is not a list of ids")
        lists.append(frozenset(ids))
    return AlertsReceipt(*lists)


def _json_object(body: bytes, field: str) -> dict[str, Any]:
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError(field, "the body is not JSON") from None
    if not isinstance(said, dict):
        raise WireError(field, "the body is not a JSON object")
    return said
