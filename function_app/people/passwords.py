"""Passwords, kept as what scrypt makes of them (RFC 7914)."""

import base64
import hashlib
import hmac
import secrets

SHORTEST, LONGEST = 10, 200  # characters
_COST, _BLOCKS, _LANES = 2**14, 8, 1  # about 16 MB and a tenth of a second
_UNKNOWN = "scrypt$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "="


def hash_password(password: str) -> str:
    """What may be kept of a password: `scrypt$salt$hash`, both base64."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_text(salt)}${_text(_scrypt(password, salt))}"


def is_password(password: str, kept: str | None) -> bool:
    """Whether this is the password of which `kept` was made. For nobody's (None) it takes as long,
    so that the time does not tell who has an account."""
    _, salt, expected = (kept or _UNKNOWN).split("$")
    found = _scrypt(password, base64.b64decode(salt))
    return hmac.compare_digest(found, base64.b64decode(expected)) and kept is not None


def weakness(password: str) -> str | None:
    """What is wrong with a new password; None if it will do."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"has {len(password)} characters; choose {SHORTEST} to {LONGEST}"
    if len(set(password)) < 5:
        return "has fewer than five different characters"
    return None


def _scrypt(password: str, salt: bytes) -> bytes:
    secret = password.encode(errors="surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=_COST, r=_BLOCKS, p=_LANES, dklen=32)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
