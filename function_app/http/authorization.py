"""Who may call a route. There is no default: each route says whom it lets in."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

import azure.functions as func

from function_app.auth import sessions, tokens
from function_app.auth.caller import ANONYMOUS, DEVICE, Caller, Scope
from function_app.http.cookies import SESSION, read_cookie
from function_app.origins import origin_of
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.settings import PUBLIC_URL, Settings
from function_app.storage.models import Photo
from photo_wire.name import PhotoName

_SAFE_METHODS = ("GET", "HEAD")


class Access(Enum):
    """Whom a route lets in."""

    PUBLIC = "everyone"
    DEVICE = "who holds a function key; the Functions host checks it"
    UPLOADER = "a token that may bring photos"
    READER = "who may look at photos: a person's session, or a token"
    DELETER = "who may delete photos"
    ADMIN = "who decides about people and tokens"
    PERSON = "who signed in, with their session"


_SCOPES = {
    Access.UPLOADER: Scope.UPLOAD,
    Access.READER: Scope.READ,
    Access.DELETER: Scope.DELETE,
    Access.ADMIN: Scope.ADMIN,
}


def authorize(access: Access, req: func.HttpRequest, services: Services, now: datetime) -> Caller:
    """Who calls a route that lets these in.

    Raises HTTPProblemError: 401 for a stranger, 403 for somebody without the right, and for a page
    of another site that uses a person's session.
    """
    if access is Access.PUBLIC:
        return ANONYMOUS
    if access is Access.DEVICE:
        return DEVICE
    caller = _authenticate(req.headers, req.url, services, now)
    if caller is None:
        raise HTTPProblemError(
            401,
            "Sign in, or send a token as Authorization: Bearer TOKEN.",
            {"WWW-Authenticate": "Bearer"},
        )
    if caller.session and req.method not in _SAFE_METHODS:
        check_origin(req, services.settings)
    if access is Access.PERSON and caller.session is None:
        raise HTTPProblemError(403, "This is for people who signed in, not for tokens.")
    scope = _SCOPES.get(access)
    if scope and scope not in caller.scopes:
        raise HTTPProblemError(403, f"{caller.name} has not got the right to {scope}.")
    if scope is Scope.ADMIN and caller.cameras is not None:
        raise HTTPProblemError(403, f"This is about all cameras, and {caller.name} is about some.")
    return caller


def check_origin(req: func.HttpRequest, settings: Settings) -> None:
    """A browser says where a request comes from: another site's page may change nothing here.
    Raises HTTPProblemError (403)."""
    origin = origin_of(req.headers.get("Origin", ""))
    if not origin or origin not in (own_origin(req.url, settings), settings.public_origin):
        raise HTTPProblemError(
            403,
            "This request comes from another site's page: open the gallery itself. If a proxy "
            f"stands before it, {PUBLIC_URL} has to be the address that people use.",
        )


def own_origin(url: str, settings: Settings) -> str:
    """The origin of a request's URL. Azure is reached by https alone, whatever the host makes of
    the request behind its front end."""
    origin = origin_of(url)
    return f"https:{origin.partition(':')[2]}" if settings.is_on_azure else origin


def find_photo(name: PhotoName, services: Services, caller: Caller) -> Photo:
    """Return the photo of this name, for a caller who may see its camera. Raises HTTPProblemError
    (404): who may not is told the same as if there were no such photo."""
    photo = services.index.get(name)
    if photo is None or not caller.may_see(name.camera):
        raise unknown_photo(name)
    return photo


def unknown_photo(name: PhotoName) -> HTTPProblemError:
    """Return the problem for a photo that is not there."""
    return HTTPProblemError(404, f"There is no photo {name}: it never arrived, or it was deleted.")


def _authenticate(
    headers: Mapping[str, str], url: str, services: Services, now: datetime
) -> Caller | None:
    scheme, _, secret = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        secret = secret.strip()
        return _static_token(secret, services.settings) or tokens.find(services.people, secret, now)
    value = read_cookie(headers, SESSION, url)
    return sessions.find(services.people, value, now) if value else None


def _static_token(secret: str, settings: Settings) -> Caller | None:
    """The two tokens that are settings; it takes as long for a near miss as for a far one."""
    for token, name, scopes in (
        (settings.read_token, "the read token", frozenset({Scope.READ})),
        (settings.admin_token, "the admin token", frozenset(Scope)),
    ):
        if token and hmac.compare_digest(secret.encode(errors="surrogatepass"), token.encode()):
            return Caller(name, scopes, root=name)
    return None
