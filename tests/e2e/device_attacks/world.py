"""A backend that knows two devices with keys of their own, and requests as a thief sends them."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from photo_wire.alert import ALERTS_PATH, LOSS, Alert, alerts_to_json
from photo_wire.headers import UPLOAD_PATH
from photo_wire.heartbeat import Heartbeat, heartbeat_path
from photo_wire.known import KNOWN_PATH, ids_to_json
from photo_wire.name import PhotoName, new_name
from tests.support.api import MOMENT, Api
from tests.support.pictures import jpeg
from tests.support.signing_device import SigningDevice

OLD_KEY = "the-key-that-azure-made-up-for-all"
RANDOM = "0123456789abcdef" * 4  # after the name in the function key of each device
PICTURE = jpeg(seed=1)


@dataclass(frozen=True)
class Sent:
    """A request, as somebody who reads along would record it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def fields(self) -> Any:
        return json.loads(self.body)


@dataclass
class World:
    """A backend that knows the device `gate`, which has said that 7 photos wait, and `yard`."""

    api: Api
    gate: SigningDevice
    yard: SigningDevice
    count: int = 0

    @property
    def camera(self) -> str:
        return self.gate.name

    def new_photo(self, camera: str = "") -> PhotoName:
        self.count += 1
        return new_name(camera or self.camera, MOMENT + timedelta(seconds=self.count))

    def send(self, request: Sent, *more: tuple[str, str]) -> Answer:
        """Send a request as it is; `more` headers may have names that it has already."""
        connection = http.client.HTTPConnection("127.0.0.1", self.api.backend.port, timeout=90)
        connection.putrequest(request.method, request.target, skip_accept_encoding=True)
        for name, value in [*request.headers.items(), *more]:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        response = connection.getresponse()
        answer = Answer(response.status, response.read())
        connection.close()
        return answer

    def photo(self, name: object, key: str, **more: str) -> Sent:
        headers = {"x-functions-key": key, "Content-Type": "image/jpeg", "X-Photo-Id": str(name)}
        return Sent("PUT", UPLOAD_PATH, {**headers, **more}, PICTURE)

    def alert(self, name: PhotoName, key: str, kind: str = LOSS, **more: str) -> Sent:
        body = alerts_to_json([Alert(name, kind, "no-room")])
        headers = {"x-functions-key": key, "Content-Type": "application/json"}
        return Sent("POST", ALERTS_PATH, {**headers, **more}, body)

    def known(self, name: PhotoName, key: str) -> Sent:
        headers = {"x-functions-key": key, "Content-Type": "application/json"}
        return Sent("POST", KNOWN_PATH, headers, ids_to_json([str(name)]))

    def heartbeat(self, key: str, version: str) -> Sent:
        """Return a heartbeat that says so of the device, and that it would be silent for a day."""
        body = Heartbeat(version=version, interval=86_400).to_json()
        return Sent("POST", heartbeat_path(self.camera), {"x-functions-key": key}, body)

    @property
    def version(self) -> str:
        """What the device last said in a heartbeat."""
        reply = self.api.read(f"/api/devices/{self.camera}")
        assert reply.status_code == 200, reply.text
        version: str = reply.json()["version"]
        return version

    @property
    def key(self) -> str:
        """The function key of the device."""
        return f"{self.camera}.{RANDOM}"

    def of(self, name: PhotoName) -> Any:
        """Return what the API says of a photo."""
        reply = self.api.read(f"/api/photos/{name}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def report_waiting(self, count: int) -> None:
        """Have the device say how many photos wait."""
        photo = self.photo(self.new_photo(), self.key, **{"X-Waiting": str(count)})
        assert self.send(signed(self.gate, photo)).status == 201

    @property
    def waiting(self) -> int | None:
        shown = self.api.read("/api/cameras").json()["cameras"]
        (camera,) = (one for one in shown if one["camera"] == self.camera)
        count: int | None = camera["waiting"]
        return count

    def alerts(self, kind: str = "") -> list[Any]:
        reply = self.api.read(f"/api/alerts?camera={self.camera}&limit=200")
        found: list[Any] = reply.json()["alerts"]
        return [one for one in found if kind in ("", one["kind"])]

    @property
    def losses(self) -> int:
        count: int = self.api.read_counts(f"/api/stats?camera={self.camera}")["losses"]
        return count

    @property
    def keys(self) -> Any:
        admin = {"Authorization": f"Bearer {self.api.backend.admin_token}"}
        reply = self.api.ask(f"/api/devices/{self.camera}/keys", admin)
        assert reply.status_code == 200, reply.text
        return reply.json()


def signed(device: SigningDevice, request: Sent) -> Sent:
    headers = device.sign(request.method, request.target, request.body, request.headers)
    return replace(request, headers={**request.headers, **headers})
