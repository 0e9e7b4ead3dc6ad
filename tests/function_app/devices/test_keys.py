"""Owners see which keys sign for a device, and approve or reject others."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from function_app.auth.caller import DEVICE, RequestSignature, Standing
from function_app.auth.device_rows import KnownDevice
from function_app.devices.states import DeviceState, find, read_rows
from function_app.http.responses import Response
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage.device_keys import STATES
from photo_wire.moment import format_time, parse_time, to_milliseconds
from photo_wire.signature import fingerprint, format_key
from tests.support.devices import Device, heartbeat, store_state
from tests.support.handlers import call
from tests.support.memory_store import memory_services

NOW = to_milliseconds(datetime.now(UTC))
TOKEN = "the-admin-token-of-all"
OURS, THEIRS = bytes(32), b"\1" * 32


@pytest.fixture
def services() -> Services:
    """A backend with the device gate, for which another key waits."""
    services = memory_services(Settings("", secrets=Secrets(admin_token=TOKEN)))
    for key in (OURS, THEIRS):
        services.device_keys.record_key("gate", format_key(key), 1, NOW)
    return services


def ask(services: Services, handler: str, body: object = None, device: str = "gate") -> Response:
    request = func.HttpRequest(
        "GET" if body is None else "POST",
        "http://x/api/devices",
        headers={"authorization": f"Bearer {TOKEN}"},
        route_params={"device": device},
        body=b"" if body is None else json.dumps(body).encode(),
    )
    return call(handler, request, services)


def test_the_keys_of_a_device(services: Services) -> None:
    response = ask(services, "list_keys")
    assert response.status == 200
    assert json.loads(response.body) == {
        "device": "gate",
        "fingerprint": fingerprint(OURS),
        "first_seen": format_time(NOW),
        "waiting": [
            {"fingerprint": fingerprint(THEIRS), "since": format_time(NOW), "own_until": None}
        ],
        "cameras": [],
        "wanted": [],
    }
    assert ask(services, "list_keys", device="yard").status == 404


@pytest.mark.parametrize(("body", "ours"), [({}, THEIRS), ({"approve": False}, OURS)])
def test_an_owner_decides_about_a_key(
    services: Services, body: dict[str, object], ours: bytes
) -> None:
    response = ask(services, "decide_key", {"fingerprint": fingerprint(THEIRS), **body})
    shown = json.loads(response.body)
    assert (response.status, shown["fingerprint"]) == (200, fingerprint(ours))
    assert shown["waiting"] == []
    (entry,) = services.audit_log.newest(10, "")
    verb = "rejected" if body else "approved"
    assert entry.action == f"{verb} the key {fingerprint(THEIRS)} of a device"
    assert entry.target == "gate"
    again = ask(services, "decide_key", {"fingerprint": fingerprint(THEIRS)})
    assert again.status == (404 if body else 200)  # approved, it is the device's own


def test_a_replaced_key_is_known_when_it_is_back(services: Services) -> None:
    """Two devices of one name take it from each other, until an owner knows and renames one."""
    keys = services.device_keys
    for new, old in ((THEIRS, OURS), (OURS, THEIRS), (THEIRS, OURS)):
        before = to_milliseconds(datetime.now(UTC))
        ask(services, "decide_key", {"fingerprint": fingerprint(new)})
        keys.record_key("gate", format_key(old), 1, NOW)
        shown = json.loads(ask(services, "list_keys").body)
        assert shown["fingerprint"] == fingerprint(new)
        (waiting,) = shown["waiting"]
        assert waiting["fingerprint"] == fingerprint(old)
        assert before <= parse_time(waiting["own_until"]) <= datetime.now(UTC)


def test_a_key_that_does_not_wait_is_not_approved(services: Services) -> None:
    other = {"fingerprint": fingerprint(b"\2" * 32)}
    assert ask(services, "decide_key", other).status == 404
    assert ask(services, "decide_key", {"fingerprint": fingerprint(OURS)}, "yard").status == 404
    for wrong in ({}, {"fingerprint": 7}, {"fingerprint": "x"}, {**other, "approve": "yes"}):
        assert ask(services, "decide_key", wrong).status == 400
    assert services.audit_log.newest(10, "") == []


def test_an_owner_hands_a_camera_over(services: Services) -> None:
    keys = services.device_keys
    keys.record_key("yard", format_key(THEIRS), 1, NOW)
    for device in ("gate", "yard"):
        caller = replace(
            DEVICE,
            device=device,
            standing=Standing.VERIFIED,
            signature=RequestSignature("", "", 1, "", ""),
        )
        keys.bindings.claim(caller, "gate", NOW)
    shown = json.loads(ask(services, "list_keys", device="yard").body)
    assert (shown["cameras"], shown["wanted"]) == ([], ["gate"])
    store_state(services, DeviceState("gate", heartbeat("gate"), NOW, frozenset({"gate"}), None))
    response = ask(services, "decide_key", {"fingerprint": fingerprint(THEIRS)}, "yard")
    shown = json.loads(response.body)
    assert (shown["cameras"], shown["wanted"]) == (["gate"], [])
    before = find(services.devices, "gate")
    assert before
    assert (before.cameras, before.heartbeat.cameras) == (frozenset(), {})
    assert keys.bindings.device_of("gate", NOW + timedelta(seconds=1)) == "yard"


@pytest.mark.parametrize("is_approved", [True, False])
def test_an_owner_chooses_the_cameras(services: Services, is_approved: bool) -> None:
    """The others go on waiting, and each decision is in the audit log."""
    keys, own = services.device_keys, {"fingerprint": fingerprint(THEIRS)}
    keys.record_key("yard", format_key(THEIRS), 1, NOW)
    for device in (Device("gate", services), Device("yard", services)):
        for camera in ("front", "gate", "side"):
            keys.bindings.claim(device.caller(), camera, NOW)
    assert keys.known_devices(read_rows(services.devices))["yard"] == KnownDevice(
        frozenset(), needs_decision=True
    )
    wrong = {**own, "cameras": ["gate", "yard"]}
    assert ask(services, "decide_key", wrong, "yard").status == 404
    for cameras in ([], "gate", [7]):
        assert ask(services, "decide_key", {**own, "cameras": cameras}, "yard").status == 400
    chosen = {**own, "cameras": ["gate", "side"], "approve": is_approved}
    shown = json.loads(ask(services, "decide_key", chosen, "yard").body)
    assert shown["wanted"] == ["front"]
    assert shown["cameras"] == (["gate", "side"] if is_approved else [])
    verb = "gave" if is_approved else "refused"
    assert {(one.action, one.target) for one in services.audit_log.newest(10, "")} == {
        (f"{verb} the device yard a camera", camera) for camera in ("side", "gate")
    }
    assert keys.known_devices(read_rows(services.devices))["gate"].cameras == frozenset(
        {"front"} if is_approved else {"front", "gate", "side"}
    )


def test_a_key_that_waits_has_no_cameras(services: Services) -> None:
    body = {"fingerprint": fingerprint(THEIRS), "cameras": ["gate"]}
    assert ask(services, "decide_key", body).status == 400
    assert ask(services, "decide_key", {**body, "cameras": None}).status == 200


def test_the_row_of_a_device_that_a_person_edited_is_shown(services: Services) -> None:
    services.devices.upsert(STATES, "gate", {"key": "none"})
    response = ask(services, "list_keys")
    assert (response.status, json.loads(response.body)["fingerprint"]) == (200, None)
