"""`/settings/retention`: what is kept, how long, and where that is set. For everyone who signed in;
of single cameras, for those who may see them."""

from datetime import timedelta
from typing import NamedTuple

from function_app.auth.caller import Caller
from function_app.auth.purge import FAILED_SIGN_IN_TTL
from function_app.auth.sessions import SESSION_TTL
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.maintenance.deletion import TOMBSTONE_TTL
from function_app.maintenance.trash import TRASH_TTL
from function_app.notify.outbox import KEPT_FOR
from function_app.services import Services
from function_app.settings import RETENTION
from function_app.storage.commands import COMMAND_TTL
from function_app.web.layout import render_page
from function_app.web.sharing import MAX_HOURS


class Rule(NamedTuple):
    """How long a kind of data is kept, at most; None: until somebody removes it."""

    name: str
    kept: timedelta | None


RULES = (
    Rule("trash", TRASH_TTL),
    Rule("tombstones", TOMBSTONE_TTL),
    Rule("alerts", None),
    Rule("links", timedelta(hours=MAX_HOURS)),
    Rule("sessions", SESSION_TTL),
    Rule("audit_log", None),
    Rule("failed_sign_ins", FAILED_SIGN_IN_TTL),
    Rule("commands", COMMAND_TTL),
    Rule("notifications", KEPT_FOR),
)


def get_retention_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page. It costs no request beside that of the session."""
    policy = services.settings.retention
    values = {
        "default": policy.default,
        "exceptions": [
            (camera, kept)
            for camera, kept in sorted(policy.by_camera.items())
            if caller.may_see(camera)
        ],
        "rules": RULES,
        "setting": RETENTION,
        "is_owner": caller.is_owner,
    }
    return render_page("retention.html", request, caller, values)
