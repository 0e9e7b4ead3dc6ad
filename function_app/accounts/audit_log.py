"""`GET /api/accesses`: the audit log."""

from function_app.auth.caller import Caller
from function_app.http.pagination import decode_cursor, encode_cursor, take_page
from function_app.http.parameters import CURSOR, LIMIT
from function_app.http.request import Request
from function_app.http.responses import Response, json_response
from function_app.services import Services
from function_app.storage.account_keys import AUDIT_KEY
from photo_wire.moment import format_time


def list_accesses(request: Request, services: Services, caller: Caller) -> Response:
    """200 with one page of the audit log, newest first."""
    limit, cursor = request[LIMIT], request[CURSOR]
    after = "" if cursor is None else decode_cursor(cursor, AUDIT_KEY)
    page = take_page(services.audit_log.newest(limit + 1, after), limit)
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
