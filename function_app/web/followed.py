"""Pages of which a part follows the backend: `follow.js` asks for it with `?part`, as long as the
page is open."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from function_app.auth.caller import Caller
from function_app.browse.ranges import is_cached
from function_app.http.preferences import Preferences
from function_app.http.request import Request
from function_app.http.responses import Response
from function_app.web.layout import render_page


def render_followed(
    name: str,
    request: Request,
    caller: Caller,
    values: Mapping[str, object],
    fresh: Mapping[str, object] | None = None,
) -> Response:
    """Return the page of the template `NAME.html`; with `?part` what `NAME_part.html` makes of the
    same values, and 304 if they are as before. The values must not change with the moment; those in
    `fresh` may, since a part that has nothing else new is not sent for them."""
    etag = etag_of(Preferences.read(request), sorted(caller.scopes), values)
    is_part = request.method != "POST" and "part" in request.http.params
    if is_part and (unchanged := if_unchanged(request, etag)):
        return unchanged
    template = f"{name}_part.html" if is_part else f"{name}.html"
    return with_etag(
        render_page(template, request, caller, {**values, **(fresh or {}), "etag": etag}), etag
    )


def etag_of(*made_of: object) -> str:
    """Return the ETag of what is made of these values. It is a weak one: compressed and as it is,
    a part is the same."""
    return f'W/"{hashlib.sha256(repr(made_of).encode()).hexdigest()[:32]}"'


def if_unchanged(request: Request, etag: str) -> Response | None:
    """Return 304 if the page has what has this ETag; None if it has to be made."""
    if not is_cached(request.headers.get("If-None-Match"), etag.removeprefix("W/")):
        return None
    return Response(304, content_type="text/html", headers={"ETag": etag})


def with_etag(page: Response, etag: str) -> Response:
    """Return a page or a part with its ETag."""
    return replace(page, headers={**page.headers, "ETag": etag})
