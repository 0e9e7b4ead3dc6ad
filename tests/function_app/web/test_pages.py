"""`/` over HTTP: the gallery's page, its style and its script."""

import pytest

from tests.support.api import Api


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/devices", "text/html; charset=utf-8"),
        ("/live/gate", "text/html; charset=utf-8"),
        ("/gallery.css", "text/css; charset=utf-8"),
        ("/gallery.js", "text/javascript; charset=utf-8"),
    ],
)
def test_the_page_and_its_files_are_public(api: Api, path: str, content_type: str) -> None:
    """Everyone may load them: they hold no photo. Browsers ask for them each time, and get 304 if
    they have them."""
    reply = api.ask(path)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == content_type
    assert reply.headers["Cache-Control"] == "no-cache"
    head = api.ask(path, method="HEAD")
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(reply.content)))
    again = api.ask(path, {"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_may_load_only_its_own_files(api: Api) -> None:
    """No inline script, no other site, no frame."""
    policy = api.ask("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api",
        "/api/nothing",
        "/live",
        "/live/",
        "/live/gate/more",
        "/../pages.py",
        "/%2e%2e/pages.py",
        "/page/index.html",
        "/..%2f..%2fsettings.py",
        "/%2fetc%2fpasswd",
        "/host.json",
    ],
)
def test_other_paths_are_not_found(api: Api, path: str) -> None:
    """A path from outside is looked up among the page's files, never opened."""
    reply = api.ask(path)
    assert reply.status_code == 404
    assert reply.headers["Content-Type"] == "application/problem+json"
