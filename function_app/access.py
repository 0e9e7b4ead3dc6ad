"""Who may call a route, and who may read: the holder of the read token, or of a session that the
token opened. Until people can sign in, READ_TOKEN is the one secret that opens every photo."""

import hmac
import re
from collections.abc import Mapping
from enum import Enum

from function_app.refused import RefusedError

SESSION_COOKIE = "nightjar_session"
SESSION_SECONDS = 12 * 60 * 60
_SESSION = re.compile(r"([0-9]{1,12})\.([0-9a-f]{64})")


class Access(Enum):
    """Whom a route lets in. There is no default: each route has to say."""

    DEVICE = "who holds a function key; the Functions host checks it"
    READER = "who holds the read token or a session"
    PUBLIC = "everyone"


def check_reader(headers: Mapping[str, str], read_token: str | None, now: float) -> None:
    """Return if the request's headers show a right to read at `now` (seconds since 1970).

    Raises RefusedError: 401 without that right, 503 where no read token is configured.
    """
    token = require_token(read_token)
    scheme, _, bearer = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and is_token(bearer.strip(), token):
        return
    if is_session(_cookie(headers.get("Cookie", "")), token, now):
        return
    raise RefusedError(
        401,
        "Sign in, or send the read token as Authorization: Bearer TOKEN.",
        {"WWW-Authenticate": "Bearer"},
    )


def require_token(read_token: str | None) -> str:
    """The configured read token. Raises RefusedError (503) if there is none."""
    if read_token is None:
        raise RefusedError(503, "Nothing can be read until the setting READ_TOKEN holds a token.")
    return read_token


def is_token(offered: str, token: str) -> bool:
    """Whether `offered` is the token; takes as long for a near miss as for a far one."""
    return hmac.compare_digest(offered.encode(errors="surrogatepass"), token.encode())


def new_session(token: str, now: float) -> str:
    """A session that `token` opens at `now` and that ends SESSION_SECONDS later, as a cookie's
    value: `{expiry}.{HMAC-SHA256}`. Nothing is stored; another token ends all sessions."""
    expiry = str(int(now) + SESSION_SECONDS)
    return f"{expiry}.{_signature(token, expiry)}"


def is_session(value: str, token: str, now: float) -> bool:
    """Whether `value` is a session of this token that has not ended at `now`."""
    match = _SESSION.fullmatch(value)
    if match is None:
        return False
    expiry, signature = match.groups()
    return hmac.compare_digest(signature, _signature(token, expiry)) and now < int(expiry)


def _signature(token: str, expiry: str) -> str:
    return hmac.new(token.encode(), expiry.encode(), "sha256").hexdigest()


def _cookie(header: str) -> str:
    """The session cookie's value in a Cookie header; empty if it has none."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return next((value for name, _, value in pairs if name == SESSION_COOKIE), "")
