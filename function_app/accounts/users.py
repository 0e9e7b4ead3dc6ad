"""`/api/people`: list, add and remove users."""

from function_app.accounts.fields import ANY_PASSWORD, CAMERAS, NEW_NAME
from function_app.auth import sessions, users
from function_app.auth.caller import Caller, Role, cameras_to_json
from function_app.auth.provenance import created_by, undo_if_revoked
from function_app.auth.revocation import revoke_created_by_user
from function_app.auth.users import User
from function_app.http.parameters import choice, defaulting, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.errors import WireError, quoted

FIRST_PASSWORD = required("password", ANY_PASSWORD)
ROLE = defaulting("role", choice(Role), Role.VIEWER)
NEW_PERSON = JSONBody("NewPerson", (NEW_NAME, FIRST_PASSWORD, ROLE, CAMERAS))


def list_people(request: Request, services: Services, caller: Caller) -> Response:
    """200 with all users."""
    found = users.list_users(services.accounts)
    return json_response({"people": [_to_json(user) for user in found]})


def add_person(request: Request, services: Services, caller: Caller) -> Response:
    """201; `{"name": ..., "password": ..., "role": "viewer", "cameras": [...] or null}`."""
    name, role, cameras = request[NEW_NAME], request[ROLE], request[CAMERAS]
    if role == Role.OWNER and cameras is not None:
        raise WireError("cameras", "must be null for an owner, who may see all cameras")
    password = users.check_new_password(request[FIRST_PASSWORD], name)
    user = users.add(services.accounts, name, password, role, cameras, created_by(caller))
    undo_if_revoked(services.accounts, caller, lambda: users.remove(services.accounts, name))
    services.audit_log.record(request.headers, caller.actor, "let in", name)
    return json_response(_to_json(user), 201)


def remove_person(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what the user created; their sessions have ended, and their tokens and links are
    revoked. Users whom they added stay, and are listed for an owner to decide about. Called again,
    it finishes what an interrupted call left, and then returns 404."""
    name = request[NEW_NAME]
    existed = users.remove(services.accounts, name)
    if existed:
        services.audit_log.record(request.headers, caller.actor, "shut out", name)
    sessions.end_all(services.accounts, name)
    report = revoke_created_by_user(
        services.accounts,
        name,
        lambda action, target: services.audit_log.record(
            request.headers, caller.actor, action, target
        ),
    )
    if not existed:
        raise HTTPProblemError(404, f"There is nobody called {quoted(name)}.")
    return json_response({"name": name, **report.to_json()})


def _to_json(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "role": user.role,
        "cameras": cameras_to_json(user.cameras),
        **user.provenance.to_json(),
    }
