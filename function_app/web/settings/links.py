"""`/settings/links`: which links are open, how often they were opened, and to revoke them. For
owners."""

from datetime import UTC, datetime

from function_app.auth import links
from function_app.auth.caller import Caller
from function_app.auth.links import SharedLink
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.web.layout import render_page
from function_app.web.settings.forms import owners_only, read_done, redirect_done
from function_app.web.sharing import KEY, revoke_link

PATH = "/settings/links"


def get_links_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the links that open something, the last to expire first."""
    owners_only(caller)
    values = {
        "links": _open_links(services),
        "done": read_done(request, "links.done.", ("revoked",), lambda name: not name),
    }
    return render_page("links.html", request, caller, values)


def get_link_revocation(request: Request, services: Services, caller: Caller) -> Response:
    """200 with what a link opens, and whether it is to be revoked."""
    owners_only(caller)
    found = next((one for one in _open_links(services) if one.key == request[KEY]), None)
    if found is None:
        raise HTTPProblemError(404, "There is no such link.")
    return render_page("link_revocation.html", request, caller, {"link": found})


def post_link_revocation(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the list; the link opens nothing any more."""
    owners_only(caller)
    revoke_link(request[KEY], request, services, caller)
    return redirect_done(PATH, request, "revoked")


def _open_links(services: Services) -> list[SharedLink]:
    now = datetime.now(UTC)
    found = [one for one in links.list_links(services.accounts) if one.expires_at > now]
    return sorted(found, key=lambda one: one.expires_at, reverse=True)
