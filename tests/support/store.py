"""What the fault server stores, and how a backend in order responds."""

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
class Response:
    """An HTTP response. `to_bytes` adds Content-Length, and the Date unless `headers` has one."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        headers = {
            "Date": format_datetime(datetime.now(UTC), usegmt=True),
            "Content-Length": str(len(self.body)),
            **self.headers,
        }
        status_line = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n"
        lines = "".join(f"{header}: {value}\r\n" for header, value in headers.items())
        return f"{status_line}{lines}\r\n".encode() + self.body


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem response, in the form of the backend's."""
    body = Problem(status, detail).to_json().encode()
    return Response(status, body, {"Content-Type": PROBLEM_TYPE, **(headers or {})})


@dataclass(frozen=True)
class Request:
    """The part of a request before its body. `headers` ignores case."""

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
    """A photo that is stored, once. `deliveries` counts how often its bytes came under its id."""

    receipt: Receipt
    deliveries: int = 1


class Store:
    """Photos and alerts by id. A photo without an id gets one, as from the backend."""

    def __init__(self) -> None:
        self.photos: dict[str, Stored] = {}
        self.alerts: dict[str, Alert] = {}
        self.conflicts = 0
        self.deleted: set[str] = set()  # ids of photos that a person or retention deleted
        self.supports_known = True  # an old backend does not
        self._lock = threading.Lock()

    @property
    def repeats(self) -> int:
        """The number of deliveries of photos that were stored already."""
        return sum(stored.deliveries - 1 for stored in self.photos.values())

    @property
    def duplicates(self) -> int:
        """The number of photos whose bytes are stored under another id, too."""
        return len(self.photos) - len({one.receipt.sha256 for one in self.photos.values()})

    def handle(self, request: Request, body: bytes) -> Response:
        """Return the backend's response to this request. A photo or an alert is stored; anything
        else gets a problem."""
        endpoint = (request.method, request.path.partition("?")[0])
        if endpoint == ("PUT", UPLOAD_PATH):
            return self._store_photo(request.headers, body)
        if endpoint == ("POST", ALERTS_PATH):
            return self._store_alerts(body)
        if endpoint == ("POST", KNOWN_PATH) and self.supports_known:
            ids = set(json.loads(body)["ids"])
            known = ids & (self.photos.keys() | self.deleted)
            lists = {"known": sorted(known), "missing": sorted(ids - known)}
            return Response(200, json.dumps(lists).encode(), JSON)
        return problem(404, "There is nothing here.")

    def _store_alerts(self, body: bytes) -> Response:
        try:
            alerts = parse_alerts(body)
        except WireError as error:
            return problem(400, str(error))
        with self._lock:
            arrived = {str(one.name) for one in alerts if one.kind == LOSS} & self.photos.keys()
            recorded = {str(one.name): one for one in alerts if str(one.name) not in arrived}
            self.alerts.update(recorded)
        receipt = AlertsReceipt(frozenset(recorded), frozenset(arrived))
        return Response(200, receipt.to_json(), JSON)

    def _store_photo(self, headers: Mapping[str, str], body: bytes) -> Response:
        try:
            photo = parse_headers(headers)
        except WireError as error:
            return problem(400, str(error))
        if not body:
            return problem(411, "The photo is empty.")
        if photo.sha256 not in (None, hashlib.sha256(body).hexdigest()):
            return problem(422, "These are not the bytes that Content-Digest tells of.")
        receipt = receipt_for(photo, body)
        with self._lock:
            stored = self.photos.setdefault(str(receipt.name), Stored(receipt, deliveries=0))
            if (stored.receipt.sha256, stored.receipt.size) != (receipt.sha256, receipt.size):
                self.conflicts += 1
                return problem(409, "Other bytes are stored under this id.")
            stored.deliveries += 1
            return with_receipt(201 if stored.deliveries == 1 else 200, stored.receipt)


def receipt_for(photo: PhotoHeaders, body: bytes) -> Receipt:
    """Return the receipt for storing these bytes."""
    name = photo.name or new_name(photo.camera or "camera", datetime.now(UTC))
    return Receipt(name, hashlib.sha256(body).hexdigest(), len(body), datetime.now(UTC))


def with_receipt(status: int, receipt: Receipt) -> Response:
    """Return a response with this receipt."""
    return Response(status, receipt.to_json().encode(), JSON)
