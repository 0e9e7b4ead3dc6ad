"""`/api/people`: list, add, change and remove users."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from function_app.accounts.fields import ANY_PASSWORD, CAMERAS, NEW_NAME
from function_app.auth import sessions, sign_in_places, users
from function_app.auth.caller import Caller, Role, cameras_to_json
from function_app.auth.provenance import created_by, undo_if_revoked
from function_app.auth.revocation import RevocationReport, revoke_created_by_user
from function_app.auth.users import User
from function_app.http.parameters import choice, defaulting, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.lazy_module import LazyModule
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.errors import WireError, quoted

if TYPE_CHECKING:
    from function_app.auth import passkeys, totp
    from function_app.notify import channels
else:  # few requests need them
    passkeys = LazyModule("function_app.auth.passkeys")
    totp = LazyModule("function_app.auth.totp")
    channels = LazyModule("function_app.notify.channels")

FIRST_PASSWORD = required("password", ANY_PASSWORD)
ROLE = defaulting("role", choice(Role), Role.VIEWER)
NEW_PERSON = JSONBody("NewPerson", (NEW_NAME, FIRST_PASSWORD, ROLE, CAMERAS))
NEW_ROLE = required("role", choice(Role))
PERSON_CHANGE = JSONBody("PersonChange", (NEW_ROLE, CAMERAS))
PASSWORD_OF_PERSON = JSONBody("PasswordOfPerson", (FIRST_PASSWORD,))


def list_people(request: Request, services: Services, caller: Caller) -> Response:
    """200 with all users."""
    found = users.list_users(services.accounts)
    return json_response({"people": [_to_json(user) for user in found]})


def add_person(request: Request, services: Services, caller: Caller) -> Response:
    """201; `{"name": ..., "password": ..., "role": "viewer", "cameras": [...] or null}`."""
    rights = _check_rights(request[ROLE], request[CAMERAS])
    user = add(request[NEW_NAME], request[FIRST_PASSWORD], rights, request, services, caller)
    return json_response(_to_json(user), 201)


def change_person(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what was revoked; from now on the person may do what the body says."""
    rights, user = _check_rights(request[NEW_ROLE], request[CAMERAS]), _find(request, services)
    report = change_rights(user, rights, request, services, caller)
    return json_response({"name": user.name, **report.to_json()})


def set_password_of_person(request: Request, services: Services, caller: Caller) -> Response:
    """204; the person has this password, and their sessions have ended."""
    set_password(_find(request, services), request[FIRST_PASSWORD], request, services, caller)
    return Response(204)


def remove_person(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what the user created; their sessions have ended, their tokens and links are
    revoked, and their channels are removed. Users whom they added stay, and are listed for an owner
    to decide about. Called again, it finishes what an interrupted call left, and then returns
    404."""
    name = request[NEW_NAME]
    report = remove(name, request, services, caller)
    return json_response({"name": name, **report.to_json()})


class Rights(NamedTuple):
    """What a person may do: `cameras` are those that they may see; None for all."""

    role: Role
    cameras: frozenset[str] | None


def add(
    name: str,
    password: object,
    rights: Rights,
    request: Request,
    services: Services,
    caller: Caller,
) -> User:
    """Add a user, and record that in the audit log. Raises HTTPProblemError (409) if the name is
    taken, WireError for a weak password."""
    checked = users.check_new_password(password, name)
    user = users.add(services.accounts, name, checked, *rights, created_by(caller))
    undo_if_revoked(services.accounts, caller, lambda: users.remove(services.accounts, name))
    services.audit_log.record(request.headers, caller.actor, "let in", name)
    return user


def change_rights(
    user: User, rights: Rights, request: Request, services: Services, caller: Caller
) -> RevocationReport:
    """Store what a user may do from now on, end their sessions, and record that in the audit log.
    Of somebody who is no longer an owner the tokens and links are revoked, as if they were removed;
    return which. Called again, it finishes what an interrupted call left. Raises HTTPProblemError:
    403 for the caller themselves, 409 for the owner, and if somebody else changed the user just
    now."""
    _check_changeable(user, caller)
    services.audit_log.record(request.headers, caller.actor, "changed the rights of", user.name)
    if users.change_rights(services.accounts, user, *rights) is None:
        raise _changed_meanwhile()
    sessions.end_all(services.accounts, user.name)
    if rights.role is Role.OWNER:
        return RevocationReport()
    return _revoke_created_by(user.name, request, services, caller)


def set_password(
    user: User, password: object, request: Request, services: Services, caller: Caller
) -> None:
    """Store a new password of a user, end their sessions, and record that in the audit log. Raises
    HTTPProblemError as `change_rights` does, and WireError for a weak password."""
    _check_changeable(user, caller)
    checked = users.check_new_password(password, user.name)
    services.audit_log.record(request.headers, caller.actor, "set a new password of", user.name)
    if users.change_password(services.accounts, user, checked) is None:
        raise _changed_meanwhile()
    sessions.end_all(services.accounts, user.name)


def remove(name: str, request: Request, services: Services, caller: Caller) -> RevocationReport:
    """Remove a user with their sessions, channels, tokens and links, and record that in the audit
    log. Raises HTTPProblemError: 409 for the owner, 404 if there is nobody of this name."""
    existed = users.remove(services.accounts, name)
    if existed:
        services.audit_log.record(request.headers, caller.actor, "shut out", name)
    sessions.end_all(services.accounts, name)
    passkeys.remove_all_of(services.accounts, name)
    totp.remove(services.accounts, name)
    sign_in_places.forget(services.accounts, name)
    channels.remove_all_of(services, name, datetime.now(UTC))
    report = _revoke_created_by(name, request, services, caller)
    if not existed:
        raise HTTPProblemError(404, f"There is nobody called {quoted(name)}.")
    return report


def _revoke_created_by(
    name: str, request: Request, services: Services, caller: Caller
) -> RevocationReport:
    return revoke_created_by_user(
        services.accounts,
        name,
        lambda action, target: services.audit_log.record(
            request.headers, caller.actor, action, target
        ),
    )


def _check_rights(role: Role, cameras: frozenset[str] | None) -> Rights:
    if role == Role.OWNER and cameras is not None:
        raise WireError("cameras", "must be null for an owner, who may see all cameras")
    return Rights(role, cameras)


def _check_changeable(user: User, caller: Caller) -> None:
    """Raise HTTPProblemError for the owner, without whom nobody could add people, and for the
    caller: with a stolen session one could set a password."""
    if user.name == users.OWNER:
        raise HTTPProblemError(409, "The owner may do everything, and changes their own password.")
    if user.name == caller.root:
        raise HTTPProblemError(403, "Nobody changes their own rights; another owner does.")


def _find(request: Request, services: Services) -> User:
    user = users.find(services.accounts, request[NEW_NAME])
    if user is None:
        raise HTTPProblemError(404, f"There is nobody called {quoted(request[NEW_NAME])}.")
    return user


def _changed_meanwhile() -> HTTPProblemError:
    return HTTPProblemError(409, "Something else changed this account just now: try again.")


def _to_json(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role,
        "cameras": cameras_to_json(user.cameras),
        **user.provenance.to_json(),
    }
