"""`/settings`: the pages of settings, each with a sentence. Links to pages that a person may not
see are not shown."""

from typing import NamedTuple

from function_app.auth.caller import Caller
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.services import Services
from function_app.web.layout import render_page


class Section(NamedTuple):
    """A page of settings: its path, the end of the keys of its texts, and whether it is for owners
    alone."""

    path: str
    name: str
    is_for_owners: bool = False


SECTIONS = (
    Section("/settings/account", "account"),
    Section("/settings/display", "display"),
    Section("/notifications", "notifications"),
    Section("/settings/people", "people", is_for_owners=True),
    Section("/settings/links", "links", is_for_owners=True),
    Section("/settings/tokens", "tokens", is_for_owners=True),
    Section("/settings/audit-log", "audit_log", is_for_owners=True),
    Section("/devices", "devices"),
    Section("/settings/cameras", "cameras"),
    Section("/settings/retention", "retention"),
)


def get_settings_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the list."""
    shown = [one for one in SECTIONS if caller.is_owner or not one.is_for_owners]
    return render_page("settings.html", request, caller, {"sections": shown})
