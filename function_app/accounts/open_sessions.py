"""`/api/sessions` and `/api/people/{name}/sessions`: see which sessions are open, and end one."""

from datetime import UTC, datetime

from function_app.accounts.fields import NEW_NAME, record_id
from function_app.auth import sessions
from function_app.auth.caller import Caller
from function_app.auth.sessions import Session
from function_app.http.cookies import SESSION, set_cookie
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.moment import format_time

SESSION_ID = record_id("session")


def list_sessions(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the caller's sessions, the latest sign-in first."""
    return _list_of(caller.name, services, caller)


def end_session(request: Request, services: Services, caller: Caller) -> Response:
    """204; this session of the caller has ended. If it is that of the request, the browser forgets
    its cookie."""
    session = request[SESSION_ID]
    end(caller.name, session, request, services, caller)
    is_current = session == caller.session
    return Response(204, cookies=(set_cookie(SESSION, "", 0, request.url),) if is_current else ())


def list_sessions_of_person(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a person's sessions, the latest sign-in first; none for somebody who is not
    there."""
    return _list_of(request[NEW_NAME], services, caller)


def end_session_of_person(request: Request, services: Services, caller: Caller) -> Response:
    """204; this session of a person has ended."""
    end(request[NEW_NAME], request[SESSION_ID], request, services, caller)
    return Response(204)


def _list_of(name: str, services: Services, caller: Caller) -> Response:
    found = sessions.list_sessions(services.accounts, name, datetime.now(UTC))
    return json_response({"sessions": [_to_json(one, caller) for one in found]})


def end(name: str, session: str, request: Request, services: Services, caller: Caller) -> None:
    """End a session of a person, and record that in the audit log. Raises HTTPProblemError (404) if
    there is none of this id."""
    if not sessions.end_one(services.accounts, name, session):
        raise HTTPProblemError(404, "There is no such session: it has ended already.")
    services.audit_log.record(request.headers, caller.actor, "ended a session of", name)


def _to_json(session: Session, caller: Caller) -> dict[str, object]:
    client = session.client
    return {
        "id": session.id,
        "browser": client.browser if client else None,
        "system": (client.system or None) if client else None,
        "network": (client.network or None) if client else None,
        "signed_in_at": format_time(session.signed_in_at),
        "used_at": format_time(session.used_at) if session.used_at else None,
        "expires_at": format_time(session.expires_at),
        "current": session.id == caller.session,
    }
