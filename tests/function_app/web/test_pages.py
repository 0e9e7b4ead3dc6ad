"""The pages and their files over HTTP."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import requests

from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.browser import session_of

PAGES = ["/", "/alerts", "/devices", "/notifications"]


@pytest.fixture(scope="module")
def session(backend: Backend) -> dict[str, str]:
    """Headers of an owner who signed in."""
    return session_of(backend)


def ask(api: Api, path: str, headers: dict[str, str] | None = None) -> requests.Response:
    """Request a page, and stay at a redirect."""
    return api.ask(path, headers, allow_redirects=False)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_who_signed_in(api: Api, session: dict[str, str], path: str) -> None:
    """Everyone else is sent to sign in, and comes back to it. It is not stored by browsers."""
    stranger = ask(api, path)
    assert (stranger.status_code, stranger.content) == (303, b"")
    wanted = "" if path == "/" else f"?next={path.replace('/', '%2F')}"
    assert stranger.headers["Location"] == f"/sign-in{wanted}"
    page = ask(api, path, session)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.startswith("<!doctype html>")
    assert page.text.count("<h1") == page.text.count("<main") == 1


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/shared/none"])
def test_a_page_loads_only_files_of_this_site(api: Api, session: dict[str, str], path: str) -> None:
    """By its policy, and all that it names is there, with addresses that browsers may keep."""
    page = ask(api, path, {} if path == "/sign-in" else session)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    named = re.findall(r'<(?:link|script|img)[^>]* (?:href|src)="(/(?!api/)[^"]+)"', page.text)
    assert not re.search(r' (?:href|src)="(?!/|#)', page.text)
    assert named
    for file in named:
        if file.startswith("/api/photos/"):  # of the tests that ran before
            continue
        reply = api.ask(file)
        assert reply.status_code == 200, file
        is_kept = "immutable" in reply.headers["Cache-Control"]
        assert is_kept is file.startswith("/assets/"), file
    assert "<script>" not in page.text
    assert " style=" not in page.text


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/shared.css", "text/css; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icon.svg", "image/svg+xml"),
        ("/icon-192.png", "image/png"),
        ("/icon-512.png", "image/png"),
        ("/icon-maskable.png", "image/png"),
    ],
)
def test_files_are_public(api: Api, path: str, content_type: str) -> None:
    """Everyone may load them: they hold no photo. Browsers ask for them each time, and get 304 if
    they have them."""
    reply = api.ask(path)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == content_type
    assert reply.headers["Cache-Control"] == "no-cache"
    assert "connect-src 'self'" in reply.headers["Content-Security-Policy"]  # of the worker
    head = api.ask(path, method="HEAD")
    assert (head.content, head.headers["Content-Length"]) == (
        b"",
        reply.headers["Content-Length"],
    )
    plain = api.ask(path, {"Accept-Encoding": "identity"})
    assert plain.content == reply.content
    assert int(plain.headers["Content-Length"]) == len(plain.content)
    again = api.ask(path, {"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api",
        "/api/nothing",
        "/live",
        "/live/",
        "/live/gate/more",
        "/index.html",
        "/../pages.py",
        "/%2e%2e/pages.py",
        "/page/shared.css",
        "/templates/base.html",
        "/base.html",
        "/assets/",
        "/assets/x/../pages.py",
        "/assets/x/%2e%2e/%2e%2e/pages.py",
        "/..%2f..%2fsettings.py",
        "/%2fetc%2fpasswd",
        "/host.json",
    ],
)
def test_other_paths_are_not_found(api: Api, path: str) -> None:
    """A path from outside is looked up among the pages' files, never opened. People get a page."""
    reply = api.ask(path)
    assert reply.status_code == 404
    assert reply.headers["Content-Type"] == "application/problem+json"
    page = api.ask(path, {"Accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 404
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Nothing here" in page.text


def test_browsers_understand_each_pattern_of_a_field() -> None:
    """They read it with the flag v, by which a class of characters has no bare hyphen (HTML, "the
    pattern attribute"); one that is wrong checks nothing."""
    texts = (file.read_text() for file in Path("function_app/web/templates").glob("*.html"))
    patterns = [one for text in texts for one in re.findall(r'\bpattern="([^"]*)"', text)]
    program = "for (const one of JSON.parse(process.argv[1])) new RegExp(`^(?:${one})$`, 'v')"
    assert patterns
    subprocess.run(["node", "-e", program, json.dumps(patterns)], check=True)
