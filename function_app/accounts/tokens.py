"""`/api/tokens`: list, create and revoke tokens."""

from datetime import UTC, datetime

from function_app.accounts.fields import CAMERAS, NEW_NAME
from function_app.auth import tokens
from function_app.auth.caller import Caller, Scope, cameras_to_json
from function_app.auth.provenance import created_by, undo_if_revoked
from function_app.auth.revocation import RevocationReport, revoke_created_with_token
from function_app.auth.tokens import Grant, Token
from function_app.http import json_schema
from function_app.http.parameters import Kind, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.errors import WireError, quoted
from photo_wire.moment import format_time


def _parse_scopes(value: object, name: str) -> list[Scope]:
    if not isinstance(value, list) or not value or not all(one in list(Scope) for one in value):
        raise WireError(name, f"must be a list of some of {', '.join(Scope)}")
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


def list_tokens(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what is on record of each token, without its secret."""
    found = tokens.list_tokens(services.accounts)
    return json_response({"tokens": [_to_json(token) for token in found]})


def make_token(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the token, once; `{"name": ..., "scopes": ["read"], "cameras": [...] or null}`."""
    scopes, cameras = request[SCOPES], request[CAMERAS]
    grant = Grant(frozenset(scopes), cameras)
    check_grant(grant)
    secret = make(request[NEW_NAME], grant, request, services, caller)
    shown = {"scopes": sorted(grant.scopes), "cameras": cameras_to_json(grant.cameras)}
    return json_response({"name": request[NEW_NAME], "token": secret, **shown}, 201)


def check_grant(grant: Grant) -> None:
    """Raise WireError for a grant that no token may have."""
    if Scope.UPLOAD in grant.scopes and (grant.cameras is None or len(grant.cameras) != 1):
        raise WireError("cameras", "must name exactly one camera for a token that may upload")
    if Scope.ADMIN in grant.scopes and grant.cameras is not None:
        raise WireError("cameras", "must be null for a token with the scope admin")


def make(name: str, grant: Grant, request: Request, services: Services, caller: Caller) -> str:
    """Create a token, record that in the audit log, and return its secret, which is never shown
    again. Raises HTTPProblemError (409) if the name is taken."""
    secret = tokens.create(services.accounts, name, grant, datetime.now(UTC), created_by(caller))
    undo_if_revoked(
        services.accounts, caller, lambda: tokens.remove_by_secret(services.accounts, secret)
    )
    services.audit_log.record(request.headers, caller.actor, "made the token", name)
    return secret


def revoke_token(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what was created with the token, which is revoked too; users stay, and are
    listed."""
    name = request[NEW_NAME]
    report = revoke(name, request, services, caller)
    return json_response({"name": name, **report.to_json()})


def revoke(name: str, request: Request, services: Services, caller: Caller) -> RevocationReport:
    """Revoke a token and what was created with it, and record that in the audit log. Raises
    HTTPProblemError (404) if there is none of this name."""
    found, report = tokens.find_by_name(services.accounts, name), RevocationReport()
    if not found:
        raise HTTPProblemError(404, f"There is no token called {quoted(name)}.")

    def log(action: str, target: str) -> None:
        services.audit_log.record(request.headers, caller.actor, action, target)

    for token in found:
        log("revoked the token", name)
        tokens.disable(services.accounts, token)
        report = revoke_created_with_token(services.accounts, token, log)
        tokens.remove(services.accounts, token)
    return report


def _to_json(token: Token) -> dict[str, object]:
    return {
        "name": token.name,
        "scopes": sorted(token.grant.scopes),
        "cameras": cameras_to_json(token.grant.cameras),
        "made_at": format_time(token.created_at),
        "used_at": format_time(token.used_at) if token.used_at else None,
        **token.provenance.to_json(),
    }
