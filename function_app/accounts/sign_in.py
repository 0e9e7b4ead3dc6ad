"""Sign a person in: check the password and the code, and start a session."""

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from function_app.auth import login_throttle, sessions, sign_in_places, users
from function_app.auth.audit_log import FAILED_SIGN_IN
from function_app.auth.caller import cameras_to_json, is_valid_name
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
from function_app.http.cookies import BROWSER, SESSION, read_cookie, set_cookie
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.lazy_module import LazyModule
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.errors import StorageUnavailableError

if TYPE_CHECKING:
    from function_app.auth import passkeys, totp
    from function_app.notify import channels
else:  # few requests need them
    passkeys = LazyModule("function_app.auth.passkeys")
    totp = LazyModule("function_app.auth.totp")
    channels = LazyModule("function_app.notify.channels")

CODE_REQUIRED = "code-required"  # the type of a problem

log = logging.getLogger(__name__)


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
    user = authenticate(name, password, identities, request, services, queue)
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
    cookies = start_session(user, request, services, now, is_known_device)
    services.audit_log.record(request.headers, user.name, action)
    _note_place(user.name, request, services, now)
    return cookies


def signed_in_response(user: User, cookies: tuple[str, ...]) -> Response:
    """Return 200 with the user and the cookies of their new session."""
    signed_in = {"name": user.name, "role": user.role, "cameras": cameras_to_json(user.cameras)}
    return json_response(signed_in, cookies=cookies)


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


def authenticate(
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


def start_session(
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
