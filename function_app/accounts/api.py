"""`/api/session`, `/api/people`, `/api/tokens`, `/api/accesses`: who may do what."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import azure.functions as func

from function_app.auth import audit_log, device_cookies, login_throttle, sessions, tokens, users
from function_app.auth.audit_log import record
from function_app.auth.caller import Caller, Role, Scope, check_limit, check_name, is_name
from function_app.auth.origin import check_still_there, described_origin, made_by
from function_app.auth.passwords import KNOWN, STRANGERS, HashQueue, is_common, verify_password
from function_app.auth.revocation import Descent, end_what_a_token_made, end_what_came_from
from function_app.browse.listing import check_parameters, parse_limit
from function_app.http import cursors
from function_app.http.authorization import check_origin
from function_app.http.cookies import BROWSER, SESSION, read_cookie, set_cookie
from function_app.http.request_body import read_object, text_of
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.storage.account_keys import AUDIT_KEY
from photo_wire.errors import WireError, quoted
from photo_wire.moment import format_time


def open_session(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with the session's cookie and who signed in, for `{"name": ..., "password": ...}`.

    A browser in which this person signed in before has a count of wrong passwords of its own. The
    owner's first password opens nothing if it is a common one.
    """
    if req.headers.get("Origin") is not None:  # a program need not send one to sign in
        check_origin(req, services.settings)
    said = read_object(req, ("name", "password"))
    name = text_of(said, "name", users.OWNER).strip().lower()
    password, now = text_of(said, "password"), datetime.now(UTC)
    known = device_cookies.find(
        services.people, name, read_cookie(req.headers, BROWSER, req.url), now
    )
    counts = login_throttle.of_stranger(name, audit_log.caller_address(req.headers, services))
    if known:
        counts = {"browser": known}
    person = _person_with(password, name, counts, services, KNOWN if known else STRANGERS, now)
    if person is None:
        record(req.headers, services, "somebody", audit_log.FAILED)
        raise HTTPProblemError(401, "Name or password is wrong.", {"WWW-Authenticate": "Bearer"})
    login_throttle.forget_attempts(services.people, counts, now)
    if not person.password and is_common(password, name):
        raise HTTPProblemError(
            403, "GALLERY_PASSWORD is easy to guess, so it opens nothing: set another one."
        )
    cookies = _cookies(person, req, services, now, is_known=known is not None)
    record(req.headers, services, name, "signed in")
    said_back = {"name": person.name, "role": person.role, "cameras": _listed(person.cameras)}
    return json_response(said_back, cookies=cookies)


def get_session(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with who is asking, and what they may do."""
    return json_response(
        {
            "name": caller.name,
            "scopes": sorted(caller.scopes),
            "cameras": _listed(caller.cameras),
        }
    )


def close_session(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """204; this session is over, and the browser forgets its cookie."""
    sessions.end(services.people, caller)
    return Response(204, cookies=(set_cookie(SESSION, "", 0, req.url),))


def close_all_sessions(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with how many sessions of this person are over now, this one included."""
    users.end_epoch(services.people, caller.name)
    ended = sessions.end_all(services.people, caller.name)
    device_cookies.forget_all(services.people, caller.name)
    record(req.headers, services, caller.who, "signed out everywhere")
    return json_response({"ended": ended}, cookies=(set_cookie(SESSION, "", 0, req.url),))


def change_password(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """204; all sessions of this person but this one are over. A wrong old password counts for this
    session, and those of strangers do not."""
    said = read_object(req, ("old", "new"))
    now, counts = datetime.now(UTC), {"session": caller.session or ""}
    old = text_of(said, "old")
    person = _person_with(old, caller.name, counts, services, KNOWN, now)
    if person is None:
        raise HTTPProblemError(403, "The old password is wrong.")
    login_throttle.forget_attempts(services.people, counts, now)
    new = users.checked(said.get("new"), caller.name)
    changed = users.change_password(services.people, person, new)
    if changed is None:
        raise HTTPProblemError(409, "Something else changed this account just now: try again.")
    sessions.end_all(services.people, caller.name)
    device_cookies.forget_all(services.people, caller.name)
    record(req.headers, services, caller.who, "changed the password")
    return Response(204, cookies=_cookies(changed, req, services, now, is_known=False))


def list_people(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with everybody who may sign in."""
    found = users.list_users(services.people)
    return json_response({"people": [_told(one) for one in found]})


def add_person(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """201; `{"name": ..., "password": ..., "role": "viewer", "cameras": [...] or null}`."""
    said = read_object(req, ("name", "password", "role", "cameras"))
    role = said.get("role", Role.VIEWER)
    if role not in list(Role):
        raise WireError("role", f"is none of {', '.join(Role)}")
    cameras = check_limit(said.get("cameras"))
    if role == Role.OWNER and cameras is not None:
        raise WireError("cameras", "is null for an owner, who has to do with them all")
    name = check_name(said.get("name"), "name")
    person = users.add(
        services.people,
        name,
        users.checked(said.get("password"), name),
        Role(role),
        cameras,
        made_by(caller),
    )
    with _undone_by(lambda: users.remove(services.people, person.name)):
        check_still_there(services.people, caller)
    record(req.headers, services, caller.who, "let in", person.name)
    return json_response(_told(person), 201)


def remove_person(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with what came from them; they are signed out everywhere, and their tokens and links are
    revoked. Whom they let in stays, and is listed for an owner to decide about. Called again, it
    ends what a call that was cut off left behind, and then says 404."""
    name = check_name(req.route_params["name"], "name")
    is_there = users.remove(services.people, name)
    if is_there:
        record(req.headers, services, caller.who, "shut out", name)
    sessions.end_all(services.people, name)
    device_cookies.forget_all(services.people, name)
    descent = end_what_came_from(services.people, name, _logged(req, services, caller))
    if not is_there:
        raise HTTPProblemError(404, f"There is nobody called {quoted(name)}.")
    return json_response({"name": name, **descent.to_json()})


def list_tokens(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with what is on record of each token; their secrets are not."""
    return json_response(
        {"tokens": [_described(one) for one in tokens.all_tokens(services.people)]}
    )


def make_token(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """201 with the token, once; `{"name": ..., "scopes": ["read"], "cameras": [...] or null}`."""
    said = read_object(req, ("name", "scopes", "cameras"))
    name, scopes = check_name(said.get("name"), "name"), said.get("scopes")
    if not isinstance(scopes, list) or not scopes or not all(one in list(Scope) for one in scopes):
        raise WireError("scopes", f"is no list of some of {', '.join(Scope)}")
    cameras = check_limit(said.get("cameras"))
    if Scope.UPLOAD in scopes and (cameras is None or len(cameras) != 1):
        raise WireError("cameras", "names just one camera for a token that may upload")
    if Scope.ADMIN in scopes and cameras is not None:
        raise WireError("cameras", "is null for a token with the scope admin: it is about them all")
    secret = tokens.make(
        services.people,
        name,
        frozenset(map(Scope, scopes)),
        cameras,
        datetime.now(UTC),
        made_by(caller),
    )
    with _undone_by(lambda: tokens.remove_secret(services.people, secret)):
        check_still_there(services.people, caller)
    record(req.headers, services, caller.who, "made the token", name)
    return json_response(
        {"name": name, "token": secret, "scopes": sorted(scopes), "cameras": _listed(cameras)}, 201
    )


def revoke_token(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with what was made with it, which is revoked, too; people stay, and are listed."""
    name = check_name(req.route_params["name"], "name")
    found, descent = tokens.called(services.people, name), Descent()
    if not found:
        raise HTTPProblemError(404, f"There is no token called {quoted(name)}.")
    for token in found:
        record(req.headers, services, caller.who, "revoked the token", name)
        tokens.disable(services.people, token)
        descent = end_what_a_token_made(services.people, token, _logged(req, services, caller))
        tokens.remove(services.people, token)
    return json_response({"name": name, **descent.to_json()})


def list_accesses(req: func.HttpRequest, services: Services, caller: Caller) -> Response:
    """200 with a page of the access log, newest first."""
    check_parameters(req.params, ("limit", "cursor"))
    limit, cursor = parse_limit(req.params.get("limit")), req.params.get("cursor")
    after = "" if cursor is None else cursors.decode(cursor, AUDIT_KEY)
    found = audit_log.newest(services.accesses, limit + 1, after)
    shown = found[:limit]
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
                for one in shown
            ],
            "next_cursor": cursors.encode(shown[-1].key) if len(found) > limit else None,
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
    person: users.Person, req: func.HttpRequest, services: Services, now: datetime, is_known: bool
) -> tuple[str, ...]:
    """The headers by which the browser keeps a session that begins now, and is known later, too.
    Raises HTTPProblemError (401) for somebody who was removed, or signed out everywhere, just
    now."""
    value = sessions.begin(services.people, person, now)
    if value is None:
        raise HTTPProblemError(
            401, "This account was changed just now: sign in again.", {"WWW-Authenticate": "Bearer"}
        )
    session = set_cookie(SESSION, value, int(sessions.LENGTH.total_seconds()), req.url)
    if is_known:
        return (session,)
    value = device_cookies.remember(services.people, person.name, now)
    return session, set_cookie(BROWSER, value, int(device_cookies.LENGTH.total_seconds()), req.url)


def _logged(
    req: func.HttpRequest, services: Services, caller: Caller
) -> Callable[[str, str], None]:
    """Puts into the access log what this request does."""
    return lambda what, which: record(req.headers, services, caller.who, what, which)


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
