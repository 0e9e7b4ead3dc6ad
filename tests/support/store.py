"""What the fault server keeps, and the replies of a backend in order."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from photo_wire.alert import ALERTS_PATH, LOSS, Alert, AlertsReceipt, parse_alerts
from photo_wire.errors import WireError
from photo_wire.headers import PHOTO_ID, UPLOAD_PATH, PhotoHeaders, parse_headers
from photo_wire.known import KNOWN_PATH
from photo_wire.name import new_name
from photo_wire.problem import PROBLEM_TYPE, Problem
from photo_wire.receipt import Receipt

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Reply:
    """An HTTP reply. Content-Length, and a right Date unless `headers` has one, are added."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        headers = {
            "Date": format_datetime(datetime.now(UTC), usegmt=True),
            "Content-Length": str(len(self.body)),
            **self.headers,
        }
        first = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n"
        lines = "".join(f"{header}: {value}\r\n" for header, value in headers.items())
        return f"{first}{lines}\r\n".encode() + self.body


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Reply:
    """A refusal as the backend words it."""
    body = Problem(status, detail).to_json().encode()
    return Reply(status, body, {"Content-Type": PROBLEM_TYPE, **(headers or {})})


@dataclass(frozen=True)
class Request:
    """What came before the body. `headers` can be asked in any case."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def photo_id(self) -> str | None:
        return self.headers.get(PHOTO_ID)

    @property
    def content_length(self) -> int:
        return int(self.headers.get("Content-Length", 0))


@dataclass
class Stored:
    """A photo that was stored: once, whatever came after. `times` counts how often these bytes
    came in whole under this id."""

    receipt: Receipt
    times: int = 1


class Store:
    """Photos and alerts by their id. A photo without an id gets one, as from the backend."""

    def __init__(self) -> None:
        self.photos: dict[str, Stored] = {}
        self.alerts: dict[str, Alert] = {}
        self.conflicts = 0
        self.deleted: set[str] = set()  # ids of photos that a person or retention deleted
        self.answers_known = True  # an older backend does not
        self._lock = threading.Lock()

    @property
    def repeats(self) -> int:
        """How many deliveries brought a photo that was stored already."""
        return sum(stored.times - 1 for stored in self.photos.values())

    @property
    def duplicates(self) -> int:
        """How many photos are stored whose bytes are stored under another id too."""
        return len(self.photos) - len({one.receipt.sha256 for one in self.photos.values()})

    def take(self, request: Request, body: bytes) -> Reply:
        """What the backend would reply to this request: a photo or an alert is kept, everything
        else refused with a problem."""
        asked = (request.method, request.path.partition("?")[0])
        if asked == ("PUT", UPLOAD_PATH):
            return self._take_photo(request.headers, body)
        if asked == ("POST", ALERTS_PATH):
            return self._take_alerts(body)
        if asked == ("POST", KNOWN_PATH) and self.answers_known:
            ids = set(json.loads(body)["ids"])
            known = ids & (self.photos.keys() | self.deleted)
            lists = {"known": sorted(known), "missing": sorted(ids - known)}
            return Reply(200, json.dumps(lists).encode(), JSON)
        return problem(404, "There is nothing here.")

    def _take_alerts(self, body: bytes) -> Reply:
        try:
            alerts = parse_alerts(body)
        except WireError as error:
            return problem(400, str(error))
        with self._lock:
            arrived = {str(one.name) for one in alerts if one.kind == LOSS} & self.photos.keys()
            recorded = {str(one.name): one for one in alerts if str(one.name) not in arrived}
            self.alerts.update(recorded)
        receipt = AlertsReceipt(frozenset(recorded), frozenset(arrived))
        return Reply(200, receipt.to_json(), JSON)

    def _take_photo(self, headers: Mapping[str, str], body: bytes) -> Reply:
        try:
            said = parse_headers(headers)
        except WireError as error:
            return problem(400, str(error))
        if not body:
            return problem(411, "The photo is empty.")
        if said.sha256 not in (None, hashlib.sha256(body).hexdigest()):
            return problem(422, "These are not the bytes that Content-Digest tells of.")
        receipt = receipt_for(said, body)
        with self._lock:
            stored = self.photos.setdefault(str(receipt.name), Stored(receipt, times=0))
            if (stored.receipt.sha256, stored.receipt.size) != (receipt.sha256, receipt.size):
                self.conflicts += 1
                return problem(409, "Other bytes are stored under this id.")
            stored.times += 1
            return with_receipt(201 if stored.times == 1 else 200, stored.receipt)


def receipt_for(said: PhotoHeaders, body: bytes) -> Receipt:
    """The receipt that storing these bytes would earn."""
    name = said.name or new_name(said.camera or "camera", datetime.now(UTC))
    return Receipt(name, hashlib.sha256(body).hexdigest(), len(body), datetime.now(UTC))


def with_receipt(status: int, receipt: Receipt) -> Reply:
    return Reply(status, receipt.to_json().encode(), JSON)
