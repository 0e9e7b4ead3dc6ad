"""What a thief of a function key does, over HTTP, to a device with a key of its own.

They sign nothing, or have a key pair of their own, which may be that of another device.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from photo_wire.alert import LOSS, QUARANTINE, Alert, alerts_to_json
from photo_wire.heartbeat import Heartbeat
from tests.e2e.device_attacks.world import OLD_KEY, RANDOM, Answer, Sent, World, signed
from tests.support.api import Api, new_camera
from tests.support.pictures import jpeg
from tests.support.signing_device import SigningDevice


def no_signature(world: World, request: Sent) -> Sent:
    return request


def own_key_pair(world: World, request: Sent) -> Sent:
    return signed(SigningDevice(world.camera, counter=2**20), request)


def as_another_device(world: World, request: Sent) -> Sent:
    return signed(world.yard, request)


def as_a_new_device(world: World, request: Sent) -> Sent:
    return signed(SigningDevice("new-" + world.camera[:20]), request)


THIEVES = {
    f"{key} key, {sign.__name__}": (key, sign)
    for key in ("old", "yard's", "gate's")
    for sign in (no_signature, own_key_pair, as_another_device, as_a_new_device)
}
# Each key and each way to sign is in one of these; the other pairs differ in nothing else.
EVERY_DAY = {
    "old key, no_signature",
    "yard's key, own_key_pair",
    "gate's key, as_another_device",
    "gate's key, as_a_new_device",
}


@dataclass
class Thief:
    """Somebody with a function key, who signs nothing or with a key that is not the device's."""

    world: World
    key: str
    sign: Callable[[World, Sent], Sent]

    def send(self, request: Sent) -> Answer:
        return self.world.send(self.sign(self.world, request))


@pytest.fixture(
    params=[
        pytest.param(name, marks=() if name in EVERY_DAY else pytest.mark.slow) for name in THIEVES
    ]
)
def thief(request: pytest.FixtureRequest, world: World) -> Thief:
    key, sign = THIEVES[request.param]
    function_key = {
        "old": OLD_KEY,
        "yard's": f"{world.yard.name}.{RANDOM}",
        "gate's": world.key,
    }[key]
    return Thief(world, function_key, sign)


def test_a_thiefs_photo_is_stored_and_marked(world: World, thief: Thief) -> None:
    """And changes neither the waiting count nor the device's key."""
    world.report_waiting(7)
    name, before = world.new_photo(), world.keys
    answer = thief.send(world.photo(name, thief.key, **{"X-Waiting": "0"}))
    assert answer.status == 201
    assert world.of(name)["standing"] == "unknown"
    assert world.waiting == 7
    after = world.keys
    assert after["fingerprint"] == before["fingerprint"] == world.gate.fingerprint
    assert after["cameras"] == [world.camera]
    assert len(after["waiting"]) <= 3


def test_a_thief_takes_no_name_from_a_photo_of_the_device(world: World, thief: Thief) -> None:
    """Whose device would put it into quarantine. The thief's photo gets another name."""
    name, theirs = world.new_photo(), jpeg(seed=5)
    assert thief.send(replace(world.photo(name, thief.key), body=theirs)).status == 201
    answer = world.send(signed(world.gate, world.photo(name, world.key)))
    assert (answer.status, answer.fields["id"]) == (201, str(name))
    assert world.of(name)["standing"] == "verified"
    listed = world.api.read(f"/api/photos?camera={world.camera}&limit=200").json()["photos"]
    at_that_time = {
        one["id"]: one["standing"] for one in listed if one["id"][:-8] == str(name)[:-8]
    }
    assert sorted(at_that_time.values()) == ["unknown", "verified"]
    assert thief.send(replace(world.photo(name, thief.key), body=theirs)).status == 409
    assert world.of(name)["standing"] == "verified"


def test_a_thiefs_alerts_are_listed_and_have_no_effect(world: World, thief: Thief) -> None:
    """They change no count, and do not keep the device from reporting the same."""
    world.report_waiting(7)
    name, losses = world.new_photo(), world.losses
    for kind in (LOSS, QUARANTINE):
        answer = thief.send(world.alert(name, thief.key, kind, **{"X-Waiting": "0"}))
        assert answer.status == 200
    assert world.waiting == 7
    assert world.losses == losses
    shown = [one["standing"] for one in world.alerts() if one["id"] == str(name)]
    assert shown == ["unknown", "unknown"]
    assert world.send(signed(world.gate, world.alert(name, world.key))).status == 200
    assert world.losses == losses + 1
    shown = [one["standing"] for one in world.alerts(LOSS) if one["id"] == str(name)]
    assert sorted(shown) == ["unknown", "verified"]


def test_thieves_report_a_hundred_alerts_a_day(api: Api, cameras: tuple[str, str]) -> None:
    """The others are left out of the receipt; those of the device are all recorded."""
    world = World(api, SigningDevice(new_camera()), SigningDevice(cameras[1]))
    photo = world.photo(world.new_photo(), OLD_KEY)
    assert world.send(signed(world.gate, photo)).status == 201

    def report(count: int, is_own: bool) -> Answer:
        alerts = [Alert(world.new_photo(), QUARANTINE, "rejected-422") for _ in range(count)]
        request = replace(world.alert(world.new_photo(), OLD_KEY), body=alerts_to_json(alerts))
        return world.send(signed(world.gate, request) if is_own else request)

    assert len(report(70, is_own=False).fields["recorded"]) == 70
    assert len(report(70, is_own=False).fields["recorded"]) == 30
    assert report(1, is_own=False).status == 429
    assert len(report(70, is_own=True).fields["recorded"]) == 70
    assert len([one for one in world.alerts() if one["standing"] == "unknown"]) == 100


def test_a_thief_takes_no_loss_back(world: World, thief: Thief) -> None:
    name = world.new_photo()
    assert world.send(signed(world.gate, world.alert(name, world.key))).status == 200
    losses = world.losses
    assert thief.send(world.photo(name, thief.key)).status == 201
    assert thief.send(world.alert(name, thief.key)).status == 200
    assert world.losses == losses
    assert [one["standing"] for one in world.alerts(LOSS) if one["id"] == str(name)][-1:] == [
        "verified"
    ]


def test_a_thief_does_not_learn_which_photos_are_known(world: World, thief: Thief) -> None:
    name = world.new_photo()
    assert world.send(signed(world.gate, world.photo(name, world.key))).status == 201
    answer = thief.send(world.known(name, thief.key))
    assert answer.status == 403
    assert str(name).encode() not in answer.body
    assert world.send(signed(world.gate, world.known(name, world.key))).fields["known"]


def test_a_thief_does_not_report_for_the_device(world: World, thief: Thief) -> None:
    """Neither in a heartbeat nor in one that an upload carries. So they cannot silence its alarm,
    and get no link to its commands."""
    assert world.send(signed(world.gate, world.heartbeat(world.key, "1.0"))).status == 200
    alone = thief.send(world.heartbeat(thief.key, "6.6"))
    assert alone.status in (202, 403)
    assert b"http" not in alone.body
    carried = Heartbeat(version="6.6", interval=86_400).to_header()
    assert carried
    photo = world.photo(world.new_photo(), thief.key, **{"X-Heartbeat": carried})
    assert thief.send(photo).status == 201
    assert world.version == "1.0"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/photos"),
        ("GET", "/api/cameras"),
        ("GET", "/api/cameras/{gate}/status"),
        ("GET", "/api/cameras/{gate}/timeline"),
        ("GET", "/api/cameras/{gate}/live"),
        ("GET", "/api/alerts"),
        ("GET", "/api/devices"),
        ("GET", "/api/devices/{gate}"),
        ("GET", "/api/devices/{gate}/history"),
        ("GET", "/api/devices/{gate}/pins"),
        ("GET", "/api/devices/{gate}/keys"),
        ("GET", "/api/devices/{gate}/commands"),
        ("GET", "/api/devices/{gate}/logs"),
        ("POST", "/api/devices/{gate}/commands"),
        ("POST", "/api/devices/{gate}/key"),
        ("DELETE", "/api/devices/{gate}"),
        ("POST", "/api/cameras/{gate}/capture"),
        ("POST", "/api/cameras/{gate}/clip"),
        ("POST", "/api/cameras/{gate}/look"),
    ],
)
def test_no_device_reads_or_commands(world: World, method: str, path: str) -> None:
    """With any function key and any signature, also the device's own."""
    target = path.replace("{gate}", world.camera)
    body = b'{"kind": "restart"}' if method == "POST" else b""
    for key in (OLD_KEY, f"{world.yard.name}.{RANDOM}", world.key):
        headers = {"x-functions-key": key, "Content-Type": "application/json"}
        request = Sent(method, target, headers, body)
        for sent in (request, signed(world.yard, request), signed(world.gate, request)):
            answer = world.send(sent)
            assert answer.status in (401, 403), answer.body
    assert world.keys["fingerprint"] == world.gate.fingerprint


def test_thieves_raise_few_alerts_and_few_keys_wait(world: World) -> None:
    """Each of many with a key pair of their own."""
    for _ in range(8):
        thief = SigningDevice(world.camera)
        assert world.send(signed(thief, world.photo(world.new_photo(), OLD_KEY))).status == 201
    assert len(world.keys["waiting"]) == 3
    assert len([one for one in world.alerts("unknown-device") if "key" in one["reason"]]) == 1


def test_another_devices_function_key_makes_no_key_wait(api: Api, cameras: tuple[str, str]) -> None:
    """It speaks for the other device alone, and pins no new name either."""
    world = World(api, SigningDevice(new_camera()), SigningDevice(cameras[1]))
    yards = f"{cameras[1]}.{RANDOM}"
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    first = world.new_photo()
    assert world.send(signed(world.gate, world.photo(first, yards))).status == 201
    assert world.of(first)["standing"] == "unknown"
    assert api.ask(f"/api/devices/{world.camera}/keys", admin).status_code == 404
    assert world.send(signed(world.gate, world.photo(world.new_photo(), OLD_KEY))).status == 201
    assert world.keys["fingerprint"] == world.gate.fingerprint
    other = SigningDevice(world.camera)
    assert world.send(signed(other, world.photo(world.new_photo(), yards))).status == 201
    assert world.keys["waiting"] == []
