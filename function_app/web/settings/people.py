"""`/settings/people`: who may sign in, and what they may see. For owners."""

from dataclasses import dataclass, replace

from function_app.accounts import users as accounts
from function_app.accounts.users import Rights
from function_app.auth import users
from function_app.auth.caller import Caller, Role, is_valid_name
from function_app.auth.revocation import RevocationReport, users_added_by
from function_app.auth.users import User
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
    SOME,
    Form,
    owners_only,
    password_key,
    read_cameras,
    read_done,
    redirect_done,
    rejection,
)

PATH = "/settings/people"
PERSON = required("name", opaque(json_schema.text()), "A person's name.")
_ACTIONS = ("added", "changed", "password", "removed")
_TAKEN = {"name": "people.problem.taken"}
_CHANGED = {"form": "settings.problem.meanwhile"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form shows: what a person is, or what was typed. Passwords are never in it."""

    name: str = ""
    role: str = Role.VIEWER
    cameras: str = ALL
    chosen: frozenset[str] = frozenset()

    @staticmethod
    def of(user: User) -> "Draft":
        """Return the form of a person as they are."""
        choice = ALL if user.cameras is None else SOME
        return Draft(user.name, user.role, choice, user.cameras or frozenset())

    @staticmethod
    def read(form: Form) -> "Draft":
        """Return what was typed."""
        chosen = frozenset(form.chosen("camera"))
        name = form.text("name").lower()
        return Draft(name, form.text("role"), form.text("cameras"), chosen)


def get_people_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the people, and the form to add one."""
    owners_only(caller)
    return _list(request, services, caller, Draft(), {})


def post_person(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the list, with one more person; the page with what is wrong."""
    owners_only(caller)
    form = Form.read(request)
    draft, problems = Draft.read(form), dict[str, str]()
    if not is_valid_name(draft.name):
        problems["name"] = "people.problem.name"
    password = form.password("password")
    if key := password_key(password, draft.name):
        problems["password"] = key
    rights = _read_rights(form, problems)
    if problems and "name" not in problems and _is_taken(draft.name, services):
        problems |= _TAKEN
    if not problems:
        try:
            accounts.add(draft.name, password, rights, request, services, caller)
        except HTTPProblemError as error:
            if error.problem.status != 409:
                raise
            page = _list(request, services, caller, draft, _TAKEN)
            return with_problem(page, rejection(_TAKEN, 409))
        return _done(request, "added", draft.name)
    return with_problem(_list(request, services, caller, draft, problems), rejection(problems))


def _is_taken(name: str, services: Services) -> bool:
    return name == users.OWNER or users.find(services.accounts, name) is not None


def get_person_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the forms to change a person."""
    owners_only(caller)
    user = _find(request, services)
    return _person(request, services, caller, user, Draft.of(user), {})


def post_person_rights(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the list: the person may do from now on what the form says, and signs in again."""
    owners_only(caller)
    user, form = _find(request, services), Form.read(request)
    draft, problems = replace(Draft.read(form), name=user.name), dict[str, str]()
    rights = _read_rights(form, problems)
    if not _is_changeable(user, caller):
        problems["form"] = "people.problem.not_changeable"
    if problems:
        page = _person(request, services, caller, user, draft, problems)
        return with_problem(page, rejection(problems))
    try:
        report = accounts.change_rights(user, rights, request, services, caller)
    except HTTPProblemError as error:
        return _if_changed(request, services, caller, user, error)
    return _done(request, "changed", user.name, report)


def post_person_password(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the list: the person has a new password, and signs in with it."""
    owners_only(caller)
    user, form = _find(request, services), Form.read(request)
    password, problems = form.password("password"), dict[str, str]()
    if key := password_key(password, user.name):
        problems["password"] = key
    if not _is_changeable(user, caller):
        problems["form"] = "people.problem.not_changeable"
    if problems:
        page = _person(request, services, caller, user, Draft.of(user), problems)
        return with_problem(page, rejection(problems))
    try:
        accounts.set_password(user, password, request, services, caller)
    except HTTPProblemError as error:
        return _if_changed(request, services, caller, user, error)
    return _done(request, "password", user.name)


def get_person_removal(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what it means to remove a person, and whether they are to be removed."""
    owners_only(caller)
    all_users = users.list_users(services.accounts)
    user = next((one for one in all_users if one.name == request[PERSON]), None)
    if user is None or not _is_changeable(user, caller):
        raise HTTPProblemError(404, "There is no such person.")
    added = sorted(users_added_by({user.name}, all_users) - {caller.name})
    return render_page("person_removal.html", request, caller, {"person": user, "added": added})


def post_person_removal(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the list: the person cannot sign in any more, nor those of the people whom they added
    who were chosen. Sent again, it finishes what an interrupted request left."""
    owners_only(caller)
    name, form = request[PERSON], Form.read(request)
    if name in (users.OWNER, caller.name) or not is_valid_name(name):
        raise HTTPProblemError(404, "There is no such person.")
    all_users = users.list_users(services.accounts)
    added = users_added_by({name}, all_users) - {caller.name, users.OWNER}
    report = accounts.remove(name, request, services, caller)
    for one in sorted(added & set(form.chosen("added"))):
        further = accounts.remove(one, request, services, caller)
        report.tokens |= further.tokens
        report.links |= further.links
    return _done(request, "removed", name, report)


def _list(
    request: Request, services: Services, caller: Caller, draft: Draft, problems: dict[str, str]
) -> Response:
    values = {
        "people": sorted(users.list_users(services.accounts), key=lambda one: one.name),
        "cameras": sorted(services.index.cameras()),
        "draft": draft,
        "problems": problems,
        "done": read_done(request, "people.done.", _ACTIONS, is_valid_name),
    }
    return render_page("people.html", request, caller, values)


def _person(
    request: Request,
    services: Services,
    caller: Caller,
    user: User,
    draft: Draft,
    problems: dict[str, str],
) -> Response:
    values = {
        "person": user,
        "is_changeable": _is_changeable(user, caller),
        "cameras": sorted({*services.index.cameras(), *(user.cameras or ())}),
        "draft": draft,
        "problems": problems,
    }
    return render_page("person.html", request, caller, values)


def _read_rights(form: Form, problems: dict[str, str]) -> Rights:
    """Return what a form gives a person; what is missing or wrong is added to `problems`. An owner
    sees all cameras, whatever is chosen."""
    role = form.text("role")
    if role == Role.OWNER and form.text("cameras") in (ALL, SOME):
        return Rights(Role.OWNER, None)
    if role not in list(Role):
        problems["role"] = "people.problem.role"
    return Rights(Role.VIEWER, read_cameras(form, problems))


def _find(request: Request, services: Services) -> User:
    name = request[PERSON]
    user = users.find(services.accounts, name) if is_valid_name(name) else None
    if user is None:
        raise HTTPProblemError(404, "There is no such person.")
    return user


def _is_changeable(user: User, caller: Caller) -> bool:
    """Return whether others may change and remove a person: not the first owner, without whom
    nobody could add people, and nobody themselves."""
    return user.name not in (users.OWNER, caller.name)


def _if_changed(
    request: Request, services: Services, caller: Caller, user: User, error: HTTPProblemError
) -> Response:
    """Return the page of a person whom somebody else changed at the same moment."""
    if error.problem.status != 409:
        raise error
    user = _find(request, services)
    page = _person(request, services, caller, user, Draft.of(user), _CHANGED)
    return with_problem(page, rejection(_CHANGED, 409))


def _done(
    request: Request, action: str, name: str, report: RevocationReport | None = None
) -> Response:
    """303 to the list, which says what was done."""
    count = len(report.tokens) + len(report.links) if report else 0
    return redirect_done(PATH, request, action, name, count)
