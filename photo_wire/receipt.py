"""The receipt: the backend's proof of what it stored. Only this lets a photo leave the spool."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from photo_wire.errors import WireError, parse_json_object, quoted
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, parse_name

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """`sha256` (hex) and `size` (bytes) are those of the bytes that the backend has stored."""

    name: PhotoName
    sha256: str
    size: int
    received_at: datetime

    def to_json(self) -> str:
        return json.dumps(
            {
                "id": str(self.name),
                "camera": self.name.camera,
                "sha256": self.sha256,
                "size": self.size,
                "captured_at": format_time(self.name.captured_at),
                "received_at": format_time(self.received_at),
            }
        )

    def confirms(self, name: PhotoName, sha256: str, size: int) -> bool:
        """Return whether these bytes are stored under this name."""
        return (self.name, self.sha256, self.size) == (name, sha256, size)


def parse_receipt(body: bytes) -> Receipt:
    """Return the receipt in a response's body. Unknown members are ignored, so that a newer backend
    may add some. Raises WireError for anything else, such as the page of a captive portal."""
    members = parse_json_object(body, "receipt")
    name = parse_name(_text(members, "id"), "receipt.id")
    receipt = Receipt(
        name=name,
        sha256=_text(members, "sha256"),
        size=members["size"] if type(members.get("size")) is int else -1,
        received_at=parse_time(_text(members, "received_at"), "receipt.received_at"),
    )
    if not _SHA256.fullmatch(receipt.sha256):
        raise WireError("receipt.sha256", f"{quoted(receipt.sha256)} is not 64 hex digits")
    if receipt.size < 0:
        raise WireError("receipt.size", "is not a number of bytes")
    captured_at = parse_time(_text(members, "captured_at"), "receipt.captured_at")
    if (_text(members, "camera"), captured_at) != (name.camera, name.captured_at):
        raise WireError("receipt", f"camera and captured_at are not those of {name}")
    return receipt


def _text(members: dict[str, Any], member: str) -> str:
    value = members.get(member)
    if not isinstance(value, str):
        raise WireError(f"receipt.{member}", "is missing or not a text")
    return value
