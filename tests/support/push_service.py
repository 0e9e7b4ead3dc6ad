"""A push service on loopback, and the browsers that subscribed to it.

    with PushService() as service:
        browser = service.subscribe(public_key)
        ...  # send to browser.subscription, with service.host in PUSH_HOSTS
    assert browser.messages[0].content["title"] == "gate: motion"

It is as strict as RFC 8030 (delivery), 8291 (encryption) and 8292 (VAPID) allow: what breaks a rule
is rejected, and listed in `problems`. Messages are decrypted by http_ece, which is not the code
that encrypts them. `service.server.handler` may be another handler of tests/support/faults.py for
a while.
"""

import base64
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.fault_server import Exchange, FaultServer
from tests.support.store import Response

MAX_BODY_BYTES = 4096  # RFC 8030, section 7.2: what each push service takes
MAX_TOKEN_SECONDS = 24 * 3600  # RFC 8292, section 2
_URGENCIES = ("very-low", "low", "normal", "high")
_VAPID = re.compile(r"vapid t=(?P<token>[\w.-]+), ?k=(?P<key>[\w-]+)")


class RejectedError(Exception):
    """A request breaks a rule. `status` is that of the response."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class PushMessage:
    """A message that a browser decrypted: its JSON, its headers, when it came (time.monotonic),
    and the claims of the sender's token."""

    content: Mapping[str, Any]
    headers: Mapping[str, str]
    at: float
    claims: Mapping[str, Any]


@dataclass
class Browser:
    """A browser that allowed notifications. `messages` are all that it was sent; `pending` those
    that it would get if it had been away, one for each Topic."""

    endpoint: str
    application_server_key: str
    is_subscribed: bool = True
    messages: list[PushMessage] = field(default_factory=list)
    private_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def subscription(self) -> str:
        """What PushSubscription.toJSON() returns, as text."""
        point = self.private_key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        keys = {"p256dh": _encode(point), "auth": _encode(self.auth)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    @property
    def pending(self) -> list[PushMessage]:
        by_topic: dict[str, PushMessage] = {}
        for number, message in enumerate(self.messages):
            topic = message.headers.get("Topic", f"none {number}")
            by_topic.pop(topic, None)
            by_topic[topic] = message
        return list(by_topic.values())

    def receive(self, body: bytes, headers: Mapping[str, str], claims: Mapping[str, Any]) -> None:
        """Decrypt a message. Raises RejectedError."""
        try:
            content = http_ece.decrypt(
                body, private_key=self.private_key, auth_secret=self.auth, version="aes128gcm"
            )
            parsed = json.loads(content)
        except (http_ece.ECEException, ValueError) as error:
            raise RejectedError(400, f"cannot be decrypted: {error!r}") from None
        self.messages.append(PushMessage(parsed, headers, time.monotonic(), claims))


class PushService:
    """Listens on a port of 127.0.0.1 from `with` on. A browser that is not subscribed any more is
    answered 410, an unknown one 404."""

    def __init__(self) -> None:
        self.server = FaultServer(self.handle)
        self.problems: list[str] = []
        self._browsers: dict[str, Browser] = {}

    @property
    def host(self) -> str:
        """The host and port, for the setting PUSH_HOSTS."""
        return f"127.0.0.1:{self.server.port}"

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def subscribe(self, application_server_key: str) -> Browser:
        """Return a new browser that takes messages of this key alone."""
        path = f"/push/{secrets.token_urlsafe(24)}"
        browser = Browser(self.server.base_url + path, application_server_key)
        self._browsers[path] = browser
        return browser

    def handle(self, exchange: Exchange) -> None:
        """Answer a request."""
        body = exchange.read()
        try:
            self._deliver(exchange, body)
        except RejectedError as error:
            if error.status not in (404, 410):
                self.problems.append(str(error))
            exchange.send(Response(error.status))
        else:
            exchange.send(Response(201, headers={"Location": "/message/1"}))

    def _deliver(self, exchange: Exchange, body: bytes) -> None:
        request = exchange.request
        browser = self._browsers.get(request.path)
        if browser is None:
            raise RejectedError(404, "unknown")
        if not browser.is_subscribed:
            raise RejectedError(410, "unsubscribed")
        _check(request.method == "POST", 405, "is not POST")
        headers = {name.title(): value for name, value in request.headers.items()}
        _check(headers.get("Ttl", "").isdigit(), 400, "has no TTL (RFC 8030, section 5.2)")
        _check(headers.get("Urgency", "normal") in _URGENCIES, 400, "has another Urgency")
        topic = headers.get("Topic", "t")
        _check(bool(re.fullmatch(r"[\w-]{1,32}", topic, re.ASCII)), 400, "has a wrong Topic")
        _check(headers.get("Content-Encoding") == "aes128gcm", 415, "has another encoding")
        _check(len(body) <= MAX_BODY_BYTES, 413, "is too large")
        token = headers.get("Authorization", "")
        claims = verify(token, browser.application_server_key, self.server.base_url)
        browser.receive(body, headers, claims)


def verify(authorization: str, key: str, origin: str) -> Mapping[str, Any]:
    """Return the claims of a token (RFC 8292) that `key` signed for this push service. Raises
    RejectedError."""
    match = _VAPID.fullmatch(authorization)
    if match is None:
        raise RejectedError(401, "has no token of VAPID")
    _check(match["key"] == key, 403, "is signed with another key than the subscription's")
    try:
        signed, signature = match["token"].rsplit(".", 1)
        head, claims = (json.loads(_decode(one)) for one in signed.split("."))
        raw = _decode(signature)
    except ValueError:
        raise RejectedError(401, "has a token that is not a JWT") from None
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(key))
    numbers = (int.from_bytes(one, "big") for one in (raw[:32], raw[32:]))
    try:
        public.verify(encode_dss_signature(*numbers), signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise RejectedError(403, "has a wrong signature") from None
    _check(head == {"typ": "JWT", "alg": "ES256"}, 401, "is not signed with ES256")
    _check(claims["aud"] == origin, 403, "is for another push service")
    left = claims["exp"] - time.time()
    _check(0 < left <= MAX_TOKEN_SECONDS, 403, "expired, or is valid for too long")
    _check(claims.get("sub", "https:").startswith(("https:", "mailto:")), 403, "has a wrong sub")
    return dict(claims)


def _check(is_right: bool, status: int, why: str) -> None:
    if not is_right:
        raise RejectedError(status, why)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
