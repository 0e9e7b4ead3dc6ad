"""A device with a key of its own, which signs requests as the uploader does."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from photo_wire.headers import content_digest
from photo_wire.signature import DEVICE, SignedRequest, fingerprint, format_key, sign


@dataclass
class SigningDevice:
    """`name` is what it calls itself. The counter grows with each request."""

    name: str
    counter: int = 0
    private_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    @property
    def public_key(self) -> bytes:
        return self.private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key(self) -> str:
        return format_key(self.public_key)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public_key)

    def sign(
        self,
        method: str,
        target: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        created: int | None = None,
    ) -> dict[str, str]:
        """Return the headers of a signed request; `target` is the path and the query."""
        self.counter += 1
        path, _, query = target.partition("?")
        digest = content_digest(hashlib.sha256(body).hexdigest())
        stated = {**(headers or {}), "Content-Digest": digest, DEVICE: self.name}
        signed = sign(
            SignedRequest(method, path, query, stated),
            self.public_key,
            self.counter,
            int(time.time()) if created is None else created,
            self.private_key.sign,
        )
        return {**stated, **signed}
