"""Who may call a route: authentication, and the rights that a route requires. There is no default;
each route declares its `Access`."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import Enum

import azure.functions as func

from function_app.auth.caller import ANONYMOUS, DEVICE, Caller, Scope
from function_app.auth.device_keys import name_in_key
from function_app.http.cookies import SESSION, read_cookie
from function_app.origins import origin_of
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.settings import PUBLIC_URL, Network, Secrets
from function_app.storage.models import Photo
from photo_wire.headers import FUNCTION_KEY
from photo_wire.name import PhotoName

_SIGNATURE_INPUT = "Signature-Input"
_SAFE_METHODS = ("GET", "HEAD")


class Access(Enum):
    """Who may call a route. The text is for the API's description."""

    PUBLIC = "everyone"
    DEVICE = "holders of a function key, which the Functions host checks"
    UPLOADER = "tokens that may upload photos"
    READER = "people and tokens that may look at photos"
    DELETER = "people and tokens that may delete photos"
    CONTROLLER = "owners and tokens with the scope control"
    ADMIN = "owners and tokens with the scope admin"
    PERSON = "people who signed in, with their session"
    PAGE = "people who signed in, with their session; others are sent to sign in"


SCOPES = {  # what takes a token requires one of these
    Access.UPLOADER: Scope.UPLOAD,
    Access.READER: Scope.READ,
    Access.DELETER: Scope.DELETE,
    Access.CONTROLLER: Scope.CONTROL,
    Access.ADMIN: Scope.ADMIN,
}


def authorize(access: Access, req: func.HttpRequest, services: Services, now: datetime) -> Caller:
    """Return the caller of a route with this access.

    Raises HTTPProblemError: 401 without valid credentials, for a page without a session, and for a
    device's signature with a counter that is too low; 403 without the required scope, and for a
    page of another site that uses a person's session.
    """
    if access is Access.PUBLIC:
        return ANONYMOUS
    if access is Access.DEVICE:
        return _device(req, services, now)
    if access is Access.PAGE:
        caller = _session(req.headers, req.url, services, now)
    else:
        caller = _authenticate(req.headers, req.url, services, now)
    if caller is None:
        detail = (
            "Sign in, or send a token as Authorization: Bearer TOKEN."
            if bearer_token(req.headers) is None
            else "The token is wrong, or it was revoked."
        )
        raise HTTPProblemError(401, detail, {"WWW-Authenticate": "Bearer"})
    if caller.session and req.method not in _SAFE_METHODS:
        check_origin(req, services.settings.network)
    if access is Access.PERSON and caller.session is None:
        raise HTTPProblemError(403, "This requires a session; a token does not suffice.")
    scope = SCOPES.get(access)
    if scope and scope not in caller.scopes:
        raise HTTPProblemError(403, f'{caller.name} lacks the permission "{scope}".')
    if scope is Scope.ADMIN and caller.cameras is not None:
        raise HTTPProblemError(
            403, f"This requires access to all cameras; {caller.name} is limited to some."
        )
    return caller


def check_origin(req: func.HttpRequest, network: Network) -> None:
    """Raise HTTPProblemError (403) if another site's page sends this request. A browser names the
    page's origin; other sites may change nothing here."""
    origin = origin_of(req.headers.get("Origin", ""))
    if not origin or origin not in (own_origin(req.url, network), network.public_origin):
        raise HTTPProblemError(
            403,
            "This request comes from another site's page: open the gallery itself. If a proxy "
            f"stands before it, set {PUBLIC_URL} to the address that people use.",
        )


def page_origin(headers: Mapping[str, str]) -> str:
    """Return the origin of the page that sent a request by a session which changes something:
    `check_origin` has accepted it. So it is where the person has the gallery open, whatever the
    request's Host says."""
    return origin_of(headers.get("Origin", ""))


def own_origin(url: str, network: Network) -> str:
    """Return the app's origin by a request's URL. On Azure it is https, although the Functions host
    sees http behind the front end."""
    origin = origin_of(url)
    return f"https:{origin.partition(':')[2]}" if network.is_on_azure else origin


def find_photo(name: PhotoName, services: Services, caller: Caller) -> Photo:
    """Return the photo of this name, for a caller who may see its camera. Raises HTTPProblemError
    (404), the same for a photo that is not there and for one that the caller may not see."""
    photo = services.index.get(name)
    if photo is None or not caller.may_see(name.camera):
        raise unknown_photo(name)
    return photo


def check_camera_is_visible(camera: str, caller: Caller) -> None:
    """Raise HTTPProblemError (404) if the caller may not see this camera."""
    if not caller.may_see(camera):
        raise unknown_camera(camera)


def unknown_camera(camera: str) -> HTTPProblemError:
    """Return the problem for a camera that is not there, or that the caller may not see."""
    return HTTPProblemError(404, f"There is no camera {camera}.")


def unknown_photo(name: PhotoName) -> HTTPProblemError:
    """Return the problem for a photo that is not there."""
    return HTTPProblemError(404, f"There is no photo {name}: it never arrived, or it was deleted.")


def _device(req: func.HttpRequest, services: Services, now: datetime) -> Caller:
    """Return the device, whose function key the Functions host has checked. A signature says which
    one it is."""
    caller = DEVICE
    if name := name_in_key(req.headers.get(FUNCTION_KEY)):
        caller = replace(DEVICE, key_name=name)
    if req.headers.get(_SIGNATURE_INPUT) is None:
        return caller
    from function_app.http import signed_requests  # with cryptography, for devices with a key

    return signed_requests.verify(req, services.device_keys, caller, now)


def _authenticate(
    headers: Mapping[str, str], url: str, services: Services, now: datetime
) -> Caller | None:
    secret = bearer_token(headers)
    if secret is None:
        return _session(headers, url, services, now)
    from function_app.auth import tokens  # of programs, not of devices

    return _static_token(secret, services.settings.secrets) or tokens.find(
        services.accounts, secret, now
    )


def _session(
    headers: Mapping[str, str], url: str, services: Services, now: datetime
) -> Caller | None:
    value = read_cookie(headers, SESSION, url)
    if not value:
        return None
    from function_app.auth import sessions  # of people, not of devices

    return sessions.find(services.accounts, value, now)


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """Return the token that a request sends, whether it is valid or not; None if it sends none."""
    scheme, _, secret = headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def _static_token(secret: str, secrets: Secrets) -> Caller | None:
    """Return the caller with one of the two tokens of the settings, compared in constant time."""
    for token, name, scopes in (
        (secrets.read_token, "the read token", frozenset({Scope.READ})),
        (secrets.admin_token, "the admin token", frozenset(Scope)),
    ):
        if token and hmac.compare_digest(secret.encode(errors="surrogatepass"), token.encode()):
            return Caller(name, scopes, root=name)
    return None
