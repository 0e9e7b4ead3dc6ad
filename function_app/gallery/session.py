"""`POST` and `DELETE /api/session`: a browser trades the read token for a cookie, and back."""

import json
import time
from urllib.parse import urlsplit

import azure.functions as func

from function_app.access import (
    SESSION_COOKIE,
    SESSION_SECONDS,
    is_token,
    new_session,
    require_token,
)
from function_app.backend import Backend
from function_app.refused import RefusedError
from function_app.replies import Reply

_LONGEST_BODY = 4096  # bytes
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def open_session(req: func.HttpRequest, backend: Backend) -> Reply:
    """204 with the session's cookie, for `{"token": "..."}`."""
    _check_origin(req)
    token = require_token(backend.settings.read_token)
    if not is_token(_offered(req.get_body()), token):
        raise RefusedError(401, "This is not the read token.", {"WWW-Authenticate": "Bearer"})
    return _reply(req, new_session(token, time.time()), SESSION_SECONDS)


def close_session(req: func.HttpRequest, backend: Backend) -> Reply:
    """204, and the browser forgets its cookie."""
    _check_origin(req)
    return _reply(req, "", 0)


def _reply(req: func.HttpRequest, value: str, seconds: int) -> Reply:
    cookie = f"{SESSION_COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict"
    if not _is_local(req.url):
        cookie += "; Secure"
    return Reply(204, headers={"Set-Cookie": cookie})


def _offered(body: bytes) -> str:
    try:
        said = json.loads(body) if len(body) <= _LONGEST_BODY else None
    except (ValueError, RecursionError):
        said = None
    token = said.get("token") if isinstance(said, dict) else None
    if not isinstance(token, str):
        raise RefusedError(400, 'Send the read token as JSON: {"token": "..."}.')
    return token


def _check_origin(req: func.HttpRequest) -> None:
    """A browser says where a request comes from: another site's page may not sign anybody in."""
    origin = req.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != urlsplit(req.url).netloc:
        raise RefusedError(
            403, "This request comes from another site's page: open the gallery itself."
        )


def _is_local(url: str) -> bool:
    """Whether this is plain http on one machine, where a browser would not keep a Secure cookie."""
    address = urlsplit(url)
    return address.scheme == "http" and address.hostname in _LOOPBACK
