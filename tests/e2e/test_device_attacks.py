"""Attacks on a device with a key of its own, over HTTP, against a backend on Azurite.

The thief has one of the function keys, and sometimes a key pair of their own, which may be that of
another device. Or they have recorded what the device sent, and send it again, as it was or changed.
"""

import base64
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.azurite import Azurite
from photo_wire.alert import ALERTS_PATH, LOSS, QUARANTINE, Alert, alerts_to_json
from photo_wire.headers import UPLOAD_PATH
from photo_wire.heartbeat import Heartbeat, heartbeat_path
from photo_wire.known import KNOWN_PATH, ids_to_json
from photo_wire.name import PhotoName, new_name
from tests.conftest import new_backend
from tests.support.api import MOMENT, Api, new_camera
from tests.support.backend import Backend
from tests.support.pictures import jpeg
from tests.support.signing_device import SigningDevice

OLD_KEY = "the-key-that-azure-made-up-for-all"
RANDOM = "0123456789abcdef" * 4
PICTURE = jpeg(seed=1)
Headers = dict[str, str]


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


@pytest.fixture(scope="module")
def cameras() -> tuple[str, str]:
    """The name of the device and its camera, and that of another device."""
    return new_camera(), new_camera()


@pytest.fixture(scope="module")
def api(
    azurite: Azurite, log_folder: Path, secrets_used: set[str], cameras: tuple[str, str]
) -> Iterator[Api]:
    keys = [OLD_KEY, *(f"{camera}.{RANDOM}" for camera in cameras)]
    secrets_used.update(keys)
    env = {"FUNCTION_KEY": ",".join(keys)}
    backend: Backend = new_backend(azurite.connection_string, env, log_folder, secrets_used)
    backend.start()
    yield Api(backend)
    backend.stop()


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


@pytest.fixture(scope="module")
def world(api: Api, cameras: tuple[str, str]) -> World:
    world = World(api, SigningDevice(cameras[0]), SigningDevice(cameras[1]))
    for device in (world.gate, world.yard):
        name = world.new_photo(device.name)
        key = f"{device.name}.{RANDOM}"
        photo = world.photo(name, key, **{"X-Waiting": "7", "X-Trigger": "motion"})
        assert world.send(signed(device, photo)).status == 201
        assert (world.of(name)["device"], world.of(name)["standing"]) == (device.name, "verified")
    return world


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


@dataclass
class Thief:
    """Somebody with a function key, who signs nothing or with a key that is not the device's."""

    world: World
    key: str
    sign: Callable[[World, Sent], Sent]

    def send(self, request: Sent) -> Answer:
        return self.world.send(self.sign(self.world, request))


@pytest.fixture(params=THIEVES)
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


# What somebody does who recorded requests of the device.


def test_a_recorded_photo_is_refused(world: World) -> None:
    """The device itself repeats a request with a new counter, and gets the same receipt."""
    name = world.new_photo()
    request = world.photo(name, world.key, **{"X-Waiting": "7"})
    recorded = signed(world.gate, request)
    first = world.send(recorded)
    again = world.send(recorded)
    assert (first.status, again.status) == (201, 401)
    assert again.fields["counter_above"] >= world.gate.counter
    repeated = world.send(signed(world.gate, request))
    assert (repeated.status, repeated.fields) == (200, first.fields)


def test_recorded_alerts_are_refused(world: World) -> None:
    old = signed(world.gate, world.alert(world.new_photo(), world.key, **{"X-Waiting": "3"}))
    new = signed(world.gate, world.alert(world.new_photo(), world.key, **{"X-Waiting": "7"}))
    assert [world.send(one).status for one in (old, new, old, new)] == [200, 200, 401, 401]
    assert world.waiting == 7


def test_recorded_heartbeats_are_refused(world: World) -> None:
    recorded = signed(world.gate, world.heartbeat(world.key, "1.1"))
    assert world.send(recorded).status == 200
    assert world.send(signed(world.gate, world.heartbeat(world.key, "1.2"))).status == 200
    again = world.send(recorded)
    assert (again.status, again.fields["counter_above"]) == (401, world.gate.counter)
    assert b"http" not in again.body
    assert world.version == "1.2"


def test_a_heartbeat_is_for_the_device_in_its_path(world: World) -> None:
    ours = world.heartbeat(world.key, "6.6")
    other = replace(ours, target=heartbeat_path(world.yard.name))
    assert world.send(signed(world.gate, other)).status == 403


def test_a_recorded_question_is_refused(world: World) -> None:
    recorded = signed(world.gate, world.known(world.new_photo(), world.key))
    assert [world.send(recorded).status for _ in range(2)] == [200, 401]


def test_an_old_recorded_photo_is_refused_even_if_it_never_arrived(world: World) -> None:
    held_back = signed(world.gate, world.photo(world.new_photo(), world.key))
    world.gate.counter += 1100
    assert world.send(signed(world.gate, world.alert(world.new_photo(), world.key))).status == 200
    answer = world.send(held_back)
    assert (answer.status, answer.fields["counter_above"]) == (401, world.gate.counter)


def without(request: Sent, *names: str) -> Sent:
    headers = {name: value for name, value in request.headers.items() if name not in names}
    return replace(request, headers=headers)


def changed(request: Sent, **headers: str) -> Sent:
    changes = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(request, headers={**request.headers, **changes})


def changed_text(request: Sent, header: str, old: str, new: str) -> Sent:
    assert old in request.headers[header]
    return changed(request, **{header: request.headers[header].replace(old, new)})


def malleated(request: Sent) -> Sent:
    """S + L in place of S, which a careless check accepts (RFC 8032, section 5.1.7)."""
    text = request.headers["Signature"]
    value = base64.b64decode(text.removeprefix("nightjar=:").removesuffix(":"))
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(value[32:], "little") + order
    forged = base64.b64encode(value[:32] + scalar.to_bytes(32, "little")).decode()
    return changed(request, Signature=f"nightjar=:{forged}:")


def with_key(request: Sent, key: bytes) -> Sent:
    """Another key in keyid, such as one of small order, and a signature that fits to it: R is the
    neutral point, S is 0."""
    text = request.headers["Signature-Input"]
    start = text.index('keyid="') + len('keyid="')
    end = text.index('"', start)
    keyid = base64.urlsafe_b64encode(key).decode().rstrip("=")
    neutral = base64.b64encode((1).to_bytes(32, "little") + bytes(32)).decode()
    return changed(
        request,
        Signature_Input=text[:start] + keyid + text[end:],
        Signature=f"nightjar=:{neutral}:",
    )


TAMPERED: dict[str, tuple[Callable[[Sent], Sent], int | str]] = {
    "unchanged": (lambda one: one, "verified"),
    "other order of headers": (
        lambda one: replace(one, headers=dict(reversed([*one.headers.items()]))),
        "verified",
    ),
    "names of headers in capitals": (
        lambda one: replace(one, headers={k.upper(): v for k, v in one.headers.items()}),
        "verified",
    ),
    "an uncovered header of ours": (lambda one: changed(one, X_Waiting="0"), "unknown"),
    "another uncovered one": (lambda one: changed(one, X_Clock="synced"), "unknown"),
    "an empty heartbeat": (lambda one: changed(one, X_Heartbeat=""), "unknown"),
    "a header that is not ours": (lambda one: changed(one, X_Other="0"), "verified"),
    "a changed trigger": (lambda one: changed(one, X_Trigger="demand"), "unknown"),
    "a removed trigger": (lambda one: without(one, "X-Trigger"), "unknown"),
    "no digest": (lambda one: without(one, "Content-Digest"), "unknown"),
    "another body": (lambda one: replace(one, body=jpeg(seed=9)), 422),
    "another body with its digest": (
        lambda one: replace(without(one, "Content-Digest"), body=jpeg(seed=9)),
        "unknown",
    ),
    "a query": (lambda one: replace(one, target=f"{one.target}?websiteId=x"), "unknown"),
    "another camera in the query": (
        lambda one: replace(one, target=f"{one.target}?cameraName=x"),
        "unknown",
    ),
    "a path in capitals": (
        lambda one: replace(one, target=one.target.replace("camera", "Camera")),
        "unknown",
    ),
    "an encoded path": (
        lambda one: replace(one, target=one.target.replace("camera", "%63amera")),
        "unknown",
    ),
    "no signature": (lambda one: without(one, "Signature"), "unknown"),
    "no input": (lambda one: without(one, "Signature-Input"), "unknown"),
    "another label": (
        lambda one: changed_text(
            changed_text(one, "Signature", "nightjar=", "other="),
            "Signature-Input",
            "nightjar=",
            "other=",
        ),
        "unknown",
    ),
    "another label beside ours": (
        lambda one: changed(
            one,
            Signature_Input=f'other=("@method");keyid="x", {one.headers["Signature-Input"]}',
            Signature=f"other=:AAAA:, {one.headers['Signature']}",
        ),
        "verified",
    ),
    "our label twice, the last one wrong": (
        lambda one: changed(one, Signature=f"{one.headers['Signature']}, nightjar=:{'A' * 86}==:"),
        "unknown",
    ),
    "another device": (lambda one: changed(one, X_Device="other"), "unknown"),
    "the device in capitals": (
        lambda one: changed(one, X_Device=one.headers["X-Device"].upper()),
        "unknown",
    ),
    "another counter": (
        lambda one: changed_text(one, "Signature-Input", 'nonce="', 'nonce="9'),
        "unknown",
    ),
    "another algorithm": (
        lambda one: changed_text(one, "Signature-Input", "ed25519", "hmac-sha256"),
        "unknown",
    ),
    "an added parameter": (
        lambda one: changed(one, Signature_Input=one.headers["Signature-Input"] + ";expires=1"),
        "unknown",
    ),
    "a huge header": (
        lambda one: changed(
            one, Signature_Input=one.headers["Signature-Input"] + f", x={'y' * 5000}"
        ),
        "unknown",
    ),
    "a malleated signature": (malleated, "unknown"),
    "a key of small order": (lambda one: with_key(one, (1).to_bytes(32, "little")), "unknown"),
    "a key that is no point": (lambda one: with_key(one, b"\x02" + bytes(31)), "unknown"),
    "noise": (lambda one: changed(one, Signature_Input="(((", Signature=";;;"), "unknown"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_changed_request_is_not_the_devices(world: World, what: str) -> None:
    tamper, expected = TAMPERED[what]
    world.report_waiting(7)
    name = world.new_photo()
    request = signed(world.gate, world.photo(name, world.key, **{"X-Trigger": "motion"}))
    answer = world.send(tamper(request))
    if isinstance(expected, int):
        assert answer.status == expected
        assert world.api.read(f"/api/photos/{name}").status_code == 404
        return
    assert answer.status == 201, answer.body
    assert world.of(name)["standing"] == expected
    assert world.waiting == (7 if expected == "unknown" else None)


@pytest.mark.parametrize("header", ["X-Device", "X-Trigger", "Signature", "Content-Digest"])
def test_a_header_that_comes_twice_is_not_the_devices(world: World, header: str) -> None:
    name = world.new_photo()
    request = signed(world.gate, world.photo(name, world.key, **{"X-Trigger": "motion"}))
    answer = world.send(request, (header, request.headers[header]))
    if header == "X-Trigger":  # two values are none
        assert answer.status == 400
        return
    assert answer.status == 201
    # One signature that comes twice is one dictionary with one member (RFC 9651, section 3.2).
    assert world.of(name)["standing"] == ("verified" if header == "Signature" else "unknown")


def test_a_signature_for_another_route_is_not_accepted(world: World) -> None:
    """Neither another path nor another method."""
    name = world.new_photo()
    photo = world.photo(name, world.key)
    for method, target in (("POST", UPLOAD_PATH), ("PUT", ALERTS_PATH), ("PUT", "/")):
        headers = world.gate.sign(method, target, photo.body, photo.headers)
        assert world.send(replace(photo, headers={**photo.headers, **headers})).status in (200, 201)
        assert world.of(name)["standing"] == "unknown"


@pytest.mark.parametrize("created", [0, 4102444800])  # 1970, 2100
def test_the_clock_does_not_matter(world: World, created: int) -> None:
    name = world.new_photo()
    photo = world.photo(name, world.key)
    headers = world.gate.sign("PUT", UPLOAD_PATH, photo.body, photo.headers, created)
    assert world.send(replace(photo, headers={**photo.headers, **headers})).status == 201
    assert world.of(name)["standing"] == "verified"


def test_a_counter_does_not_jump_to_the_end(world: World) -> None:
    """One request would use up all counters. A jump of years is possible."""
    at, standings = world.gate.counter, []
    for counter in (2**53 - 1, at + 2**40 + 2000, at + 2**39):
        world.gate.counter = counter
        name = world.new_photo()
        assert world.send(signed(world.gate, world.photo(name, world.key))).status == 201
        standings.append(world.of(name)["standing"])
    assert standings == ["unknown", "unknown", "verified"]
    world.gate.counter = at + 10  # its own photos do not raise the mark
    name = world.new_photo()
    assert world.send(signed(world.gate, world.photo(name, world.key))).status == 201
    assert world.of(name)["standing"] == "verified"


@pytest.mark.parametrize("nonce", ["-1", "+1", "01", "1.0", "1e3", "9" * 17, "\\u0661", ""])
def test_an_odd_counter_is_none(world: World, nonce: str) -> None:
    name = world.new_photo()
    request = signed(world.gate, world.photo(name, world.key))
    text = f'nonce="{world.gate.counter}"'
    odd = changed_text(request, "Signature-Input", text, f'nonce="{nonce}"')
    assert world.send(odd).status == 201
    assert world.of(name)["standing"] == "unknown"


@pytest.mark.parametrize(
    "name", ["GATE", "g\u0430te", "gate ", "gate\t", "gate/", "../gate", "", "-", "g" * 33, "é"]
)
def test_no_other_writing_of_a_name_passes_for_it(world: World, name: str) -> None:
    """A name has a-z, 0-9 and - alone, so that there is one writing of each."""
    photo = world.new_photo()
    other = name.replace("gate", world.camera)
    request = changed(
        signed(world.gate, world.photo(photo, world.key)),
        X_Device=other.encode().decode("latin-1"),
    )
    answer = world.send(request)
    expected = "verified" if other.strip() == world.camera else "unknown"
    assert answer.status == 201
    assert world.of(photo)["standing"] == expected


def test_the_device_goes_on_after_all_of_this(world: World) -> None:
    name = world.new_photo()
    assert world.send(signed(world.gate, world.photo(name, OLD_KEY))).status == 201
    shown = world.of(name)
    assert (shown["device"], shown["standing"]) == (world.camera, "verified")
