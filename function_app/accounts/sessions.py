"""`/api/session`, `/api/sessions` and `/api/password`: sign in, sign out, change a password."""

from datetime import UTC, datetime

from function_app.accounts.fields import ANY_PASSWORD
from function_app.auth import login_throttle, sessions, users
from function_app.auth.audit_log import FAILED_SIGN_IN
from function_app.auth.caller import Caller, cameras_to_json, is_valid_name
from function_app.auth.client_address import client_address
from function_app.auth.passwords import (
    ANONYMOUS_QUEUE,
    KNOWN_QUEUE,
    HashQueue,
    is_common,
    verify_password,
)
from function_app.auth.users import User
from function_app.http.authorization import check_origin
from function_app.http.cookies import BROWSER, SESSION, read_cookie, set_cookie
from function_app.http.parameters import TEXT, defaulting, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services

USER = defaulting("name", TEXT, users.OWNER)
PASSWORD = required("password", TEXT)
SIGN_IN = JSONBody("SignIn", (USER, PASSWORD))
OLD_PASSWORD = required("old", TEXT)
NEW_PASSWORD = required("new", ANY_PASSWORD)
PASSWORD_CHANGE = JSONBody("NewPassword", (OLD_PASSWORD, NEW_PASSWORD))


def open_session(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the session's cookie and the user, for `{"name": ..., "password": ...}`.

    A browser in which this user signed in before has a count of wrong passwords of its own. The
    owner's first password is not accepted if it is a common one.
    """
    if request.headers.get("Origin") is not None:  # a program need not send one to sign in
        check_origin(request.http, services.settings.network)
    name, password, now = request[USER].strip().lower(), request[PASSWORD], datetime.now(UTC)
    device_cookie = read_cookie(request.headers, BROWSER, request.url)
    device = sessions.find_device(services.accounts, name, device_cookie, now)
    address = client_address(request.headers, services.settings.network.trusted_proxies)
    identities = {"browser": device} if device else login_throttle.stranger(name, address)
    queue = KNOWN_QUEUE if device else ANONYMOUS_QUEUE
    user = _authenticate(name, password, identities, services, queue, now)
    if user is None:
        services.audit_log.record(request.headers, "somebody", FAILED_SIGN_IN)
        raise HTTPProblemError(401, "Name or password is wrong.", {"WWW-Authenticate": "Bearer"})
    login_throttle.record_success(services.accounts, identities, now)
    if not user.password_hash and is_common(password, name):
        raise HTTPProblemError(
            403, "GALLERY_PASSWORD is too easy to guess and is not accepted: set another one."
        )
    cookies = _start_session(user, request, services, now, is_known_device=device is not None)
    services.audit_log.record(request.headers, name, "signed in")
    signed_in = {"name": user.name, "role": user.role, "cameras": cameras_to_json(user.cameras)}
    return json_response(signed_in, cookies=cookies)


def get_session(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the caller's name, scopes and cameras."""
    return json_response(
        {
            "name": caller.name,
            "scopes": sorted(caller.scopes),
            "cameras": cameras_to_json(caller.cameras),
        }
    )


def close_session(request: Request, services: Services, caller: Caller) -> Response:
    """204; this session has ended, and the browser forgets its cookie."""
    sessions.end(services.accounts, caller)
    return Response(204, cookies=(set_cookie(SESSION, "", 0, request.url),))


def close_all_sessions(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many sessions of this user have ended, this one included."""
    users.end_epoch(services.accounts, caller.name)
    ended = sessions.end_all(services.accounts, caller.name)
    services.audit_log.record(request.headers, caller.actor, "signed out everywhere")
    return json_response({"ended": ended}, cookies=(set_cookie(SESSION, "", 0, request.url),))


def change_password(request: Request, services: Services, caller: Caller) -> Response:
    """204; all other sessions of this user have ended. Wrong old passwords are counted for this
    session, and strangers' attempts are not."""
    now, identities = datetime.now(UTC), {"session": caller.session or ""}
    old_password = request[OLD_PASSWORD]
    user = _authenticate(caller.name, old_password, identities, services, KNOWN_QUEUE, now)
    if user is None:
        raise HTTPProblemError(403, "The old password is wrong.")
    login_throttle.record_success(services.accounts, identities, now)
    new = users.check_new_password(request[NEW_PASSWORD], caller.name)
    changed = users.change_password(services.accounts, user, new)
    if changed is None:
        raise HTTPProblemError(409, "Something else changed this account just now: try again.")
    sessions.end_all(services.accounts, caller.name)
    services.audit_log.record(request.headers, caller.actor, "changed the password")
    cookies = _start_session(changed, request, services, now, is_known_device=False)
    return Response(204, cookies=cookies)


def _authenticate(
    name: str,
    password: str,
    identities: login_throttle.Identities,
    services: Services,
    queue: HashQueue,
    now: datetime,
) -> User | None:
    """Count an attempt and return the user with this name and password. Raises HTTPProblemError:
    429 after too many wrong passwords; 503 if too many are being hashed, and then the attempt is
    not counted."""
    login_throttle.count_attempt(services.accounts, identities, now)
    first_password = services.settings.secrets.gallery_password
    try:
        if is_valid_name(name):
            return users.authenticate(services.accounts, name, password, first_password, queue)
        verify_password(password, None, queue)
    except HTTPProblemError:
        login_throttle.cancel_attempt(services.accounts, identities, now)
        raise
    return None


def _start_session(
    user: User, request: Request, services: Services, now: datetime, is_known_device: bool
) -> tuple[str, ...]:
    """Create a session and return the headers that set its cookie, and that of the device if it is
    not known yet. Raises HTTPProblemError (401) for a user who was removed, or signed out
    everywhere, just now."""
    value = sessions.create(services.accounts, user, now)
    if value is None:
        raise HTTPProblemError(
            401, "This account was changed just now: sign in again.", {"WWW-Authenticate": "Bearer"}
        )
    seconds = int(sessions.SESSION_TTL.total_seconds())
    session = set_cookie(SESSION, value, seconds, request.url)
    if is_known_device:
        return (session,)
    value = sessions.remember_device(services.accounts, user.name, now)
    seconds = int(sessions.DEVICE_COOKIE_TTL.total_seconds())
    return session, set_cookie(BROWSER, value, seconds, request.url)
