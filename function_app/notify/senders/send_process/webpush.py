"""Web Push: RFC 8030 (delivery), 8291 (encryption) and 8292 (VAPID), for one message.

By hand, on the `cryptography` that the backend has anyway
(docs/decisions/0100-web-push-by-hand.md).
"""

import base64
import hashlib
import json
import os
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .http import post
from .jobs import Notification

MAX_PAYLOAD_BYTES = 3072  # push services take 4096 bytes with encryption
RECORD_BYTES = 4096  # RFC 8188: the one record must be smaller
TTL = 24 * 3600  # seconds that the push service keeps it for a browser that is away
TOKEN_SECONDS = 12 * 3600  # RFC 8292: 24 hours at most


class UnusableSubscriptionError(Exception):
    """A subscription without an endpoint, or with keys that are not points of P-256."""


def send(subscription: str, notification: Notification, private_key: str, contact: str) -> None:
    """Send a notification to a browser. `private_key` is the VAPID key, 32 bytes in base64url;
    `contact` an https: or mailto: address, or empty. Raises UnusableSubscriptionError, and
    requests.RequestException."""
    try:
        parsed = json.loads(subscription)
        endpoint, keys = parsed["endpoint"], parsed["keys"]
        body = encrypt(payload(notification), decode(keys["p256dh"]), decode(keys["auth"]))
    except (KeyError, TypeError, ValueError):
        raise UnusableSubscriptionError from None
    signer = ec.derive_private_key(int.from_bytes(decode(private_key), "big"), ec.SECP256R1())
    headers = {
        "Authorization": vapid(endpoint, signer, contact, int(time.time())),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL),
        "Urgency": "high",  # others wait until a phone wakes up by itself
    }
    if tag := notification["tag"]:
        headers["Topic"] = topic(tag)
    post(endpoint, body, headers)


def payload(notification: Notification) -> bytes:
    """Return what the browser gets, as JSON: words and the link, with as much of the body as fits
    into MAX_PAYLOAD_BYTES."""
    names = ("id", "kind", "title", "body", "url", "camera", "at", "tag", "language")
    fields = (*names, "snooze_url", "snooze")
    content = {name: notification[name] for name in fields if notification[name]}  # type: ignore[literal-required]
    body = notification["body"]
    while True:
        data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        excess = len(data) - MAX_PAYLOAD_BYTES
        if excess <= 0:
            return data
        name = "body" if len(content.get("body", "")) > 1 else "title"
        if len(content.get(name, "")) <= 1:
            raise ValueError("the link is too long")
        body = content[name].removesuffix("…")
        # a character takes 1 to 6 bytes, with \\u escapes
        content[name] = body[: max(0, len(body) - 1 - excess // 6)] + "…"


def topic(tag: str) -> str:
    """Return the Topic of a tag: 32 characters of base64url (RFC 8030, section 5.4). An undelivered
    message is replaced by a later one of its topic."""
    return encode(hashlib.sha256(tag.encode()).digest()[:24])


def encrypt(
    data: bytes,
    receiver_key: bytes,
    auth: bytes,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Encrypt a message as RFC 8291, section 3.4 says. `receiver_key` is the browser's point on
    P-256, uncompressed. `sender` and `salt` are for the RFC's example; each message has new ones.
    Raises ValueError for what is not a point."""
    sender = sender or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(16)
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), receiver_key)
    public = point(sender)
    shared = sender.exchange(ec.ECDH(), receiver)
    info = b"WebPush: info\0" + receiver_key + public
    secret = _derive(shared, auth, info, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(public)]) + public
    return header + AESGCM(key).encrypt(nonce, data + b"\2", None)  # 2: the last record


def vapid(endpoint: str, signer: ec.EllipticCurvePrivateKey, contact: str, now: int) -> str:
    """Return the Authorization header of RFC 8292: a JWT, signed with ES256, and its key."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now + TOKEN_SECONDS}
    if contact:
        claims["sub"] = contact
    content = b".".join(
        encode(json.dumps(one, separators=(",", ":")).encode()).encode()
        for one in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    r, s = decode_dss_signature(signer.sign(content, ec.ECDSA(hashes.SHA256())))
    signature = encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={content.decode()}.{signature}, k={encode(point(signer))}"


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public key as an uncompressed point, 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def encode(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
