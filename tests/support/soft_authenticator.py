"""An authenticator in software (WebAuthn, 6): it makes passkeys with ES256 keys, and signs with
them. Its parts can be set to what an attacker would send."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags (WebAuthn, 6.1)


@dataclass
class SoftAuthenticator:
    """One passkey. `count` is that of the last signature, and `handle` the user's id."""

    flags: int = PRESENT | VERIFIED
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    handle: str = ""

    def create(
        self,
        options: dict[str, Any],
        origin: str,
        rp_id: str | None = None,
        attestation: bytes | None = None,
    ) -> dict[str, Any]:
        """Return a new credential for these options on a page of this origin. `rp_id` and
        `attestation` replace what the authenticator would send."""
        self.handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        x, y = (one.to_bytes(32, "big") for one in (numbers.x, numbers.y))
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        data = self._data(rp_id or options["rp"]["id"], self.flags | ATTESTED) + attested
        if attestation is None:
            attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            clientDataJSON=_client_data("webauthn.create", options, origin),
            attestationObject=attestation,
        )

    def sign(
        self, options: dict[str, Any], origin: str, rp_id: str | None = None
    ) -> dict[str, Any]:
        """Return what the authenticator says to a challenge on a page of this origin."""
        self.count += 1
        data = self._data(rp_id or options["rpId"], self.flags)
        client_data = _client_data("webauthn.get", options, origin)
        signed = data + hashlib.sha256(client_data).digest()
        return self._credential(
            clientDataJSON=client_data,
            authenticatorData=data,
            signature=self.key.sign(signed, ec.ECDSA(SHA256())),
            userHandle=base64url_to_bytes(self.handle),
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        return (
            hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")
        )

    def _credential(self, **response: bytes) -> dict[str, Any]:
        credential_id = bytes_to_base64url(self.id)
        encoded = {name: bytes_to_base64url(value) for name, value in response.items()}
        return {
            "id": credential_id,
            "rawId": credential_id,
            "type": "public-key",
            "response": encoded,
        }


def _client_data(kind: str, options: dict[str, Any], origin: str) -> bytes:
    client_data = {"type": kind, "challenge": options["challenge"], "origin": origin}
    return json.dumps({**client_data, "crossOrigin": False}).encode()
