"""`/api/session`, `/api/sessions` and `/api/password`: sign in, sign out, change a password."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import azure.functions as func

from function_app.accounts.fields import ANY_PASSWORD
from function_app.auth import login_throttle, sessions, sign_in_places, users
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
from function_app.auth.sign_in_places import Client
from function_app.auth.users import User
from function_app.http.authorization import check_origin
from function_app.http.cookies import BROWSER, SESSION, read_cookie, set_cookie
from function_app.http.parameters import TEXT, defaulting, optional, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.lazy_module import LazyModule
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.models import StorageUnavailableError

if TYPE_CHECKING:
    from function_app.auth import passkeys, totp
    from function_app.notify import channels
else:  # few requests need them
    passkeys = LazyModule("function_app.auth.passkeys")
    totp = LazyModule("function_app.auth.totp")
    channels = LazyModule("function_app.notify.channels")

USER = defaulting("name", TEXT, users.OWNER)
PASSWORD = required("password", TEXT)
CODE = optional(
    "code", TEXT, "A code of the authenticator app, or a recovery code, for those who have one."
)
SIGN_IN = JSONBody("SignIn", (USER, PASSWORD, CODE))
OLD_PASSWORD = required("old", TEXT)
NEW_PASSWORD = required("new", ANY_PASSWORD)
PASSWORD_CHANGE = JSONBody("NewPassword", (OLD_PASSWORD, NEW_PASSWORD))
CODE_REQUIRED, PASSWORD_REQUIRED = "code-required", "password-required"  # types of problems
RECENT = timedelta(minutes=10)  # after a sign-in, in which nothing asks for the password again

T = TypeVar("T")
log = logging.getLogger(__name__)


def open_session(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the session's cookie and the user, for `{"name", "password", "code"}`."""
    if request.headers.get("Origin") is not None:  # a program need not send one to sign in
        check_origin(request.http, services.settings.network)
    user, cookies = sign_in(
        request[USER], request[PASSWORD], request[CODE] or "", request, services
    )
    return signed_in_response(user, cookies)


def signed_in_response(user: User, cookies: tuple[str, ...]) -> Response:
    """Return 200 with the user and the cookies of their new session."""
    signed_in = {"name": user.name, "role": user.role, "cameras": cameras_to_json(user.cameras)}
    return json_response(signed_in, cookies=cookies)


def sign_in(
    name: str, password: str, code: str, request: Request, services: Services
) -> tuple[User, tuple[str, ...]]:
    """Return the user with this name, password and code, and the headers that set the cookies of
    their new session. The code is "" if none was sent; most people need none.

    A browser in which this user signed in before has a count of wrong passwords of its own. The
    owner's first password is not accepted if it is a common one. Raises HTTPProblemError: 401 for a
    wrong name or password, and for a code that is missing or wrong (CODE_REQUIRED); 403 for a
    common password, 429 after too many, 503 if too many sign in.
    """
    name, now = name.strip().lower(), datetime.now(UTC)
    device_cookie = read_cookie(request.headers, BROWSER, request.url)
    device = sessions.find_device(services.accounts, name, device_cookie, now)
    address = client_address(request.headers, services.settings.network.trusted_proxies)
    identities = {"browser": device} if device else login_throttle.stranger(name, address)
    queue = KNOWN_QUEUE if device else ANONYMOUS_QUEUE
    user = _authenticate(name, password, identities, request, services, queue)
    if user is None:
        services.audit_log.record(request.headers, "somebody", FAILED_SIGN_IN)
        raise HTTPProblemError(401, "Name or password is wrong.", {"WWW-Authenticate": "Bearer"})
    _check_code(user, code, identities, request, services)
    login_throttle.record_success(services.accounts, identities, now)
    if not user.password_hash and is_common(password, name):
        raise HTTPProblemError(
            403, "GALLERY_PASSWORD is too easy to guess and is not accepted: set another one."
        )
    is_known_device = device is not None
    return user, complete_sign_in(user, request, services, "signed in", is_known_device)


def complete_sign_in(
    user: User, request: Request, services: Services, action: str, is_known_device: bool
) -> tuple[str, ...]:
    """Start a session of a user who has proved who they are, record the action in the audit log,
    and return the headers that set the cookies. Raises HTTPProblemError (401) for a user who was
    removed just now."""
    now = datetime.now(UTC)
    cookies = _start_session(user, request, services, now, is_known_device)
    services.audit_log.record(request.headers, user.name, action)
    _note_place(user.name, request, services, now)
    return cookies


def _check_code(
    user: User,
    code: str,
    identities: login_throttle.Identities,
    request: Request,
    services: Services,
) -> None:
    """Raise HTTPProblemError (401) if this user, whose password was right, needs a code and has
    sent none or a wrong one. A wrong code stays counted as a wrong password."""
    now = datetime.now(UTC)
    if totp.find(services.accounts, user.name) is None:
        return
    if code and totp.verify(services.accounts, user.name, code, now):
        return
    if code:
        action = "gave the right password and a wrong code"
        services.audit_log.record(request.headers, user.name, action)
        detail = "The code is wrong, or it was used already."
    else:
        login_throttle.cancel_attempt(services.accounts, identities, now)
        detail = "Send a code of the authenticator app, or a recovery code, too."
    raise HTTPProblemError(401, detail, {"WWW-Authenticate": "Bearer"}, type=CODE_REQUIRED)


def _note_place(name: str, request: Request, services: Services, now: datetime) -> None:
    """Have a person be told if they signed in from a new place. That fails no sign-in."""
    network, browser, _ = _client(request, services)
    try:
        if sign_in_places.is_new(services.accounts, name, network, browser, now):
            from function_app.notify.handling import accept_sign_in  # seldom needed

            accept_sign_in(services, name, network, browser, now)
        sign_in_places.note(services.accounts, name, network, browser, now)
    except StorageUnavailableError as error:
        log.warning("sign-in: the place of %s is not noted: %s", name, error)


def _client(request: Request, services: Services) -> Client:
    trusted_proxies = services.settings.network.trusted_proxies
    return sign_in_places.client_of(request.headers, trusted_proxies)


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


def forget_session(req: func.HttpRequest, response: Response) -> Response:
    """Return the response of `close_session` for a problem. If the store does not respond, the
    browser forgets its cookie all the same, since the next person may sit at this computer."""
    if response.status != 503:
        return response
    return replace(response, cookies=(set_cookie(SESSION, "", 0, req.url),))


def close_all_sessions(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many sessions of this user have ended, this one included, and what they call the
    channels that go on getting their notifications."""
    users.end_epoch(services.accounts, caller.name)
    ended = sessions.end_all(services.accounts, caller.name)
    services.audit_log.record(request.headers, caller.actor, "signed out everywhere")
    remaining = _record_channels(request, services, caller)
    return json_response(
        {"ended": ended, "channels": remaining},
        cookies=(set_cookie(SESSION, "", 0, request.url),),
    )


def change_password(request: Request, services: Services, caller: Caller) -> Response:
    """204; all other sessions of this user have ended. Wrong old passwords are counted for this
    session, and strangers' attempts are not."""
    now, old = datetime.now(UTC), request[OLD_PASSWORD]
    user = check_password(request, services, caller, old, "The old password is wrong.")
    new = users.check_new_password(request[NEW_PASSWORD], caller.name)
    changed = users.change_password(services.accounts, user, new)
    if changed is None:
        raise HTTPProblemError(409, "Something else changed this account just now: try again.")
    sessions.end_all(services.accounts, caller.name)
    services.audit_log.record(request.headers, caller.actor, "changed the password")
    cookies = _start_session(changed, request, services, now, is_known_device=False)
    _record_channels(request, services, caller)
    return Response(204, cookies=cookies)


def check_password(
    request: Request,
    services: Services,
    caller: Caller,
    password: str,
    wrong: str,
    code: str | None = None,
) -> User:
    """Return the caller, whose password this is, and whose code if one is to be checked. Wrong ones
    are counted for this session. Raises HTTPProblemError: 403 with the text `wrong` for a wrong
    one, 429 after too many."""
    now, identities = datetime.now(UTC), {"session": caller.session or ""}
    user = _authenticate(caller.name, password, identities, request, services, KNOWN_QUEUE)
    if user is None or (
        code is not None and not totp.verify(services.accounts, caller.name, code, now)
    ):
        raise HTTPProblemError(403, wrong)
    login_throttle.record_success(services.accounts, identities, now)
    return user


def check_secret(services: Services, caller: Caller, check: Callable[[datetime], T]) -> T:
    """Return what `check` returns for the current time. If that is false or None, it counts as a
    wrong password of this session. Raises HTTPProblemError (429) after too many."""
    now, identities = datetime.now(UTC), {"session": caller.session or ""}
    login_throttle.count_attempt(services.accounts, identities, now)
    if result := check(now):
        login_throttle.record_success(services.accounts, identities, now)
    return result


def check_is_person(
    request: Request, services: Services, caller: Caller, password: str | None
) -> None:
    """Raise HTTPProblemError (403) unless this person signed in just now, or this is their
    password: whoever finds an open session may add nothing by which they could sign in later.
    Without a password the type of the problem is PASSWORD_REQUIRED."""
    if password is not None:
        check_password(request, services, caller, password, "The password is wrong.")
        return
    session = sessions.get(services.accounts, caller.name, caller.session or "")
    if session is None or datetime.now(UTC) - session.signed_in_at > RECENT:
        raise HTTPProblemError(
            403, "Send your password with this request, or sign in again.", type=PASSWORD_REQUIRED
        )


def _record_channels(request: Request, services: Services, caller: Caller) -> list[str]:
    """Record which channels go on getting this user's notifications, and return what they call
    them: whoever had a session may have added one."""
    remaining = [one.label for one in channels.list_channels(services.notifications, caller.name)]
    if remaining:
        services.audit_log.record(
            request.headers, caller.actor, "still has the channels", ", ".join(remaining)
        )
    return remaining


def _begin_anew(request: Request, services: Services) -> None:
    """Switch the owner's channels off and forget their passkeys and their authenticator app, before
    their record is made anew: whoever knew the password before may have added some, or the owner
    has lost them."""
    passkeys.remove_all_of(services.accounts, users.OWNER)
    totp.remove(services.accounts, users.OWNER)
    if off := channels.switch_off_all_of(services.notifications, users.OWNER):
        services.audit_log.record(
            request.headers, users.OWNER, "switched the channels off", ", ".join(off)
        )


def _authenticate(
    name: str,
    password: str,
    identities: login_throttle.Identities,
    request: Request,
    services: Services,
    queue: HashQueue,
) -> User | None:
    """Count an attempt and return the user with this name and password. Raises HTTPProblemError:
    429 after too many wrong passwords; 503 if too many are being hashed, and then the attempt is
    not counted."""
    now = datetime.now(UTC)
    login_throttle.count_attempt(services.accounts, identities, now)
    first_password = services.settings.secrets.gallery_password
    try:
        if is_valid_name(name):
            return users.authenticate(
                services.accounts,
                name,
                password,
                first_password,
                queue,
                lambda: _begin_anew(request, services),
            )
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
    value = sessions.create(services.accounts, user, now, _client(request, services))
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
