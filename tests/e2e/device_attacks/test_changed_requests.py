"""What somebody does, over HTTP, who changes requests of a device with a key of its own."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from photo_wire.alert import ALERTS_PATH
from photo_wire.headers import UPLOAD_PATH
from tests.e2e.device_attacks.world import OLD_KEY, Sent, World, signed
from tests.support.pictures import jpeg


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


@pytest.mark.parametrize("created", [0, 4102444800])  # 1970, 2100
def test_the_clock_does_not_lock_a_device_out(world: World, created: int) -> None:
    """Nor does one that was years ahead, and is right again: the counter decides."""
    for at in (created, None):
        beat = world.heartbeat(world.key, f"1.{created}")
        stated = world.gate.sign("POST", beat.target, beat.body, beat.headers, at)
        answer = world.send(replace(beat, headers={**beat.headers, **stated}))
        assert answer.status == 200, answer.body
        assert world.send(replace(beat, headers={**beat.headers, **stated})).status == 401
    assert world.version == f"1.{created}"


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
