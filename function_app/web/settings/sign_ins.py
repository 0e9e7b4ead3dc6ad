"""`/settings/people/{name}/sign-ins`: where a person is signed in, to end that, and to remove the
authenticator app of somebody who lost their phone. For owners."""

from datetime import UTC, datetime

from function_app.accounts import open_sessions
from function_app.accounts import totp as accounts
from function_app.auth import sessions, totp
from function_app.auth.caller import Caller, is_valid_name
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.web.layout import render_page
from function_app.web.settings.forms import Form, owners_only, read_done, redirect_done
from function_app.web.settings.people import PATH, PERSON


def get_person_sign_ins(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the sessions of a person, the latest sign-in first, and their app. Three requests
    to the table, with that of the session."""
    owners_only(caller)
    name = _name(request)
    values = {
        "name": name,
        "sessions": sessions.list_sessions(services.accounts, name, datetime.now(UTC)),
        "enrollment": totp.find(services.accounts, name),
        "is_own": name == caller.name,
        "done": read_done(request, "sign_ins.done.", ("ended", "app_removed"), is_valid_name),
    }
    return render_page("sign_ins.html", request, caller, values)


def post_person_session_end(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page; one session of the person has ended."""
    owners_only(caller)
    name, form = _name(request), Form.read(request)
    open_sessions.end(name, form.text("session"), request, services, caller)
    return redirect_done(f"{PATH}/{name}/sign-ins", request, "ended", name)


def post_person_app_removal(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the page; the person signs in without codes, and their sessions have ended."""
    owners_only(caller)
    name = _name(request)
    accounts.remove_of(name, request, services, caller)
    return redirect_done(f"{PATH}/{name}/sign-ins", request, "app_removed", name)


def _name(request: Request) -> str:
    """Return the name in the address; of somebody who is not there the page has nothing. Raises
    HTTPProblemError (404) for what is no name."""
    name = request[PERSON]
    if not is_valid_name(name):
        raise HTTPProblemError(404, "There is no such person.")
    return name
