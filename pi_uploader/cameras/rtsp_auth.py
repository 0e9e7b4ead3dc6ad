"""Passwords of network cameras: HTTP's Basic and Digest authentication, as RTSP has it.

RFC 2617 and RFC 7616. With Digest the password itself is never sent; with Basic it is, readable
unless the connection is encrypted.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list

from pi_uploader.errors import NightjarError

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class AuthError(NightjarError):
    """The camera wants what is not given to it; the text says what."""


@dataclass(frozen=True)
class Credentials:
    """A user and a password. `may_be_readable`: whether Basic is answered without TLS."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    may_be_readable: bool = False


@dataclass
class Answer:
    """How a camera's challenge is answered, request by request."""

    _credentials: Credentials = field(repr=False)
    _challenge: dict[str, str]  # of Digest; empty: Basic
    _count: int = 0

    def header(self, method: str, uri: str) -> str:
        """Return the value of the Authorization header for a request."""
        user, password = self._credentials.user, self._credentials.password
        if not self._challenge:
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._count += 1
        asked = self._challenge
        algorithm = asked.get("algorithm", "MD5").upper()

        def digest(text: str) -> str:
            return _HASHES[algorithm](text.encode()).hexdigest()

        secret = digest(f"{user}:{asked['realm']}:{password}")
        request = digest(f"{method}:{uri}")
        fields = {"username": user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri}
        plain = {}
        if "auth" in [one.strip() for one in asked.get("qop", "").split(",")]:
            count, client = f"{self._count:08x}", secrets.token_hex(8)
            plain = {"qop": "auth", "nc": count}
            fields["cnonce"] = client
            response = digest(f"{secret}:{asked['nonce']}:{count}:{client}:auth:{request}")
        else:
            response = digest(f"{secret}:{asked['nonce']}:{request}")
        fields["response"] = response
        if "opaque" in asked:
            fields["opaque"] = asked["opaque"]
        if "algorithm" in asked:
            plain["algorithm"] = asked["algorithm"]
        parts = [f'{name}="{_escaped(value)}"' for name, value in fields.items()]
        return "Digest " + ", ".join(
            [*parts, *(f"{name}={value}" for name, value in plain.items())]
        )


def answer_to(challenges: Iterable[str], credentials: Credentials, is_encrypted: bool) -> Answer:
    """Choose from what the WWW-Authenticate headers offer: Digest, or Basic where it may be.

    Raises AuthError if nothing of it may be answered.
    """
    offered = list(challenges)
    digests = [found for one in offered if (found := _digest(one))]
    if digests:
        best = max(digests, key=lambda one: one.get("algorithm", "").upper() == "SHA-256")
        return Answer(credentials, best)
    if any(one.lower().startswith("basic") for one in offered):
        if is_encrypted or credentials.may_be_readable:
            return Answer(credentials, {})
        raise AuthError(
            "wants the password in a form that everyone on the way can read (Basic authentication "
            "without TLS), and did not get it; give the camera an rtsps:// URL or switch it to "
            "Digest, or set CAMERA_AUTH=basic if you trust the network"
        )
    raise AuthError("wants a password in a way that is not known here; expected Digest or Basic")


def _digest(challenge: str) -> dict[str, str] | None:
    """Return the parameters of a Digest challenge that can be answered, else None."""
    scheme, _, rest = challenge.partition(" ")
    if scheme.lower() != "digest":
        return None
    try:
        found = {
            name.lower(): value for name, value in parse_keqv_list(parse_http_list(rest)).items()
        }
    except ValueError:
        return None
    is_known = found.get("algorithm", "MD5").upper() in _HASHES
    return found if is_known and "realm" in found and "nonce" in found else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
