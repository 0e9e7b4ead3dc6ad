"""The signature of a device's request: HTTP Message Signatures (RFC 9421) with Ed25519.

    X-Device: gate
    Signature-Input: nightjar=("@method" "@path" "content-digest" "x-device");created=1790000000;
        keyid="KEY";alg="ed25519";nonce="COUNTER"
    Signature: nightjar=:BASE64:

KEY is the raw public key in base64url without padding. COUNTER is a decimal number that is higher
in each request of a device. A signature covers the method, the path, the query if there is one, and
every header in HEADERS that the request has. Nothing here computes or checks a signature: callers
bring the library for that.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from photo_wire.errors import WireError, quoted
from photo_wire.headers import (
    CAMERA_ID,
    CAPTURED_AT,
    CLOCK,
    CONTENT_DIGEST,
    HEARTBEAT,
    PHOTO_ID,
    TRIGGER,
    WAITING,
    parse_content_digest,
)
from photo_wire.motion import LABELS, MOTION

DEVICE = "X-Device"
SIGNATURE_INPUT = "Signature-Input"
SIGNATURE = "Signature"
HEADERS = (
    CONTENT_DIGEST,
    DEVICE,
    PHOTO_ID,
    CAMERA_ID,
    CAPTURED_AT,
    TRIGGER,
    CLOCK,
    WAITING,
    HEARTBEAT,
    MOTION,
    LABELS,
)
MAX_COUNTER = 2**53  # JSON carries it exactly, and so do the index's numbers
KEY_BYTES, SIGNATURE_BYTES = 32, 64
_LABEL, _ALGORITHM = "nightjar", "ed25519"
_HEADERS = tuple(name.lower() for name in HEADERS)
_REQUIRED = ("@method", "@path", CONTENT_DIGEST.lower(), DEVICE.lower())
_MAX_HEADER = 2048  # characters; ours have 400

# Structured fields (RFC 9651), as far as a signature's headers need them. An escaped string is
# written as it is read, and so is a number without leading zeros; other forms are refused.
_KEY = r"[a-z*][a-z0-9_.*-]*"
_STRING = r'"(?:[ !#-\[\]-~]|\\["\\])*"'
_VALUE = rf"(?:{_STRING}|[A-Za-z*][!#-'*+.^_`|~0-9A-Za-z:/-]*|:[A-Za-z0-9+/=]*:|[@?]?-?[0-9.]+)"
_PARAMETER = re.compile(rf"; *({_KEY})(?:=({_VALUE}))?")
_PARAMETERS = rf"(?:; *{_KEY}(?:={_VALUE})?)*"
_ITEM = rf"{_VALUE}{_PARAMETERS}"
_LIST = rf"\( *(?:{_ITEM}(?: +{_ITEM})* *)?\){_PARAMETERS}"
_MEMBER = re.compile(rf"({_KEY})(?:=({_LIST}|{_ITEM})|{_PARAMETERS})[ \t]*(?:,[ \t]*(?!\Z)|\Z)")
_COMPONENTS = re.compile(rf"\( *((?:{_STRING}(?: +{_STRING})* *)?)\)({_PARAMETERS})")
_COUNTER = re.compile(r'"(0|[1-9][0-9]{0,15})"')
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")


class SignedRequest:
    """What a signature can cover. `path` is as on the request line, without the query; `query` is
    without its question mark, empty if there is none. Names of headers may have any case."""

    def __init__(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> None:
        self.headers = {name.lower(): value.strip() for name, value in headers.items()}
        self.method, self.path, self.query = method, path, query
        self._derived = {
            "@method": method,
            "@path": path or "/",
            "@query": f"?{query}",
            "@authority": self.headers.get("host", "").lower(),
        }

    @property
    def required(self) -> list[str]:
        """The names of the components that a signature of this request has to cover."""
        ours = [name for name in _HEADERS if name in self.headers]
        return [*dict.fromkeys([*_REQUIRED, *(["@query"] if self.query else []), *ours])]

    def signature_base(self, components: Sequence[str], parameters: str) -> bytes:
        """Return the bytes that are signed (RFC 9421, section 2.5). `components` are names,
        `parameters` is the whole value of the label in Signature-Input.

        Raises WireError if the request lacks a component, or has one that is not ASCII.
        """
        values = self.headers | self._derived
        try:
            lines = [f'"{name}": {values[name]}\n' for name in components]
        except KeyError as missing:
            raise WireError(
                SIGNATURE_INPUT, f"the request has no {quoted(missing.args[0])}"
            ) from None
        try:
            return f'{"".join(lines)}"@signature-params": {parameters}'.encode("ascii")
        except UnicodeEncodeError:
            raise WireError(SIGNATURE_INPUT, "what it covers is not ASCII") from None


@dataclass(frozen=True, slots=True)
class DeviceSignature:
    """A well-formed signature that covers what it has to. It is valid if `value` is the Ed25519
    signature of `base` by `public_key`, and the body has the SHA-256 `sha256` (hex).

    `device` is the name in X-Device, which is not checked here. `created` is the device's time in
    seconds since 1970, if it has said one; its clock may be wrong.
    """

    device: str
    public_key: bytes
    counter: int
    created: int | None
    sha256: str
    value: bytes
    base: bytes


def sign(
    request: SignedRequest,
    public_key: bytes,
    counter: int,
    created: int,
    signer: Callable[[bytes], bytes],
) -> dict[str, str]:
    """Return the two headers that sign a request; `signer` returns the signature of bytes.

    `created` is in seconds since 1970. Raises WireError if the request lacks a header that has to
    be covered, or if a covered header is not ASCII.
    """
    components = request.required
    parameters = (
        f"({_quote(components)});created={created}"
        f';keyid="{format_key(public_key)}";alg="{_ALGORITHM}";nonce="{counter}"'
    )
    value = signer(request.signature_base(components, parameters))
    return {
        SIGNATURE_INPUT: f"{_LABEL}={parameters}",
        SIGNATURE: f"{_LABEL}=:{base64.b64encode(value).decode()}:",
    }


def parse_signature(request: SignedRequest) -> DeviceSignature | None:
    """Return the signature in the headers of a request; None if it has none of ours.

    Raises WireError, naming the header, if the signature is malformed, uses another algorithm or
    does not cover what it has to. The signature itself is not checked.
    """
    parameters = _member(request, SIGNATURE_INPUT)
    if parameters is None:
        return None
    components, values, canonical = _parse_input(parameters)
    if missing := [name for name in request.required if name not in components]:
        raise WireError(SIGNATURE_INPUT, f"{', '.join(missing)} is not covered")
    base = request.signature_base(components, canonical)
    if (algorithm := values.get("alg", _ALGORITHM).strip('"')) != _ALGORITHM:
        raise WireError(SIGNATURE_INPUT, f"{quoted(algorithm)} is not the algorithm {_ALGORITHM}")
    sha256 = parse_content_digest(request.headers[CONTENT_DIGEST.lower()])
    if sha256 is None:
        raise WireError(CONTENT_DIGEST, "has no sha-256")
    return DeviceSignature(
        device=request.headers[DEVICE.lower()],
        public_key=parse_key(values.get("keyid", "").strip('"'), SIGNATURE_INPUT),
        counter=_counter(values.get("nonce", "")),
        created=_seconds(values["created"]) if "created" in values else None,
        sha256=sha256,
        value=_signature(_member(request, SIGNATURE)),
        base=base,
    )


def format_key(public_key: bytes) -> str:
    """Return a raw public key as the wire writes it: base64url without padding."""
    return base64.urlsafe_b64encode(public_key).decode().rstrip("=")


def parse_key(text: str, field: str = "key") -> bytes:
    """Return the raw public key that `format_key` wrote. Raises WireError, naming `field`, if it is
    not one."""
    if re.fullmatch("[A-Za-z0-9_-]{43}", text):
        key = base64.urlsafe_b64decode(f"{text}=")
        if format_key(key) == text:  # the last character has two bits more than the key
            return key
    raise WireError(field, f"{quoted(text)} is not a public key: {KEY_BYTES} bytes in base64url")


def fingerprint(public_key: bytes) -> str:
    """Return what a person compares: the first 16 characters of the SHA-256 of the raw public key
    in base64url (96 bits)."""
    return base64.urlsafe_b64encode(hashlib.sha256(public_key).digest()).decode()[:16]


def _parse_input(text: str) -> tuple[list[str], dict[str, str], str]:
    """Return the covered components, the parameters, and both in the canonical form."""
    match = _COMPONENTS.fullmatch(text)
    if match is None:
        raise WireError(SIGNATURE_INPUT, f"{quoted(text)} is not a list of components")
    components = [string[1:-1] for string in re.findall(_STRING, match[1])]
    parameters = _PARAMETER.findall(match[2])
    values = dict(parameters)
    if len(set(components)) != len(components) or len(values) != len(parameters):
        raise WireError(SIGNATURE_INPUT, f"{quoted(text)} has something twice")
    written = "".join(f";{key}={value}" if value else f";{key}" for key, value in parameters)
    return components, values, f"({_quote(components)}){written}"


def _member(request: SignedRequest, header: str) -> str | None:
    """Return the value of our label in a dictionary (RFC 9651, section 4.2.2); None if it is not
    there. Raises WireError if the header is malformed."""
    text, position, found = request.headers.get(header.lower(), ""), 0, None
    if len(text) > _MAX_HEADER:
        raise WireError(header, f"has more than {_MAX_HEADER} characters")
    while position < len(text):
        match = _MEMBER.match(text, position)
        if match is None:
            raise WireError(header, f"{quoted(text)} is malformed")
        if match[1] == _LABEL:  # of two the later one counts
            found = match[2] or "?1"
        position = match.end()
    return found


def _signature(text: str | None) -> bytes:
    match = re.fullmatch(rf":([A-Za-z0-9+/]{{86}}==):(?:{_PARAMETERS})", text or "")
    if match is None:
        raise WireError(SIGNATURE, f"has no {_LABEL}=:BASE64 OF {SIGNATURE_BYTES} BYTES:")
    return base64.b64decode(match[1])


def _counter(text: str) -> int:
    match = _COUNTER.fullmatch(text)
    if match is None or int(match[1]) > MAX_COUNTER:
        raise WireError(SIGNATURE_INPUT, f"{quoted(text)} is not a counter: nonce, up to 2**53")
    return int(match[1])


def _seconds(text: str) -> int:
    if not _SECONDS.fullmatch(text):
        raise WireError(SIGNATURE_INPUT, f"{quoted(text)} is not a time: created, in seconds")
    return int(text)


def _quote(components: Sequence[str]) -> str:
    return " ".join([f'"{name}"' for name in components])
