"""A device's signature covers what it says it covers, other implementations agree with it, and no
change of a request keeps it valid."""

import base64
import hashlib
from datetime import UTC, datetime

import http_message_signatures as oracle
import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from photo_wire import heartbeat
from photo_wire.errors import WireError
from photo_wire.headers import CONTENT_DIGEST, HEARTBEAT, UPLOAD_PATH, PhotoHeaders, content_digest
from photo_wire.signature import (
    DEVICE,
    HEADERS,
    MAX_COUNTER,
    SIGNATURE,
    SIGNATURE_INPUT,
    DeviceSignature,
    SignedRequest,
    fingerprint,
    format_key,
    parse_key,
    parse_signature,
    sign,
)
from tests.photo_wire.strategies import cameras, headers

CREATED = 1_790_000_000
_SEED = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(_SEED)
PUBLIC_KEY = KEY.public_key().public_bytes_raw()
counters = st.integers(0, MAX_COUNTER)
bodies = st.binary(max_size=20)


@st.composite
def requests_of_devices(draw: st.DrawFn) -> SignedRequest:
    """A request as a device sends it, without its signature."""
    photo: PhotoHeaders = draw(headers())
    sent = photo.to_headers() | {
        DEVICE: draw(cameras),
        CONTENT_DIGEST: content_digest(hashlib.sha256(draw(bodies)).hexdigest()),
    }
    if draw(st.booleans()):
        sent[HEARTBEAT] = base64.urlsafe_b64encode(draw(bodies)).decode()
    path = draw(st.from_regex("(/[a-z0-9-]{1,5}){1,4}", fullmatch=True))
    query = draw(st.sampled_from(["", "wait=5", "a=%20&b"]))
    return SignedRequest(draw(st.sampled_from(["GET", "POST", "PUT"])), path, query, sent)


def _signed(request: SignedRequest, counter: int = 7) -> SignedRequest:
    added = sign(request, PUBLIC_KEY, counter, CREATED, KEY.sign)
    return _with(request, **added)


def _with(request: SignedRequest, **changed: str) -> SignedRequest:
    return _changed(request, headers=request.headers | {k.lower(): v for k, v in changed.items()})


def _changed(request: SignedRequest, **changes: object) -> SignedRequest:
    parts = {name: getattr(request, name) for name in ("method", "path", "query", "headers")}
    return SignedRequest(**(parts | changes))


def _parsed(request: SignedRequest) -> DeviceSignature:
    signature = parse_signature(request)
    assert signature
    return signature


def _is_valid(signature: DeviceSignature) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(signature.public_key).verify(
            signature.value, signature.base
        )
    except InvalidSignature:
        return False
    return True


UPLOAD = SignedRequest(
    "PUT", UPLOAD_PATH, "", {DEVICE: "gate", CONTENT_DIGEST: content_digest("ab" * 32)}
)


@given(requests_of_devices(), counters)
def test_every_signature_comes_back_and_is_valid(request: SignedRequest, counter: int) -> None:
    signature = _parsed(_signed(request, counter))
    assert _is_valid(signature)
    assert signature.public_key == PUBLIC_KEY
    assert signature.counter == counter
    assert signature.created == CREATED
    assert signature.device == request.headers["x-device"]
    assert content_digest(signature.sha256) == request.headers["content-digest"]


@given(requests_of_devices(), st.data())
def test_no_change_of_a_request_keeps_its_signature(
    request: SignedRequest, data: st.DataObject
) -> None:
    signed = _signed(request)
    ours = sorted({name.lower() for name in HEADERS} & request.headers.keys())
    name = data.draw(st.sampled_from(ours))
    others = [
        _changed(signed, method="DELETE"),
        _changed(signed, path=f"{signed.path}/"),
        _changed(signed, query=f"{signed.query}&c"),
        _with(signed, **{name: f"{request.headers[name]}x"}),
        _changed(signed, headers={k: v for k, v in signed.headers.items() if k != name}),
        _with(signed, **{SIGNATURE_INPUT: signed.headers["signature-input"].replace('"7"', '"8"')}),
    ]
    missing = [one.lower() for one in HEADERS if one.lower() not in request.headers]
    others += [_with(signed, **{one: "added"}) for one in missing]
    for other in others:
        try:
            signature = parse_signature(other)
        except WireError:
            continue
        assert signature
        assert not _is_valid(signature)


def test_the_headers_on_the_wire() -> None:
    added = sign(UPLOAD, PUBLIC_KEY, 7, CREATED, KEY.sign)
    assert added[SIGNATURE_INPUT] == (
        'nightjar=("@method" "@path" "content-digest" "x-device");created=1790000000;'
        'keyid="A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg";alg="ed25519";nonce="7"'
    )
    assert added[SIGNATURE].startswith("nightjar=:")
    assert added[SIGNATURE].endswith("==:")


def test_a_request_that_has_all_headers_covers_all() -> None:
    assert HEARTBEAT == heartbeat.HEARTBEAT
    every = dict.fromkeys(HEADERS, "x") | {CONTENT_DIGEST: content_digest("ab" * 32)}
    request = SignedRequest("PUT", "/", "a=1", every)
    assert " ".join(request.required) == (
        "@method @path content-digest x-device @query x-photo-id x-camera-id x-captured-at "
        "x-trigger x-clock x-waiting x-heartbeat x-motion x-labels"
    )


# --- other implementations


class _Resolver(oracle.HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> oracle.VerificationKey:
        return Ed25519PublicKey.from_public_bytes(parse_key(key_id))

    def resolve_private_key(self, key_id: str) -> oracle.SigningKey:
        return KEY


def _message(request: SignedRequest) -> requests.PreparedRequest:
    url = f"http://127.0.0.1{request.path}" + (f"?{request.query}" if request.query else "")
    return requests.Request(request.method, url, headers=request.headers).prepare()


@given(requests_of_devices(), counters)
def test_another_implementation_verifies_what_we_sign(request: SignedRequest, counter: int) -> None:
    verifier = oracle.HTTPMessageVerifier(
        signature_algorithm=oracle.algorithms.ED25519, key_resolver=_Resolver()
    )
    (result,) = verifier.verify(_message(_signed(request, counter)), max_age=None)
    assert {f'"{name}"' for name in request.required} <= set(result.covered_components)
    assert result.parameters["nonce"] == str(counter)
    tampered = _changed(_signed(request, counter), method="DELETE")
    with pytest.raises(oracle.InvalidSignature):
        verifier.verify(_message(tampered), max_age=None)


@given(requests_of_devices(), counters, st.booleans(), st.data())
def test_we_verify_what_another_implementation_signs(
    request: SignedRequest, counter: int, has_algorithm: bool, data: st.DataObject
) -> None:
    message = _message(request)
    signer = oracle.HTTPMessageSigner(
        signature_algorithm=oracle.algorithms.ED25519, key_resolver=_Resolver()
    )
    if data.draw(st.booleans()):  # a signature of somebody on the way comes first
        signer.sign(
            message,
            key_id="proxy",
            label="proxy",
            covered_component_ids=("@method",),
            use_existing_digest=True,
        )
    signer.sign(
        message,
        key_id=format_key(PUBLIC_KEY),
        created=datetime.fromtimestamp(CREATED, UTC),
        nonce=str(counter),
        label="nightjar",
        tag="whatever",
        include_alg=has_algorithm,
        covered_component_ids=data.draw(st.permutations(request.required)),
        append_if_signature_exists=True,
        use_existing_digest=True,
    )
    signature = _parsed(_changed(request, headers=dict(message.headers)))
    assert _is_valid(signature)
    assert signature.counter == counter
    assert signature.created == CREATED


def test_the_published_vector() -> None:
    """RFC 9421, appendix B.2.6. Its key id and components are not ours, the base is."""
    key = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"
    private_key = load_der_private_key(base64.b64decode(key), None)
    assert isinstance(private_key, Ed25519PrivateKey)
    sent = {
        "Host": "example.com",
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Length": "18",
    }
    request = SignedRequest("POST", "/foo", "param=Value&Pet=dog", sent)
    names = ["date", "@method", "@path", "@authority", "content-type", "content-length"]
    listed = " ".join(f'"{name}"' for name in names)
    parameters = f'({listed});created=1618884473;keyid="test-key-ed25519"'
    base = request.signature_base(names, parameters)
    assert base64.b64encode(private_key.sign(base)) == (
        b"wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )


# --- what others may send


@pytest.mark.parametrize(
    "before_and_after",
    [
        ("{}", "{}"),
        ("a=1, {}", "a=:AA==:, {}"),
        ('sig1=("@status";req "x";key="a");created=1;x;tag="\\"", {}', "{}"),
        ("{},b;c=?1", "{}\t,\td"),
        ("nightjar=1, {}", "nightjar=2,{}"),  # of two the later one counts
        ("  {}  ", "  {}  "),
    ],
)
def test_what_stands_beside_it_does_not_matter(before_and_after: tuple[str, str]) -> None:
    signed = _signed(UPLOAD)
    names = (SIGNATURE_INPUT, SIGNATURE)
    changed = {
        name: text.format(signed.headers[name.lower()])
        for name, text in zip(names, before_and_after, strict=True)
    }
    assert _is_valid(_parsed(_with(signed, **changed)))


def test_spaces_where_they_are_allowed_do_not_matter() -> None:
    signed = _signed(UPLOAD)
    spaced = signed.headers["signature-input"]
    spaced = spaced.replace('" "', '"   "').replace("(", "(  ").replace(")", " )")
    assert _is_valid(_parsed(_with(signed, **{SIGNATURE_INPUT: spaced.replace(";", ";  ")})))


@pytest.mark.parametrize("sent", [None, "", 'sig1=("@method");keyid="x"', "proxy"])
def test_a_request_without_our_signature_is_unsigned(sent: str | None) -> None:
    assert parse_signature(_with(UPLOAD, **({SIGNATURE_INPUT: sent} if sent else {}))) is None


GOOD = sign(UPLOAD, PUBLIC_KEY, 7, CREATED, KEY.sign)


@pytest.mark.parametrize(
    ("header", "old", "new"),
    [
        (SIGNATURE_INPUT, '"x-device"', '"x-device";req'),
        (SIGNATURE_INPUT, '"x-device"', '"x-device" "x-device"'),
        (SIGNATURE_INPUT, '"x-device"', '"X-Device"'),
        (SIGNATURE_INPUT, ' "x-device"', ""),
        (SIGNATURE_INPUT, '"@method" ', ""),
        (SIGNATURE_INPUT, '"@path" ', ""),
        (SIGNATURE_INPUT, '"content-digest" ', ""),
        (SIGNATURE_INPUT, '"x-device"', '"x-device" "x-missing"'),
        (SIGNATURE_INPUT, '"x-device"', '"x-device" "@status"'),
        (SIGNATURE_INPUT, '"x-device"', '"x-device" "@signature-params"'),
        (SIGNATURE_INPUT, '"x-device"', "x-device"),
        (SIGNATURE_INPUT, "(", "(" * 9),
        (SIGNATURE_INPUT, ")", ""),
        (SIGNATURE_INPUT, '"7"', "7"),
        (SIGNATURE_INPUT, '"7"', '"07"'),
        (SIGNATURE_INPUT, '"7"', '"-7"'),
        (SIGNATURE_INPUT, '"7"', '""'),
        (SIGNATURE_INPUT, '"7"', f'"{MAX_COUNTER + 1}"'),
        (SIGNATURE_INPUT, '"7"', f'"{"9" * 400}"'),
        (SIGNATURE_INPUT, '"7"', '"\N{ARABIC-INDIC DIGIT SEVEN}"'),
        (SIGNATURE_INPUT, ';nonce="7"', ""),
        (SIGNATURE_INPUT, ';nonce="7"', ';nonce="7";nonce="7"'),
        (SIGNATURE_INPUT, ';nonce="7"', ';nonce="7",'),
        (SIGNATURE_INPUT, "1790000000", "soon"),
        (SIGNATURE_INPUT, "1790000000", "01790000000"),
        (SIGNATURE_INPUT, "ed25519", "hmac-sha256"),
        (SIGNATURE_INPUT, 'keyid="', 'keyid="A'),
        (SIGNATURE_INPUT, "A6EHv", "A6EH+"),
        (SIGNATURE_INPUT, "Mbg", "Mbh"),  # the same key, written in another way
        (SIGNATURE_INPUT, "nightjar=(", "nightjar=1;("),
        (SIGNATURE_INPUT, ";alg", " " * 3000 + ";alg"),
        (SIGNATURE, "nightjar=", "sig1="),
        (SIGNATURE, "==:", ":"),
        (SIGNATURE, "nightjar=:", "nightjar=:AAAA"),
        (SIGNATURE, ":", '"'),
        (CONTENT_DIGEST, "sha-256", "sha-512"),
        (CONTENT_DIGEST, "=:", "=:!"),
        (DEVICE, "gate", "g\N{LATIN SMALL LETTER A WITH DIAERESIS}te"),
    ],
)
def test_a_malformed_signature_raises_a_wire_error(header: str, old: str, new: str) -> None:
    signed = _with(UPLOAD, **GOOD)
    text = signed.headers[header.lower()]
    changed = text.replace(old, new)
    if changed == text:
        pytest.fail(f"there is no {old} in {text}")
    with pytest.raises(WireError):
        parse_signature(_with(signed, **{header: changed}))


@given(st.sampled_from([SIGNATURE_INPUT, SIGNATURE]), st.text() | st.text('nightjar=(";,) :1'))
def test_no_header_raises_anything_but_a_wire_error(header: str, text: str) -> None:
    try:
        parse_signature(_with(UPLOAD, **(GOOD | {header: text})))
    except WireError as error:
        assert error.field in (SIGNATURE_INPUT, SIGNATURE)  # noqa: PT017


@pytest.mark.parametrize(
    "text", ['a="' + "\\" * 2000, "a=(" + " " * 2000, "a" + "; a" * 600, "(" * 2040, "a=(a" * 500]
)
def test_a_hostile_header_is_read_in_linear_time(text: str) -> None:
    """The test's own time limit (pyproject.toml) ends an exponential search."""
    with pytest.raises(WireError):
        parse_signature(_with(UPLOAD, **(GOOD | {SIGNATURE_INPUT: f"{text}!"})))


def test_what_is_not_ascii_is_not_signed() -> None:
    with pytest.raises(WireError):
        _signed(_with(UPLOAD, **{DEVICE: "g\N{LATIN SMALL LETTER A WITH DIAERESIS}te"}))


@given(st.binary(min_size=32, max_size=32))
def test_every_key_comes_back_from_its_text(key: bytes) -> None:
    assert parse_key(format_key(key)) == key
    assert len(fingerprint(key)) == 16


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "B", "+" * 43, "\u0661" * 43])
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(WireError):
        parse_key(text)


def test_the_fingerprint_is_that_of_the_raw_key() -> None:
    """As printed by: openssl pkey -pubin -outform DER | tail -c 32 | sha256sum"""
    assert base64.urlsafe_b64decode(fingerprint(PUBLIC_KEY)).hex() == "56475aa75463474c0285df5d"
