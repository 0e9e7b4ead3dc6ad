"""The routes of people, tokens and the audit log."""

from typing import TYPE_CHECKING

from function_app.http.authorization import Access
from function_app.http.route import GET, Endpoint, Inputs, Operation, Route
from function_app.lazy_module import LazyModule

if TYPE_CHECKING:
    from function_app.accounts import audit_log, fields, tokens, users
else:
    audit_log = LazyModule("function_app.accounts.audit_log")
    fields = LazyModule("function_app.accounts.fields")
    tokens = LazyModule("function_app.accounts.tokens")
    users = LazyModule("function_app.accounts.users")


ROUTES: tuple[Route, ...] = (
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
        ("PUT",),
        Access.ADMIN,
        "change_person",
        lambda: Endpoint(
            users.change_person,
            Operation(
                "Change what a person may do, and end their sessions. Of an owner who becomes a "
                "viewer the links and tokens are revoked.",
                {200: "Revoked"},
                (404, 409),
            ),
            Inputs(path=(fields.NEW_NAME,), body=users.PERSON_CHANGE),
        ),
    ),
    Route(
        "api/people/{name}/password",
        ("PUT",),
        Access.ADMIN,
        "set_password_of_person",
        lambda: Endpoint(
            users.set_password_of_person,
            Operation("Set a new password of a person, and end their sessions.", errors=(404, 409)),
            Inputs(path=(fields.NEW_NAME,), body=users.PASSWORD_OF_PERSON),
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
            Inputs(query=audit_log.PARAMETERS),
        ),
    ),
)
