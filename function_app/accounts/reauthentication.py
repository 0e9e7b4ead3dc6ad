"""Ask a person who is signed in for the password again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from function_app.accounts.sign_in import authenticate
from function_app.auth import login_throttle, sessions
from function_app.auth.caller import Caller
from function_app.auth.passwords import KNOWN_QUEUE
from function_app.auth.users import User
from function_app.http.request import Request
from function_app.lazy_module import LazyModule
from function_app.problems import HTTPProblemError
from function_app.services import Services

if TYPE_CHECKING:
    from function_app.auth import totp
else:  # few requests need it
    totp = LazyModule("function_app.auth.totp")

PASSWORD_REQUIRED = "password-required"  # noqa: S105  the type of a problem
RECENT = timedelta(minutes=10)  # after a sign-in, in which nothing asks for the password again

T = TypeVar("T")


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
    user = authenticate(caller.name, password, identities, request, services, KNOWN_QUEUE)
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
