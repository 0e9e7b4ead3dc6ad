"""The page `/trash`: what was deleted in the last days, for who may delete. Without JavaScript
photos can be restored there, and not be deleted for good."""

from function_app.auth.caller import Caller, Scope
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.maintenance.trash import TRASH_TTL
from function_app.maintenance.trash_api import read_trash
from function_app.problems import no_such_page
from function_app.services import Services
from function_app.web.layout import render_page
from photo_wire.errors import WireError

PAGE_SIZE = 60


def get_trash_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the page; `?cursor=` is its continuation."""
    if Scope.DELETE not in caller.scopes:
        raise no_such_page()
    cursor = request.http.params.get("cursor")
    try:
        photos, next_cursor = read_trash(services, caller, PAGE_SIZE, cursor)
    except WireError:
        raise no_such_page() from None
    values = {"photos": photos, "next_cursor": next_cursor, "kept": TRASH_TTL}
    return render_page("trash.html", request, caller, values)
