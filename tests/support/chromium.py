"""Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium(*arguments: str, **env: str) -> Iterator["Browser"]:
    """Run the browser, without its calls home, with these further arguments and variables. The
    headless shell opens no windows: a context costs it a fifth of the CPU time."""
    from playwright.sync_api import sync_playwright  # only where a browser is needed

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program(),
            args=[*ARGUMENTS, *arguments],
            env={**os.environ, **env},
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def whole_chromium(shell: "Browser") -> Iterator["Browser"]:
    """Run the whole browser beside another one: the headless shell shows no notifications."""
    browser = shell.browser_type.launch(executable_path=program(WHOLE), args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


def program(names: tuple[str, ...] = (SHELL, *WHOLE)) -> str:
    """Return the path of the first of these browsers that is installed."""
    return next(filter(None, map(shutil.which, names)))
