"""`/settings/account`: a person's own password, passkeys, authenticator app and sessions.

Without JavaScript it shows what there is. The passkeys are read by its script: they need one
anyway.
"""

from datetime import UTC, datetime

from function_app.auth import sessions, totp
from function_app.auth.caller import Caller
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.services import Services
from function_app.web.layout import render_page


def get_account_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page. Three requests to the table, with that of the session."""
    now = datetime.now(UTC)
    values = {
        "sessions": sessions.list_sessions(services.accounts, caller.name, now),
        "enrollment": totp.find(services.accounts, caller.name),
    }
    return render_page("account.html", request, caller, values)
