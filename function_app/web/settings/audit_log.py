"""`/settings/audit-log`: who did what and when, newest first. For owners."""

import re
from collections.abc import Container
from typing import NamedTuple
from urllib.parse import urlencode

from function_app.accounts.audit_log import read_page
from function_app.auth import users
from function_app.auth.audit_log import FAILED_SIGN_IN, LOOKED_AT_DAY, ActionKind, AuditEntry
from function_app.auth.caller import Caller
from function_app.http.pagination import encode_cursor
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.localization.translation import load_strings
from function_app.problems import no_such_page
from function_app.services import Services
from function_app.web.layout import render_page
from function_app.web.settings.forms import owners_only
from photo_wire.errors import WireError
from photo_wire.name import parse_name

PATH = "/settings/audit-log"
PAGE_SIZE = 100
_DAY_OF_CAMERA = re.compile(r"([a-z0-9-]{1,32}) (\d{4}-\d\d-\d\d)")
_OF_LINKS = ("shared", "opened")  # actions whose targets are those of links


class Line(NamedTuple):
    """An entry as the page shows it: the key of the text of its action, None for one that has none;
    and the page that shows what it is about, if there is one."""

    entry: AuditEntry
    key: str | None
    path: str | None

    @property
    def is_of_nobody(self) -> bool:
        """Whether it names nobody: who failed to sign in is not known."""
        return self.entry.action == FAILED_SIGN_IN

    @property
    def is_of_link(self) -> bool:
        """Whether what it is about is told in English words, not by the name of something alone."""
        return self.entry.action in _OF_LINKS and " " in self.entry.target


def get_audit_log_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a page of the log; `?who=` and `?kind=` filter it. Three requests to the table, with
    that of the session."""
    owners_only(caller)
    query = request.http.params
    who = (query.get("who") or "").strip() or None
    kind = next((one for one in ActionKind if one == query.get("kind")), None)
    try:
        page = read_page(services, PAGE_SIZE, query.get("cursor") or None, who, kind)
    except WireError:
        raise no_such_page() from None
    chosen = {"who": who, "kind": kind, "cursor": page.last and encode_cursor(page.last.key)}
    older = urlencode({name: value for name, value in chosen.items() if value})
    texts = load_strings(Preferences.read(request).language)
    values = {
        "lines": [_line(entry, texts.keys()) for entry in page.entries],
        "older": f"{PATH}?{older}" if page.last else None,
        "who": who or "",
        "kind": kind,
        "kinds": list(ActionKind),
        "names": sorted(one.name for one in users.list_users(services.accounts)),
        "is_first": "cursor" not in query,
    }
    return render_page("audit_log.html", request, caller, values)


def _line(entry: AuditEntry, known: Container[str]) -> Line:
    key = f"audit_log.action.{entry.action.replace(' ', '_').replace('-', '_')}"
    return Line(entry, key if key in known else None, _path(entry))


def _path(entry: AuditEntry) -> str | None:
    """Return the address of the photo, or of the camera's day, that an entry is about."""
    if entry.action == LOOKED_AT_DAY:
        found = _DAY_OF_CAMERA.fullmatch(entry.target)
        return f"/days/{found[2]}?{urlencode({'camera': found[1]})}" if found else None
    try:
        return f"/photos/{parse_name(entry.target.partition(' ')[0])}"
    except WireError:
        return None
