"""The routes of sign-in, people, tokens and the audit log."""

from typing import TYPE_CHECKING

from function_app.http.authorization import Access
from function_app.http.parameters import CURSOR, LIMIT
from function_app.http.route import GET, Endpoint, Inputs, Operation, Route
from function_app.lazy_module import LazyModule

if TYPE_CHECKING:
    from function_app.accounts import audit_log, fields, sessions, tokens, users
else:
    audit_log = LazyModule("function_app.accounts.audit_log")
    fields = LazyModule("function_app.accounts.fields")
    sessions = LazyModule("function_app.accounts.sessions")
    tokens = LazyModule("function_app.accounts.tokens")
    users = LazyModule("function_app.accounts.users")


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
            Operation("Sign in with name and password.", {200: "SignedIn"}, (401, 403, 429)),
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
        "api/people",
        GET,
        Access.ADMIN,
        "list_people",
        lambda: Endpoint(
            users.list_people,
            Operation("List the people who may sign in.", {200: "People"}),
        ),
    ),
    Route(
        "api/people",
        ("POST",),
        Access.ADMIN,
        "add_person",
        lambda: Endpoint(
            users.add_person,
            Operation(
                "Add a person who may sign in: a viewer of all cameras or of some, or another "
                "owner.",
                {201: "Person"},
                (409,),
            ),
            Inputs(body=users.NEW_PERSON),
        ),
    ),
    Route(
        "api/people/{name}",
        ("DELETE",),
        Access.ADMIN,
        "remove_person",
        lambda: Endpoint(
            users.remove_person,
            Operation(
                "Remove a person, and revoke their links and tokens. People they added keep "
                "access; they are listed in `staying`.",
                {200: "Revoked"},
                (404, 409),
            ),
            Inputs(path=(fields.NEW_NAME,)),
        ),
    ),
    Route(
        "api/tokens",
        GET,
        Access.ADMIN,
        "list_tokens",
        lambda: Endpoint(
            tokens.list_tokens,
            Operation("List the programs' tokens.", {200: "Tokens"}),
        ),
    ),
    Route(
        "api/tokens",
        ("POST",),
        Access.ADMIN,
        "make_token",
        lambda: Endpoint(
            tokens.make_token,
            Operation("Create a token for a program.", {201: "MadeToken"}, (409,)),
            Inputs(body=tokens.NEW_TOKEN),
        ),
    ),
    Route(
        "api/tokens/{name}",
        ("DELETE",),
        Access.ADMIN,
        "revoke_token",
        lambda: Endpoint(
            tokens.revoke_token,
            Operation(
                "Revoke a token, and what was created with it. People who were added with it keep "
                "access; they are listed in `staying`.",
                {200: "Revoked"},
                (404,),
            ),
            Inputs(path=(fields.NEW_NAME,)),
        ),
    ),
    Route(
        "api/accesses",
        GET,
        Access.ADMIN,
        "list_accesses",
        lambda: Endpoint(
            audit_log.list_accesses,
            Operation("List the audit log: who did what, newest first.", {200: "Accesses"}),
            Inputs(query=(LIMIT, CURSOR)),
        ),
    ),
)
