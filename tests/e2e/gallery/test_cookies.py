"""The sign-in's cookies in a real browser, with the Domain that Azure adds to each.

The worker sends an empty `domain=` (tests/conformance/test_azure_runtime.py), and one live app got
its own host name there (azure-functions-python-worker issue 1902).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from function_app.http.cookies import BROWSER, SECURE_PREFIX, SESSION, set_cookie
from tests.e2e.gallery.browser_pages import Pages
from tests.support.certificates import Authority

HOST = "localhost"  # a name and no address, for which browsers make an exception


@contextmanager
def tls_server(folder: Path, cookies: list[str]) -> Iterator[str]:
    """Serve a page with these Set-Cookie headers over TLS; yields its URL."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for cookie in cookies:
                self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        context = Authority(folder).certificate().context()
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"https://{HOST}:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["", "; domain=", f"; domain={HOST}"])
def test_a_browser_keeps_the_cookies_whatever_domain_azure_adds(
    pages: Pages, tmp_path: Path, domain: str
) -> None:
    site = f"https://{HOST}/api/session"
    ours = [set_cookie(name, "value", 60, site) + domain for name in (SESSION, BROWSER)]
    bound_to_host = f"__Host-{SESSION}=value; Path=/; Secure{domain}"
    with tls_server(tmp_path, [*ours, bound_to_host]) as url:
        page = pages.new(ignore_https_errors=True)
        page.goto(url)
        kept = {cookie.get("name"): cookie for cookie in page.context.cookies()}
    assert {SECURE_PREFIX + SESSION, SECURE_PREFIX + BROWSER} <= kept.keys()
    assert all(
        cookie.get("secure") and cookie.get("httpOnly")
        for cookie in kept.values()
        if cookie.get("name", "").startswith(SECURE_PREFIX)
    )
    # The reason for the weaker prefix: once this fails for all three, `__Host-` can come back.
    assert (f"__Host-{SESSION}" in kept) is (HOST not in domain)
