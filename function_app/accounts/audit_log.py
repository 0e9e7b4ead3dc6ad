"""`GET /api/accesses`: the audit log."""

from function_app.auth.audit_log import ActionKind, AuditEntry
from function_app.auth.caller import Caller
from function_app.http.pagination import Page, decode_cursor, encode_cursor, take_page
from function_app.http.parameters import CURSOR, LIMIT, TEXT, choice, optional
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.services import Services
from function_app.storage.account_keys import AUDIT_KEY
from function_app.storage.table_store import PAGE_SIZE
from photo_wire.moment import format_time

WHO = optional("who", TEXT, "Only what this person, token or link did: `who` of an entry.")
KIND = optional("kind", choice(ActionKind), "Only what is about this.")
PARAMETERS = (WHO, KIND, LIMIT, CURSOR)


def list_accesses(request: Request, services: Services, caller: Caller) -> Response:
    """200 with one page of the audit log, newest first. A filtered page looks through a thousand
    entries, so it may have fewer than asked for, and still be followed by another."""
    page = read_page(services, request[LIMIT], request[CURSOR], request[WHO], request[KIND])
    return json_response(
        {
            "accesses": [
                {
                    "at": format_time(entry.at),
                    "who": entry.actor,
                    "what": entry.action,
                    "which": entry.target or None,
                    "network": entry.network or None,
                }
                for entry in page.entries
            ],
            "next_cursor": encode_cursor(page.last.key) if page.last else None,
        }
    )


def read_page(
    services: Services,
    limit: int,
    cursor: str | None,
    who: str | None = None,
    kind: ActionKind | None = None,
) -> Page[AuditEntry]:
    """Return up to `limit` entries of the audit log, newest first: those of this actor and kind, or
    of all. One request. Raises WireError for a wrong cursor."""
    after = "" if cursor is None else decode_cursor(cursor, AUDIT_KEY)
    scan_limit = limit if who is None and kind is None else PAGE_SIZE - 1
    return take_page(
        services.audit_log.newest(scan_limit + 1, after),
        limit,
        scan_limit,
        lambda entry: who in (None, entry.actor) and kind in (None, entry.kind),
    )
