"""Addresses of versions before, which are in bookmarks and in messages that were sent."""

from collections.abc import Mapping
from urllib.parse import quote

from function_app.auth.caller import Caller
from function_app.http.request import Request
from function_app.http.responses import Response, redirect
from function_app.services import Services


def moved_to(query: Mapping[str, str]) -> str | None:
    """Return the address of what `?photo=ID` and `?alerts` opened in the gallery; None if the query
    has neither."""
    if "photo" in query:  # the page says if it is no photo's id
        return f"/photos/{quote(query['photo'], safe='')}"
    return "/alerts" if "alerts" in query else None


def get_photos(request: Request, services: Services, caller: Caller) -> Response:
    """303 to the days: this was the list of the newest photos."""
    return redirect(moved_to(request.http.params) or "/days")
