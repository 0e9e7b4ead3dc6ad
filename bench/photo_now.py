"""A photo now: from the press of a button in a real browser until the page shows the photo.

The whole system of `make run` runs as it does for a person: its device also sees a movement every
five seconds. Nobody looks at first, so the device reads its commands every 20 s; then the page
/live/NAME is open, and it reads them every 2 s. Each press comes at another phase of that time.
"""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.effort import Effort
from bench.repeat import percentile, progress
from bench.report import Figure
from pi_uploader.agent.schedule import LOOKING_SECONDS
from tests.support.chromium import chromium
from tests.support.local_system import cameras_that_report, local_system
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CAMERA = "gate"
LOOKING_AIM, QUIET_AIM = 3, 25  # seconds, of the 95th percentile
TIMEOUT = 120_000  # milliseconds
TAKEN = "The photo is here."
WATCH = """([place, status, taken]) => {
    window.shown = new Promise((done, failed) => {
        setTimeout(() => failed(new Error("no photo after two minutes")), 120_000);
        const find = () => document.querySelector(`${place} img`);
        const isTaken = () => !status || document.querySelector(status).textContent === taken;
        const listenOnce = { capture: true, once: true };
        document.addEventListener("click", (press) => {
            const before = find()?.src;
            const look = () => {
                const photo = find();
                const isNew = photo && photo.src !== before && photo.complete && photo.naturalWidth;
                if (isNew && isTaken()) done([performance.now() - press.timeStamp, photo.src]);
                else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        }, listenOnce);
    });
}"""
"""Runs in the page: from the next press on, look at each frame whether another photo is in this
place, and the status, if there is one, says that it was taken: the camera also sees movements."""


def measure(folder: Path, effort: Effort) -> list[Figure]:
    """Press the button, and return how long the photo takes."""
    poll = effort.pick(20, 20, 5)  # seconds; 20 is the default
    settings = {"CAMERA_NAME": CAMERA, "CAMERA_POLL": f"{poll}s"}
    with local_system(folder, **settings) as system, ThreadPoolExecutor(1) as pool:
        wait_for(lambda: cameras_that_report(system), what="the first heartbeat")
        # In a thread of its own: another one may have an open browser.
        quiet, looking = pool.submit(_press, system, poll, effort).result()
    return [
        *_figures("while somebody looks", looking, LOOKING_AIM),
        *_figures(f"from quiet, polls every {poll} s", quiet, QUIET_AIM),
    ]


def _figures(what: str, seconds: list[float], aim: float) -> list[Figure]:
    remark = f"{len(seconds)} presses, the longest took {max(seconds):.2f} s"
    return [
        Figure(f"photo now {what}: p50", percentile(seconds, 50), "s"),
        Figure(f"photo now {what}: p95", percentile(seconds, 95), "s", aim, True, remark),
    ]


def _press(system: dict[str, Any], poll: float, effort: Effort) -> tuple[list[float], list[float]]:
    """Return the seconds of the presses from quiet, and those while somebody looks."""
    with chromium() as browser:
        context = browser.new_context(locale="en-GB")
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        page.goto(system["base_url"])
        page.get_by_label("Password", exact=True).fill(system["gallery_password"])
        page.get_by_role("button", name="Sign in").click()
        take = page.locator(f"#take-{CAMERA}")
        take.wait_for()
        quiet = []
        for wait in _phases(poll, effort.pick(20, 3, 1)):
            time.sleep(wait)
            quiet.append(_seconds(page, f"#tile-{CAMERA}", f"#asked-{CAMERA}", take))
            progress(f"photo now from quiet: {quiet[-1]:.2f} s")
        page.goto(f"{system['base_url']}/live/{CAMERA}")
        page.locator("#age:not(:empty)").wait_for()  # a picture is there; its age may stay "now"
        looking = []
        for wait in _phases(LOOKING_SECONDS, effort.pick(50, 5, 2)):
            time.sleep(wait)
            looking.append(_seconds(page, "#photo", None, page.locator("#take")))
            progress(f"photo now while somebody looks: {looking[-1]:.2f} s")
    return quiet, looking


def _phases(interval: float, count: int) -> list[float]:
    """Return `count` waits in seconds, spread evenly over the interval, in any order. The poll that
    brings a command comes just before its photo: so a wait after that is a phase."""
    waits = [interval * (part + 0.5) / count for part in range(count)]
    random.shuffle(waits)
    return waits


def _seconds(page: "Page", place: str, status: str | None, button: "Locator") -> float:
    """Return the seconds from a press of the button until a new photo is shown in this place."""
    page.evaluate(WATCH, [place, status, TAKEN])
    button.click()
    milliseconds, address = page.evaluate("() => window.shown")
    if not address.startswith("http"):
        raise RuntimeError(f"{address} is not the address of a photo")
    return float(milliseconds) / 1000
