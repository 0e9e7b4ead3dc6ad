"""The site whose pages are pictured, and the windows in which they are."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.screenshots.site import FullSite, full_site
from tests.e2e.screenshots.story import report_now
from tests.e2e.screenshots.view import WINDOWS, View, Window, open_view
from tests.pi_uploader.conftest import spool_folder, start_program
from tests.pi_uploader.serve.conftest import page as device
from tests.support.chromium import chromium

__all__ = ["device", "spool_folder", "start_program"]

FONTS = Path(__file__).with_name("fonts.conf").resolve()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser that shows texts in Roboto, as the phones of most people do."""
    with chromium(FONTCONFIG_FILE=str(FONTS)) as one:
        yield one


@pytest.fixture(scope="session")
def whole_site(cheap_passwords: None) -> Iterator[FullSite]:
    with full_site() as full:
        yield full


@pytest.fixture
def site(whole_site: FullSite) -> FullSite:
    """The site. Tests leave it as it is, as far as pages show it."""
    report_now(whole_site.story, datetime.now(UTC))
    return whole_site


@pytest.fixture(params=WINDOWS, ids=lambda window: window.name)
def view(browser: Browser, request: pytest.FixtureRequest) -> Iterator[View]:
    """Each of the windows in turn."""
    window: Window = request.param
    with open_view(browser, window) as one:
        yield one
