"""The routes by which people sign in and out: sessions, passwords, passkeys and codes."""

from typing import TYPE_CHECKING

import azure.functions as func

from function_app.http.authorization import Access
from function_app.http.responses import Response
from function_app.http.route import GET, Endpoint, Inputs, Operation, Route
from function_app.lazy_module import LazyModule

if TYPE_CHECKING:
    from function_app.accounts import fields, open_sessions, passkeys, sessions, totp
else:
    fields = LazyModule("function_app.accounts.fields")
    open_sessions = LazyModule("function_app.accounts.open_sessions")
    passkeys = LazyModule("function_app.accounts.passkeys")
    sessions = LazyModule("function_app.accounts.sessions")
    totp = LazyModule("function_app.accounts.totp")


def _forget_session(req: func.HttpRequest, response: Response) -> Response:
    """Return the response to a person who could not be signed out."""
    return sessions.forget_session(req, response)


ROUTES: tuple[Route, ...] = (
    Route(
        "api/session",
        GET,
        Access.READER,
        "get_session",
        lambda: Endpoint(
            sessions.get_session,
            Operation("Get the current session.", {200: "Caller"}),
        ),
    ),
    Route(
        "api/session",
        ("POST",),
        Access.PUBLIC,
        "open_session",
        lambda: Endpoint(
            sessions.open_session,
            Operation(
                "Sign in with name and password, and a code for those who have an app for it.",
                {200: "SignedIn"},
                (401, 403, 429),
            ),
            Inputs(body=sessions.SIGN_IN),
        ),
    ),
    Route(
        "api/session",
        ("DELETE",),
        Access.PERSON,
        "close_session",
        lambda: Endpoint(
            sessions.close_session,
            Operation("Sign out."),
        ),
        _forget_session,
    ),
    Route(
        "api/sessions",
        ("DELETE",),
        Access.PERSON,
        "close_all_sessions",
        lambda: Endpoint(
            sessions.close_all_sessions,
            Operation("Sign out everywhere.", {200: "Ended"}),
        ),
    ),
    Route(
        "api/sessions",
        GET,
        Access.PERSON,
        "list_sessions",
        lambda: Endpoint(
            open_sessions.list_sessions,
            Operation("List your sessions, the latest sign-in first.", {200: "Sessions"}),
        ),
    ),
    Route(
        "api/sessions/{session}",
        ("DELETE",),
        Access.PERSON,
        "end_session",
        lambda: Endpoint(
            open_sessions.end_session,
            Operation("End one of your sessions.", errors=(404,)),
            Inputs(path=(open_sessions.SESSION_ID,)),
        ),
    ),
    Route(
        "api/people/{name}/sessions",
        GET,
        Access.ADMIN,
        "list_sessions_of_person",
        lambda: Endpoint(
            open_sessions.list_sessions_of_person,
            Operation("List a person's sessions.", {200: "Sessions"}),
            Inputs(path=(fields.NEW_NAME,)),
        ),
    ),
    Route(
        "api/people/{name}/sessions/{session}",
        ("DELETE",),
        Access.ADMIN,
        "end_session_of_person",
        lambda: Endpoint(
            open_sessions.end_session_of_person,
            Operation("End a person's session.", errors=(404,)),
            Inputs(path=(fields.NEW_NAME, open_sessions.SESSION_ID)),
        ),
    ),
    Route(
        "api/password",
        ("PUT",),
        Access.PERSON,
        "change_password",
        lambda: Endpoint(
            sessions.change_password,
            Operation("Change your password, and sign out everywhere else.", errors=(409, 429)),
            Inputs(body=sessions.PASSWORD_CHANGE),
        ),
    ),
    Route(
        "api/session/passkey/options",
        ("POST",),
        Access.PUBLIC,
        "begin_passkey_sign_in",
        lambda: Endpoint(
            passkeys.begin_passkey_sign_in,
            Operation("Get a challenge to sign in by passkey.", {200: "PasskeyOptions"}, (403,)),
        ),
    ),
    Route(
        "api/session/passkey",
        ("POST",),
        Access.PUBLIC,
        "open_session_by_passkey",
        lambda: Endpoint(
            passkeys.open_session_by_passkey,
            Operation("Sign in by passkey.", {200: "SignedIn"}, (401, 403, 429)),
            Inputs(body=passkeys.PASSKEY_SIGN_IN),
        ),
    ),
    Route(
        "api/passkeys",
        GET,
        Access.PERSON,
        "list_passkeys",
        lambda: Endpoint(
            passkeys.list_passkeys, Operation("List your passkeys.", {200: "Passkeys"})
        ),
    ),
    Route(
        "api/passkeys/options",
        ("POST",),
        Access.PERSON,
        "begin_passkey",
        lambda: Endpoint(
            passkeys.begin_passkey,
            Operation("Get a challenge to add a passkey.", {200: "PasskeyOptions"}, (409, 429)),
            Inputs(body=passkeys.OPTIONS),
        ),
    ),
    Route(
        "api/passkeys",
        ("POST",),
        Access.PERSON,
        "add_passkey",
        lambda: Endpoint(
            passkeys.add_passkey,
            Operation("Add a passkey.", {201: "Passkey"}, (409,)),
            Inputs(body=passkeys.NEW_PASSKEY),
        ),
    ),
    Route(
        "api/passkeys/{passkey}",
        ("DELETE",),
        Access.PERSON,
        "remove_passkey",
        lambda: Endpoint(
            passkeys.remove_passkey,
            Operation("Remove a passkey.", errors=(404,)),
            Inputs(path=(passkeys.PASSKEY_ID,)),
        ),
    ),
    Route(
        "api/totp",
        GET,
        Access.PERSON,
        "get_totp",
        lambda: Endpoint(
            totp.get_totp,
            Operation("Get whether you sign in with codes of an authenticator app.", {200: "TOTP"}),
        ),
    ),
    Route(
        "api/totp",
        ("POST",),
        Access.PERSON,
        "begin_totp",
        lambda: Endpoint(
            totp.begin_totp,
            Operation("Get a secret for an authenticator app.", {200: "NewTOTP"}, (409, 429)),
            Inputs(body=totp.SETUP),
        ),
    ),
    Route(
        "api/totp/confirmation",
        ("POST",),
        Access.PERSON,
        "confirm_totp",
        lambda: Endpoint(
            totp.confirm_totp,
            Operation(
                "Sign in with codes from now on, by a first code.",
                {200: "RecoveryCodes"},
                (409, 429),
            ),
            Inputs(body=totp.CONFIRMATION),
        ),
    ),
    Route(
        "api/totp",
        ("DELETE",),
        Access.PERSON,
        "remove_totp",
        lambda: Endpoint(
            totp.remove_totp,
            Operation("Sign in without codes from now on.", errors=(429,)),
            Inputs(body=totp.REMOVAL),
        ),
    ),
    Route(
        "api/people/{name}/totp",
        ("DELETE",),
        Access.ADMIN,
        "remove_totp_of_person",
        lambda: Endpoint(
            totp.remove_totp_of_person,
            Operation(
                "Let another person, who lost their phone, sign in without codes, and end their "
                "sessions.",
                errors=(404,),
            ),
            Inputs(path=(fields.NEW_NAME,)),
        ),
    ),
)
