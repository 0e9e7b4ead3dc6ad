"""`/`, and the files of all pages."""

from datetime import UTC, datetime

from function_app.auth.caller import Caller
from function_app.browse.ranges import is_cached
from function_app.http.authorization import Access, authorize
from function_app.http.compression import compress
from function_app.http.json_schema import text
from function_app.http.parameters import defaulting, opaque
from function_app.http.request import Request
from function_app.http.responses import PAGE_POLICY, Response
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.web.assets import find_asset
from function_app.web.now import get_now

FILE = defaulting("path", opaque(text()), "", "A file of the pages.")
_YEAR = 365 * 24 * 3600  # seconds


def get_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a file of the pages, 304 if the browser has it. Without a path it is the page at
    `/`: the Functions host gives the root of a site only to a route that matches every path
    (docs/decisions/0119-the-root-is-part-of-a-route.md)."""
    path = request[FILE]
    if not path:
        person = authorize(Access.PAGE, request.http, services, datetime.now(UTC))
        return get_now(request, services, person)
    asset, is_immutable = find_asset(path)
    if asset is None:
        raise HTTPProblemError(
            404, "There is nothing here: the gallery is at /, its API under /api/photos."
        )
    caching = f"public, max-age={_YEAR}, immutable" if is_immutable else "no-cache"
    # The policy is for the service worker, which has its own and not that of a page.
    headers = {
        "ETag": f"W/{asset.etag}",  # weak: it is that of the compressed file, too
        "Cache-Control": caching,
        "Content-Security-Policy": PAGE_POLICY,
    }
    if is_cached(request.headers.get("If-None-Match"), asset.etag):
        return Response(304, content_type=asset.content_type, headers=headers)
    file = Response(200, asset.body, asset.content_type, headers)
    is_text = not asset.content_type.startswith("image/png")
    return compress(file, request.headers, is_kept=True) if is_text else file
