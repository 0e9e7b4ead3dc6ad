"""`GET /`, `/devices` and `/live/{camera}`: the pages, their styles and their scripts, the files in
`page/`."""

import hashlib
import re
from functools import cache
from pathlib import Path

from function_app.auth.caller import Caller
from function_app.browse.ranges import is_cached
from function_app.http.json_schema import text
from function_app.http.parameters import defaulting, opaque
from function_app.http.request import Request
from function_app.http.responses import PAGE_POLICY, Response
from function_app.problems import HTTPProblemError
from function_app.services import Services

_FOLDER = Path(__file__).parent / "page"
FILE = defaulting("path", opaque(text()), "", "A file of the page.")
_PAGES = {"": "index.html", "devices": "devices.html"}
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}


def get_page(request: Request, services: Services, caller: Caller) -> Response:
    """200 with a file of the page, 304 if the browser has it."""
    file = _files().get(_file_name(request[FILE]))
    if file is None:
        raise HTTPProblemError(
            404, "There is nothing here: the gallery is at /, its API under /api/photos."
        )
    body, content_type = file
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Content-Security-Policy": PAGE_POLICY}
    if is_cached(request.headers.get("If-None-Match"), etag):
        return Response(304, content_type=content_type, headers=headers)
    return Response(200, body, content_type, headers)


def _file_name(path: str) -> str:
    """Return the name of the file for a path. The page for live pictures reads the camera's name
    from its address."""
    if re.fullmatch("live/[^/]+", path):
        return "live.html"
    return _PAGES.get(path, path)


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """Return the page's files by name, read once. A path from a request is only looked up here, and
    never opened."""
    return {
        file.name: (file.read_bytes(), _TYPES[file.suffix])
        for file in _FOLDER.iterdir()
        if file.suffix in _TYPES
    }
