"""`/settings/tokens`: by what programs authenticate. For owners."""

from dataclasses import dataclass

from function_app.accounts import tokens as accounts
from function_app.auth import tokens
from function_app.auth.caller import Caller, Scope, is_valid_name
from function_app.auth.tokens import Grant
from function_app.http import json_schema
from function_app.http.parameters import opaque, required
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.web.form_problems import with_problem
from function_app.web.layout import render_page
from function_app.web.settings.forms import (
    ALL,
    Form,
    owners_only,
    read_cameras,
    read_done,
    redirect_done,
    rejection,
)

PATH = "/settings/tokens"
_TAKEN = {"name": "tokens.problem.taken"}
TOKEN = required("name", opaque(json_schema.text()), "A token's name.")


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows: what was typed."""

    name: str = ""
    scopes: frozenset[str] = frozenset()
    cameras: str = ALL
    chosen: frozenset[str] = frozenset()
    new_camera: str = ""

    @staticmethod
    def read(form: Form) -> "Draft":
        """Return what was typed."""
        return Draft(
            form.text("name").lower(),
            frozenset(form.chosen("scope")),
            form.text("cameras"),
            frozenset(form.chosen("camera")),
            form.text("new_camera"),
        )


def get_tokens_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the tokens, and the form to add one."""
    owners_only(caller)
    return _list(request, services, caller, Draft(), {})


def post_token(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the page that shows the token's secret, once; the page with what is wrong. It is no
    redirect: the secret must not be in an address, nor be kept for the next page."""
    owners_only(caller)
    form = Form.read(request)
    draft, problems = Draft.read(form), dict[str, str]()
    if not is_valid_name(draft.name):
        problems["name"] = "tokens.problem.name"
    scopes = frozenset(one for one in Scope if one in draft.scopes)
    if not scopes:
        problems["scopes"] = "tokens.problem.no_scopes"
    grant = Grant(scopes, read_cameras(form, problems))
    if "cameras" not in problems and (key := _grant_problem(grant)):
        problems["cameras"] = key
    if problems and "name" not in problems and tokens.find_by_name(services.accounts, draft.name):
        problems |= _TAKEN
    if problems:
        return with_problem(_list(request, services, caller, draft, problems), rejection(problems))
    try:
        secret = accounts.make(draft.name, grant, request, services, caller)
    except HTTPProblemError as error:
        if error.problem.status != 409:
            raise
        page = _list(request, services, caller, draft, _TAKEN)
        return with_problem(page, rejection(_TAKEN, 409))
    values = {"name": draft.name, "secret": secret}
    return render_page("token_secret.html", request, caller, values, 201)


def get_token_removal(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what it means to remove a token, and whether it is to be removed."""
    owners_only(caller)
    found = tokens.find_by_name(services.accounts, request[TOKEN])
    if not found:
        raise HTTPProblemError(404, "There is no such token.")
    return render_page("token_removal.html", request, caller, {"token": found[0]})


def post_token_removal(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the list; the token does not work any more, nor what was made with it."""
    owners_only(caller)
    report = accounts.revoke(request[TOKEN], request, services, caller)
    count = len(report.tokens - {request[TOKEN]}) + len(report.links)
    return redirect_done(PATH, request, "removed", request[TOKEN], count)


def _list(
    request: Request, services: Services, caller: Caller, draft: Draft, problems: dict[str, str]
) -> Response:
    secrets = services.settings.secrets
    values = {
        "tokens": sorted(tokens.list_tokens(services.accounts), key=lambda one: one.name),
        "settings_tokens": [
            name
            for name, token in (
                ("READ_TOKEN", secrets.read_token),
                ("ADMIN_TOKEN", secrets.admin_token),
            )
            if token
        ],
        "cameras": sorted(services.index.cameras()),
        "scopes": list(Scope),
        "draft": draft,
        "problems": problems,
        "done": read_done(request, "tokens.done.", ("removed",), is_valid_name),
    }
    return render_page("tokens.html", request, caller, values)


def _grant_problem(grant: Grant) -> str | None:
    """Return the key of the text that says why no token may have this grant; None if one may."""
    if Scope.UPLOAD in grant.scopes and (grant.cameras is None or len(grant.cameras) != 1):
        return "tokens.problem.upload"
    if Scope.ADMIN in grant.scopes and grant.cameras is not None:
        return "tokens.problem.admin"
    return None
