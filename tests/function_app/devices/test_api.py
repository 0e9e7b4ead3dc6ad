"""Devices and their cameras over HTTP: signed heartbeats arrive, and people read them."""

import json
from typing import Any

import pytest
import requests

from photo_wire.camera_state import CameraState, PinState
from photo_wire.headers import FUNCTION_KEY, HEARTBEAT
from photo_wire.heartbeat import Heartbeat, heartbeat_path
from photo_wire.heartbeat_reply import HEARTBEAT_REPLY, parse_reply
from tests.support.api import Api, name_of, new_camera, photo_headers
from tests.support.devices import heartbeat
from tests.support.pictures import jpeg
from tests.support.signing_device import SigningDevice


@pytest.fixture
def device() -> SigningDevice:
    return SigningDevice(new_camera())


def send(api: Api, device: SigningDevice, body: bytes, path: str = "") -> requests.Response:
    """Send a signed heartbeat."""
    path = path or heartbeat_path(device.name)
    return post(api, path, body, device.sign("POST", path, body))


def post(api: Api, path: str, body: bytes, headers: dict[str, str]) -> requests.Response:
    key = {FUNCTION_KEY: api.backend.function_key}
    return api.ask(path, {**key, **headers}, "POST", data=body)


def read(api: Api, path: str) -> Any:
    reply = api.read(path)
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.fixture
def sent(api: Api, device: SigningDevice) -> Heartbeat:
    """A heartbeat that arrived."""
    camera = CameraState(armed=True, pins=(PinState(17, "pir_pin", is_active=False),))
    one = heartbeat(cameras={device.name: camera}, temperature=48.2)
    reply = send(api, device, one.to_json())
    assert reply.status_code == 200, reply.text
    assert parse_reply(reply.content).link is not None
    return one


def test_a_heartbeat_is_shown(api: Api, device: SigningDevice, sent: Heartbeat) -> None:
    name = device.name
    shown = read(api, f"/api/devices/{name}")
    assert shown["temperature"] == 48.2
    assert shown in read(api, "/api/devices")["devices"]
    status = read(api, f"/api/cameras/{name}/status")
    assert (status["state"], status["device"]) == ("ready", name)
    pins = read(api, f"/api/devices/{name}/pins")["pins"]
    assert pins == [{"camera": name, "number": 17, "use": "pir_pin", "is_active": False}]
    (hour,) = read(api, f"/api/devices/{name}/history?from=2026-01-01T00:00:00Z")["hours"]
    assert (hour["temperature"], hour["waiting"]) == (48.2, None)


def test_an_upload_carries_one(api: Api, device: SigningDevice) -> None:
    body, carried = jpeg(), heartbeat(device.name).to_header()
    assert carried is not None
    described = {**photo_headers(name_of(device.name)), HEARTBEAT: carried}
    described["Content-Type"] = "image/jpeg"
    reply = api.put(body, device.sign("PUT", "/api/camera/photo", body, described))
    assert reply.status_code == 201, reply.text
    assert parse_reply(reply.headers[HEARTBEAT_REPLY].encode()).link is not None
    assert read(api, f"/api/cameras/{device.name}/status")["state"] == "ready"


def test_a_device_that_has_only_a_key_is_listed(api: Api, device: SigningDevice) -> None:
    """Its state is unknown, as that of its camera. Nobody else learns of it."""
    name = device.name
    described = photo_headers(name_of(name)) | {"Content-Type": "image/jpeg"}
    body = jpeg()
    signed = device.sign("PUT", "/api/camera/photo", body, described)
    assert api.put(body, described | signed).status_code == 201
    shown = read(api, f"/api/devices/{name}")
    assert (shown["state"], shown["received_at"], shown["needs_decision"]) == (
        "unknown",
        None,
        None,
    )
    assert [one["camera"] for one in shown["cameras"]] == [name]
    assert shown in read(api, "/api/devices")["devices"]
    assert api.read(f"/api/devices/{name}/pins").status_code == 404
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    for camera, count in ((name, 1), (new_camera(), 0)):
        token = {"name": new_camera(), "scopes": ["read"], "cameras": [camera]}
        made = api.ask("/api/tokens", admin, "POST", json=token).json()["token"]
        bearer = {"Authorization": f"Bearer {made}"}
        assert len(api.ask("/api/devices", bearer).json()["devices"]) == count
        assert api.ask(f"/api/devices/{name}", bearer).status_code == (200 if count else 404)


def test_a_key_that_waits_needs_a_decision(
    api: Api, device: SigningDevice, sent: Heartbeat
) -> None:
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    for needs_decision in (False, True):
        shown = api.ask(f"/api/devices/{device.name}", admin).json()
        assert shown["needs_decision"] is needs_decision
        assert shown in api.ask("/api/devices", admin).json()["devices"]
        assert send(api, SigningDevice(device.name), sent.to_json()).status_code == 202


def test_who_may_not_send_one(api: Api, device: SigningDevice, sent: Heartbeat) -> None:
    """Nobody without the device's key."""
    body, path = sent.to_json(), heartbeat_path(device.name)
    assert post(api, path, body, {}).status_code == 403
    thief = SigningDevice(device.name)
    reply = send(api, thief, body)
    assert (reply.status_code, reply.json()) == (202, {"standing": "unknown"})
    other = SigningDevice(new_camera())
    assert send(api, other, body, path).status_code == 403
    headers = device.sign("POST", path, body)
    assert post(api, path, body, headers).status_code == 200
    replayed = post(api, path, body, headers)
    assert replayed.status_code == 401
    assert replayed.json()["counter_above"] >= device.counter
    assert post(api, path, body, {**headers, FUNCTION_KEY: "wrong"}).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"version": "1"}', 400),
        (b'{"version": "1", "interval": 300, "cpu": NaN}', 400),
        (b'{"version": "1", "interval": 300, "cpu": 1e400}', 400),
        (b'{"version": "1", "interval": -300}', 400),
        (json.dumps({"version": "1", "interval": 1, "x": "y" * 16_384}).encode(), 400),
        (b" " * 262_145, 413),
    ],
)
def test_a_wrong_body_is_refused(api: Api, device: SigningDevice, body: bytes, status: int) -> None:
    reply = send(api, device, body)
    assert reply.status_code == status
    assert read(api, f"/api/devices/{device.name}")["state"] == "unknown"


def test_the_camera_of_an_old_device_is_unknown(api: Api) -> None:
    """One that sends no heartbeats; and a camera that does not exist is none."""
    camera = new_camera()
    assert api.read(f"/api/cameras/{camera}/status").status_code == 404
    assert api.put(jpeg(), photo_headers(name_of(camera))).status_code == 201
    status = read(api, f"/api/cameras/{camera}/status")
    assert (status["state"], status["device"], status["received_at"]) == ("unknown", None, None)


def test_a_device_is_removed(api: Api, device: SigningDevice, sent: Heartbeat) -> None:
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    path = f"/api/devices/{device.name}"
    assert api.read(path, method="DELETE").status_code == 403
    assert api.ask(path, admin, "DELETE").status_code == 204
    assert api.ask(path, admin, "DELETE").status_code == 404
    assert api.read(path).status_code == 404
    entries = api.ask("/api/accesses", admin).json()["accesses"]
    removal = {"who": "the admin token", "what": "removed a device", "which": device.name}
    assert any(removal.items() <= one.items() for one in entries)
    assert send(api, device, sent.to_json()).status_code == 200


def test_the_state_forgets_a_removed_camera(
    api: Api, device: SigningDevice, sent: Heartbeat
) -> None:
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    assert api.ask(f"/api/cameras/{device.name}", admin, "DELETE").status_code == 200
    assert read(api, f"/api/devices/{device.name}")["cameras"] == []
