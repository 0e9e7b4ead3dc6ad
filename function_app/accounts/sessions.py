"""`/api/session`, `/api/sessions` and `/api/password`: sign in, sign out, change a password."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import azure.functions as func

from function_app.accounts.fields import ANY_PASSWORD
from function_app.accounts.reauthentication import check_password
from function_app.accounts.sign_in import sign_in, signed_in_response, start_session
from function_app.auth import sessions, users
from function_app.auth.caller import Caller, cameras_to_json
from function_app.http.authorization import check_origin
from function_app.http.cookies import SESSION, set_cookie
from function_app.http.parameters import TEXT, defaulting, optional, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.lazy_module import LazyModule
from function_app.problems import HTTPProblemError
from function_app.services import Services

if TYPE_CHECKING:
    from function_app.notify import channels
else:  # few requests need them
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


def open_session(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the session's cookie and the user, for `{"name", "password", "code"}`."""
    if request.headers.get("Origin") is not None:  # a program need not send one to sign in
        check_origin(request.http, services.settings.network)
    user, cookies = sign_in(
        request[USER], request[PASSWORD], request[CODE] or "", request, services
    )
    return signed_in_response(user, cookies)


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
    cookies = start_session(changed, request, services, now, is_known_device=False)
    _record_channels(request, services, caller)
    return Response(204, cookies=cookies)


def _record_channels(request: Request, services: Services, caller: Caller) -> list[str]:
    """Record which channels go on getting this user's notifications, and return what they call
    them: whoever had a session may have added one."""
    remaining = [one.label for one in channels.list_channels(services.notifications, caller.name)]
    if remaining:
        services.audit_log.record(
            request.headers, caller.actor, "still has the channels", ", ".join(remaining)
        )
    return remaining
