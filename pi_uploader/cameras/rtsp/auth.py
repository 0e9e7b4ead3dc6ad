"""Basic and Digest authentication of network cameras: RTSP uses those of HTTP (RFC 2617, RFC 7616).

Digest never sends the password itself; Basic does, readable unless the connection is encrypted.
"""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list

from pi_uploader.errors import NightjarError

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class AuthError(NightjarError):
    """The camera asks for a password in a way that is not answered; the text says which."""


@dataclass(frozen=True)
class Credentials:
    """A user and a password. `allows_basic`: whether Basic is answered without TLS, too."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    allows_basic: bool = False


@dataclass
class Authenticator:
    """Answers a camera's challenge, request by request."""

    _credentials: Credentials = field(repr=False)
    _challenge: dict[str, str]  # the parameters of Digest; empty for Basic
    _nonce_count: int = 0

    def authorization(self, method: str, uri: str) -> str:
        """Return the value of the Authorization header for a request."""
        user, password = self._credentials.user, self._credentials.password
        if not self._challenge:
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._nonce_count += 1
        challenge = self._challenge
        algorithm = challenge.get("algorithm", "MD5").upper()

        def digest(text: str) -> str:
            return _HASHES[algorithm](text.encode()).hexdigest()

        realm, nonce = challenge["realm"], challenge["nonce"]
        user_hash = digest(f"{user}:{realm}:{password}")  # HA1 and HA2 in the RFCs
        request_hash = digest(f"{method}:{uri}")
        quoted = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
        unquoted = {}
        if "auth" in [option.strip() for option in challenge.get("qop", "").split(",")]:
            count, cnonce = f"{self._nonce_count:08x}", secrets.token_hex(8)
            unquoted = {"qop": "auth", "nc": count}
            quoted["cnonce"] = cnonce
            response = digest(f"{user_hash}:{nonce}:{count}:{cnonce}:auth:{request_hash}")
        else:
            response = digest(f"{user_hash}:{nonce}:{request_hash}")
        quoted["response"] = response
        if "opaque" in challenge:
            quoted["opaque"] = challenge["opaque"]
        if "algorithm" in challenge:
            unquoted["algorithm"] = challenge["algorithm"]
        parts = [f'{name}="{_escape(value)}"' for name, value in quoted.items()]
        parts += [f"{name}={value}" for name, value in unquoted.items()]
        return "Digest " + ", ".join(parts)


def choose_scheme(
    challenges: Sequence[str], credentials: Credentials, is_encrypted: bool
) -> Authenticator:
    """Choose from the challenges of the WWW-Authenticate headers: Digest, or Basic where allowed.

    Raises AuthError if none of them may be answered.
    """
    digests = [parameters for one in challenges if (parameters := _digest_parameters(one))]
    if digests:
        best = max(digests, key=lambda one: one.get("algorithm", "").upper() == "SHA-256")
        return Authenticator(credentials, best)
    if any(one.lower().startswith("basic") for one in challenges):
        if is_encrypted or credentials.allows_basic:
            return Authenticator(credentials, {})
        raise AuthError(
            "wants the password in a form that everyone on the way can read (Basic authentication "
            "without TLS), and did not get it; give the camera an rtsps:// URL or switch it to "
            "Digest, or set CAMERA_AUTH=basic if you trust the network"
        )
    raise AuthError("wants a password in a way that is not known here; expected Digest or Basic")


def _digest_parameters(challenge: str) -> dict[str, str] | None:
    """Return the parameters of a Digest challenge that can be answered, else None."""
    scheme, _, rest = challenge.partition(" ")
    if scheme.lower() != "digest":
        return None
    try:
        pairs = parse_keqv_list(parse_http_list(rest))
    except ValueError:
        return None
    parameters = {name.lower(): value for name, value in pairs.items()}
    is_known = parameters.get("algorithm", "MD5").upper() in _HASHES
    return parameters if is_known and {"realm", "nonce"} <= parameters.keys() else None


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
