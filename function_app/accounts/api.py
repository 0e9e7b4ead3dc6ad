"""`/api/session`, `/api/people`, `/api/tokens`, `/api/accesses`: who may do what."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from function_app.auth import audit_log, device_cookies, login_throttle, sessions, tokens, users
from function_app.auth.audit_log import record
from function_app.auth.caller import Caller, Role, Scope, check_limit, is_name
from function_app.auth.origin import check_still_there, described_origin, made_by
from function_app.auth.passwords import (
    KNOWN,
    MAX_LENGTH,
    MIN_LENGTH,
    STRANGERS,
    HashQueue,
    is_common,
    verify_password,
)
from function_app.auth.revocation import Descent, end_what_a_token_made, end_what_came_from
from function_app.http import json_schema
from function_app.http.authorization import check_origin
from function_app.http.cookies import BROWSER, SESSION, read_cookie, set_cookie
from function_app.http.pagination import decode_cursor, encode_cursor, take_page
from function_app.http.parameters import (
    CURSOR,
    LIMIT,
    NAME,
    TEXT,
    Kind,
    choice,
    defaulting,
    optional,
    required,
)
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.account_keys import AUDIT_KEY
from photo_wire.errors import WireError, quoted
from photo_wire.moment import format_time

USER = defaulting("name", TEXT, users.OWNER)
PASSWORD = required("password", TEXT)
SIGN_IN = JSONBody("SignIn", (USER, PASSWORD))

# Whether it is good enough depends on whose it is.
_ANY_PASSWORD: Kind[object] = Kind(
    json_schema.text(minLength=MIN_LENGTH, maxLength=MAX_LENGTH),
    f"a text of {MIN_LENGTH} to {MAX_LENGTH} characters",
    lambda value, name: value,
)
OLD_PASSWORD = required("old", TEXT)
NEW_PASSWORD = required("new", _ANY_PASSWORD)
PASSWORD_CHANGE = JSONBody("NewPassword", (OLD_PASSWORD, NEW_PASSWORD))

CAMERAS = optional(
    "cameras",
    Kind(json_schema.CAMERAS, "a list of cameras' names", lambda value, name: check_limit(value)),
)
NEW_NAME = required("name", NAME, "The name.")
FIRST_PASSWORD = required("password", _ANY_PASSWORD)
ROLE = defaulting("role", choice(Role), Role.VIEWER)
NEW_PERSON = JSONBody("NewPerson", (NEW_NAME, FIRST_PASSWORD, ROLE, CAMERAS))


def _parse_scopes(value: object, name: str) -> list[Scope]:
    if not isinstance(value, list) or not value or not all(one in list(Scope) for one in value):
        raise WireError(name, f"is not a list of some of {', '.join(Scope)}")
    return [Scope(one) for one in value]


SCOPES = required(
    "scopes",
    Kind(
        json_schema.array(json_schema.text(enum=list(Scope)), minItems=1),
        f"a list of some of {', '.join(Scope)}",
        _parse_scopes,
    ),
)
NEW_TOKEN = JSONBody("NewToken", (NEW_NAME, SCOPES, CAMERAS))


def open_session(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the session's cookie and who signed in, for `{"name": ..., "password": ...}`.

    A browser in which this person signed in before has a count of wrong passwords of its own. The
    owner's first password opens nothing if it is a common one.
    """
    if request.headers.get("Origin") is not None:  # a program need not send one to sign in
        check_origin(request.http, services.settings)
    name, password, now = request[USER].strip().lower(), request[PASSWORD], datetime.now(UTC)
    known = device_cookies.find(
        services.people, name, read_cookie(request.headers, BROWSER, request.url), now
    )
    counts = login_throttle.of_stranger(name, audit_log.caller_address(request.headers, services))
    if known:
        counts = {"browser": known}
    person = _person_with(password, name, counts, services, KNOWN if known else STRANGERS, now)
    if person is None:
        record(request.headers, services, "somebody", audit_log.FAILED)
        raise HTTPProblemError(401, "Name or password is wrong.", {"WWW-Authenticate": "Bearer"})
    login_throttle.forget_attempts(services.people, counts, now)
    if not person.password and is_common(password, name):
        raise HTTPProblemError(
            403, "GALLERY_PASSWORD is easy to guess, so it opens nothing: set another one."
        )
    cookies = _cookies(person, request, services, now, is_known=known is not None)
    record(request.headers, services, name, "signed in")
    said_back = {"name": person.name, "role": person.role, "cameras": _listed(person.cameras)}
    return json_response(said_back, cookies=cookies)


def get_session(request: Request, services: Services, caller: Caller) -> Response:
    """200 with who is asking, and what they may do."""
    return json_response(
        {
            "name": caller.name,
            "scopes": sorted(caller.scopes),
            "cameras": _listed(caller.cameras),
        }
    )


def close_session(request: Request, services: Services, caller: Caller) -> Response:
    """204; this session is over, and the browser forgets its cookie."""
    sessions.end(services.people, caller)
    return Response(204, cookies=(set_cookie(SESSION, "", 0, request.url),))


def close_all_sessions(request: Request, services: Services, caller: Caller) -> Response:
    """200 with how many sessions of this person are over now, this one included."""
    users.end_epoch(services.people, caller.name)
    ended = sessions.end_all(services.people, caller.name)
    device_cookies.forget_all(services.people, caller.name)
    record(request.headers, services, caller.who, "signed out everywhere")
    return json_response({"ended": ended}, cookies=(set_cookie(SESSION, "", 0, request.url),))


def change_password(request: Request, services: Services, caller: Caller) -> Response:
    """204; all sessions of this person but this one are over. A wrong old password counts for this
    session, and those of strangers do not."""
    now, counts = datetime.now(UTC), {"session": caller.session or ""}
    person = _person_with(request[OLD_PASSWORD], caller.name, counts, services, KNOWN, now)
    if person is None:
        raise HTTPProblemError(403, "The old password is wrong.")
    login_throttle.forget_attempts(services.people, counts, now)
    new = users.checked(request[NEW_PASSWORD], caller.name)
    changed = users.change_password(services.people, person, new)
    if changed is None:
        raise HTTPProblemError(409, "Something else changed this account just now: try again.")
    sessions.end_all(services.people, caller.name)
    device_cookies.forget_all(services.people, caller.name)
    record(request.headers, services, caller.who, "changed the password")
    return Response(204, cookies=_cookies(changed, request, services, now, is_known=False))


def list_people(request: Request, services: Services, caller: Caller) -> Response:
    """200 with everybody who may sign in."""
    found = users.list_users(services.people)
    return json_response({"people": [_told(one) for one in found]})


def add_person(request: Request, services: Services, caller: Caller) -> Response:
    """201; `{"name": ..., "password": ..., "role": "viewer", "cameras": [...] or null}`."""
    name, role, cameras = request[NEW_NAME], request[ROLE], request[CAMERAS]
    if role == Role.OWNER and cameras is not None:
        raise WireError("cameras", "is null for an owner, who has to do with them all")
    person = users.add(
        services.people,
        name,
        users.checked(request[FIRST_PASSWORD], name),
        role,
        cameras,
        made_by(caller),
    )
    with _undone_by(lambda: users.remove(services.people, person.name)):
        check_still_there(services.people, caller)
    record(request.headers, services, caller.who, "let in", person.name)
    return json_response(_told(person), 201)


def remove_person(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what came from them; they are signed out everywhere, and their tokens and links are
    revoked. Whom they let in stays, and is listed for an owner to decide about. Called again, it
    ends what a call that was cut off left behind, and then says 404."""
    name = request[NEW_NAME]
    is_there = users.remove(services.people, name)
    if is_there:
        record(request.headers, services, caller.who, "shut out", name)
    sessions.end_all(services.people, name)
    device_cookies.forget_all(services.people, name)
    descent = end_what_came_from(services.people, name, _logged(request, services, caller))
    if not is_there:
        raise HTTPProblemError(404, f"There is nobody called {quoted(name)}.")
    return json_response({"name": name, **descent.to_json()})


def list_tokens(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what is on record of each token; their secrets are not."""
    return json_response(
        {"tokens": [_described(one) for one in tokens.all_tokens(services.people)]}
    )


def make_token(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the token, once; `{"name": ..., "scopes": ["read"], "cameras": [...] or null}`."""
    name, scopes, cameras = request[NEW_NAME], request[SCOPES], request[CAMERAS]
    if Scope.UPLOAD in scopes and (cameras is None or len(cameras) != 1):
        raise WireError("cameras", "names just one camera for a token that may upload")
    if Scope.ADMIN in scopes and cameras is not None:
        raise WireError("cameras", "is null for a token with the scope admin: it is about them all")
    secret = tokens.make(
        services.people,
        name,
        frozenset(scopes),
        cameras,
        datetime.now(UTC),
        made_by(caller),
    )
    with _undone_by(lambda: tokens.remove_secret(services.people, secret)):
        check_still_there(services.people, caller)
    record(request.headers, services, caller.who, "made the token", name)
    return json_response(
        {"name": name, "token": secret, "scopes": sorted(scopes), "cameras": _listed(cameras)}, 201
    )


def revoke_token(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what was made with it, which is revoked, too; people stay, and are listed."""
    name = request[NEW_NAME]
    found, descent = tokens.called(services.people, name), Descent()
    if not found:
        raise HTTPProblemError(404, f"There is no token called {quoted(name)}.")
    for token in found:
        record(request.headers, services, caller.who, "revoked the token", name)
        tokens.disable(services.people, token)
        descent = end_what_a_token_made(services.people, token, _logged(request, services, caller))
        tokens.remove(services.people, token)
    return json_response({"name": name, **descent.to_json()})


def list_accesses(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a page of the access log, newest first."""
    limit, cursor = request[LIMIT], request[CURSOR]
    after = "" if cursor is None else decode_cursor(cursor, AUDIT_KEY)
    page = take_page(audit_log.newest(services.accesses, limit + 1, after), limit)
    return json_response(
        {
            "accesses": [
                {
                    "at": format_time(one.at),
                    "who": one.who,
                    "what": one.what,
                    "which": one.which or None,
                    "network": one.network or None,
                }
                for one in page.entries
            ],
            "next_cursor": encode_cursor(page.last.key) if page.last else None,
        }
    )


def _person_with(
    password: str,
    name: str,
    counts: Mapping[str, str],
    services: Services,
    queue: HashQueue,
    now: datetime,
) -> users.Person | None:
    """Who has this name and password. Raises HTTPProblemError: 429 after too many wrong ones, 503
    if too many are looked at, and then this one is not counted."""
    login_throttle.count_attempt(services.people, counts, now)
    first = services.settings.gallery_password
    try:
        if is_name(name):
            return users.authenticate(services.people, name, password, first, queue)
        verify_password(password, None, queue)
    except HTTPProblemError:
        login_throttle.take_back(services.people, counts, now)
        raise
    return None


def _cookies(
    person: users.Person, request: Request, services: Services, now: datetime, is_known: bool
) -> tuple[str, ...]:
    """The headers by which the browser keeps a session that begins now, and is known later, too.
    Raises HTTPProblemError (401) for somebody who was removed, or signed out everywhere, just
    now."""
    value = sessions.begin(services.people, person, now)
    if value is None:
        raise HTTPProblemError(
            401, "This account was changed just now: sign in again.", {"WWW-Authenticate": "Bearer"}
        )
    session = set_cookie(SESSION, value, int(sessions.LENGTH.total_seconds()), request.url)
    if is_known:
        return (session,)
    value = device_cookies.remember(services.people, person.name, now)
    return session, set_cookie(
        BROWSER, value, int(device_cookies.LENGTH.total_seconds()), request.url
    )


def _logged(request: Request, services: Services, caller: Caller) -> Callable[[str, str], None]:
    """Puts into the access log what this request does."""
    return lambda what, which: record(request.headers, services, caller.who, what, which)


@contextmanager
def _undone_by(undo: Callable[[], object]) -> Iterator[None]:
    """Undo what was just written if the block refuses it."""
    try:
        yield
    except HTTPProblemError:
        undo()
        raise


def _told(person: users.Person) -> dict[str, object]:
    return {
        "name": person.name,
        "role": person.role,
        "cameras": _listed(person.cameras),
        **described_origin(person.origin),
    }


def _described(token: tokens.Token) -> dict[str, object]:
    return {
        "name": token.name,
        "scopes": sorted(token.scopes),
        "cameras": _listed(token.cameras),
        "made_at": format_time(token.made_at),
        "used_at": format_time(token.used_at) if token.used_at else None,
        **described_origin(token.origin),
    }


def _listed(cameras: frozenset[str] | None) -> list[str] | None:
    return None if cameras is None else sorted(cameras)
