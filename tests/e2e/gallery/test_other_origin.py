"""A page of another origin in a real browser: what it can do with a token, and what it cannot do
with the owner's cookie."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import NewStore, StartBackend
from tests.e2e.gallery.browser_pages import TIMEOUT, open_session
from tests.e2e.gallery.filled_gallery import FIRST, Gallery

FETCH = """async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        return [response.status, response.headers.get("ETag"), await response.text()];
    } catch (error) {
        return [error.name, null, ""];
    }
}"""
BLOCKED = ["TypeError", None, ""]


@pytest.fixture
def other_origin() -> Iterator[str]:
    """The origin of an empty page: another port of the same host, which shares its cookies."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose console may say that a request was blocked."""
    context = browser.new_context()
    context.set_default_timeout(TIMEOUT)
    yield context.new_page()
    context.close()


def fetch(page: Page, url: str, method: str = "GET", token: str = "", **options: Any) -> list[Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer: list[Any] = page.evaluate(
        FETCH, [url, {"method": method, "headers": headers, **options}]
    )
    return answer


@pytest.mark.slow
def test_a_token_opens_the_api_for_a_page_and_the_owners_cookie_does_not(
    page: Page, start_backend: StartBackend, new_store: NewStore, other_origin: str
) -> None:
    gallery = Gallery(start_backend(new_store(), CORS_ORIGINS=other_origin))
    gallery.add("gate", FIRST)
    backend, name = gallery.backend, gallery.names[0]
    photo = f"{backend.base_url}/api/photos/{name}"
    open_session(page, backend, "owner", backend.password)
    page.goto(other_origin)

    # The cookie is sent, since ports do not count; the page gets nothing, and can change nothing.
    assert fetch(page, f"{backend.base_url}/api/photos", credentials="include") == BLOCKED
    assert fetch(page, photo, "DELETE", credentials="include") == BLOCKED
    assert fetch(page, photo, "DELETE", backend.admin_token, credentials="include") == BLOCKED
    status, _, text = fetch(page, f"{backend.base_url}/api/photos", token=backend.read_token)
    assert status == 200
    assert str(name) in text

    status, etag, _ = fetch(page, f"{photo}/content", token=backend.read_token)
    assert (status, etag is not None) == (200, True)
    status, _, text = fetch(page, f"{backend.base_url}/api/photos", token="wrong")
    assert (status, "token" in text) == (401, True)
    assert fetch(page, f"{backend.base_url}/api/openapi.json") == BLOCKED
    assert fetch(page, photo, "DELETE", backend.admin_token)[0] == 204


@pytest.mark.slow
def test_without_the_setting_a_token_opens_nothing(
    page: Page, start_backend: StartBackend, new_store: NewStore, other_origin: str
) -> None:
    backend = start_backend(new_store())
    page.goto(other_origin)
    assert fetch(page, f"{backend.base_url}/api/photos", token=backend.read_token) == BLOCKED
