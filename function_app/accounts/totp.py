"""`/api/totp`: sign in with codes of an authenticator app, and stop doing so."""

import segno

from function_app.accounts.fields import NEW_NAME
from function_app.accounts.reauthentication import (
    check_is_person,
    check_password,
    check_secret,
)
from function_app.auth import sessions, totp, users
from function_app.auth.caller import Caller
from function_app.auth.provenance import undo_if_revoked
from function_app.http.authorization import page_origin
from function_app.http.parameters import TEXT, optional, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.origins import hostname_of
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.errors import quoted
from photo_wire.moment import format_time

PASSWORD = optional("password", TEXT, "Required if the session began more than 10 minutes ago.")
CODE = required("code", TEXT, "A code of the app.")
SETUP = JSONBody("TOTPSetup", (PASSWORD,), is_required=False)
CONFIRMATION = JSONBody("TOTPConfirmation", (CODE,))
CURRENT_PASSWORD = required("password", TEXT)
CODE_OR_RECOVERY_CODE = required("code", TEXT, "A code of the app, or a recovery code.")
REMOVAL = JSONBody("TOTPRemoval", (CURRENT_PASSWORD, CODE_OR_RECOVERY_CODE))


def get_totp(request: Request, services: Services, caller: Caller) -> Response:
    """200 with whether the caller signs in with codes."""
    found = totp.find(services.accounts, caller.name)
    return json_response(
        {
            "enabled": found is not None,
            "confirmed_at": format_time(found.confirmed_at) if found else None,
            "recovery_codes": found.recovery_codes if found else None,
        }
    )


def begin_totp(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a new secret, which has no effect until a code of it is sent."""
    check_is_person(request, services, caller, request[PASSWORD])
    secret = totp.begin(services.accounts, caller.name)
    uri = totp.uri(secret, caller.name, f"Nightjar {hostname_of(page_origin(request.headers))}")
    picture = segno.make(uri, error="m", micro=False).svg_inline(scale=4, light="#fff")
    return json_response({"secret": secret, "uri": uri, "qr": picture})


def confirm_totp(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the recovery codes; from now on the caller signs in with codes. Wrong ones are
    counted for this session."""
    codes = check_secret(
        services,
        caller,
        lambda now: totp.confirm(services.accounts, caller.name, request[CODE], now),
    )
    if codes is None:
        raise HTTPProblemError(403, "The code is wrong: check the clock of the phone.")
    undo_if_revoked(services.accounts, caller, lambda: totp.remove(services.accounts, caller.name))
    services.audit_log.record(request.headers, caller.actor, "added an authenticator app")
    return json_response({"recovery_codes": codes})


def remove_totp(request: Request, services: Services, caller: Caller) -> Response:
    """204; the caller signs in without codes. Wrong passwords and codes are counted for this
    session."""
    password, code = request[CURRENT_PASSWORD], request[CODE_OR_RECOVERY_CODE]
    wrong = "The password or the code is wrong, or the code was used already."
    check_password(request, services, caller, password, wrong, code)
    totp.remove(services.accounts, caller.name)
    services.audit_log.record(request.headers, caller.actor, "removed the authenticator app")
    return Response(204)


def remove_totp_of_person(request: Request, services: Services, caller: Caller) -> Response:
    """204; a person who lost their authenticator app signs in without codes, and their sessions
    have ended."""
    remove_of(request[NEW_NAME], request, services, caller)
    return Response(204)


def remove_of(name: str, request: Request, services: Services, caller: Caller) -> None:
    """Remove the authenticator app of a person, end their sessions, and record that in the audit
    log. Nobody does that for themselves, or a stolen session would suffice. Raises HTTPProblemError
    (403, 404)."""
    if name == caller.root:
        raise HTTPProblemError(
            403, "Remove your own authenticator app with your password and a code."
        )
    if not totp.remove(services.accounts, name):
        raise HTTPProblemError(404, f"{quoted(name)} has no authenticator app.")
    users.end_epoch(services.accounts, name)
    sessions.end_all(services.accounts, name)
    action = "removed the authenticator app of"
    services.audit_log.record(request.headers, caller.actor, action, name)
