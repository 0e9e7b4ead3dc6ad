"""For how long nobody has used the page."""

import base64
import threading
from pathlib import Path
from wsgiref.util import setup_testing_defaults

import pytest

from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.serve.app import PageApp
from pi_uploader.serve.throttle import FORGET_SECONDS
from pi_uploader.settings import ServeSettings, load_settings
from tests.support.camera_page import PASSWORD, CameraPage
from tests.support.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(seconds=1000.0)


@pytest.fixture
def app(page: CameraPage, clock: FakeClock, tmp_path: Path) -> PageApp:
    settings = load_settings(ServeSettings, page.env | {"CAMERA_SPOOL": str(tmp_path)})
    capture = CaptureClient(tmp_path, lambda: "0" * 8)
    return PageApp(settings, capture, threading.Event().wait, clock)


def visit(app: PageApp, password: str) -> str:
    """Ask for the style sheet; return the status."""
    credentials = base64.b64encode(f":{password}".encode()).decode()
    environ = {"PATH_INFO": "/style.css", "HTTP_AUTHORIZATION": f"Basic {credentials}"}
    setup_testing_defaults(environ)
    environ["HTTP_HOST"] = "localhost"
    statuses: list[str] = []
    b"".join(app(environ, lambda status, *_: statuses.append(status)))
    return statuses[0]


def test_it_is_counted_from_the_start_or_the_last_request(app: PageApp, clock: FakeClock) -> None:
    clock.seconds = 1100.0
    assert app.idle_seconds() == 100
    assert visit(app, PASSWORD) == "200 OK"
    assert app.idle_seconds() == 0
    clock.seconds = 1160.0
    assert app.idle_seconds() == 60


def test_while_a_wrong_password_counts_it_is_in_use(app: PageApp, clock: FakeClock) -> None:
    """An address that guesses could wait for the end of the process, and would be forgotten."""
    assert visit(app, "a wrong password").startswith("401")
    clock.seconds = 1000.0 + FORGET_SECONDS
    assert app.idle_seconds() == 0
    clock.seconds += 1
    assert app.idle_seconds() == FORGET_SECONDS + 1
