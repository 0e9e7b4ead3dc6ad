"""Tell the story twice, and compare."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.drill.accounting import Balance, table
from tests.drill.clock import FastClock
from tests.drill.console import Screen
from tests.drill.devices import Device, Naive, Nightjar
from tests.drill.plan import HOUR, Plan
from tests.drill.scenario import Story
from tests.support.fault_server import FaultServer

SPEED = 180.0  # times that of the wall's clock
FEWEST = 100  # photos, so that every part of the story has some

DESCRIPTION = """\
Photos are taken and sent while processes are killed (kill -9), the network and the backend fail in
every way and the disk fills up: by Nightjar, and by an ordinary client. Prints what became of every
photo. The exit code is 0 if Nightjar lost none without record, stored none twice, told the cloud of
every loss, and sent all that could be sent; it is 1 if not."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the drill and return its exit code."""
    parser = _parser()
    words = parser.parse_args(argv)
    if words.photos < FEWEST or not 0 <= words.kills <= words.photos // 2:
        parser.error(f"--photos: at least {FEWEST}; --kills: at most half as many as photos")
    if words.folder and words.folder.exists():
        parser.error(f"--folder: {words.folder} is there already; name a new one")
    folder = words.folder or Path(tempfile.mkdtemp(prefix="nightjar-drill-"))
    screen, is_well = Screen(), False
    try:
        is_well = _drill(Plan(words.photos, words.kills, words.seed), folder.absolute(), screen)
    finally:
        if is_well and not words.folder:
            shutil.rmtree(folder)
        else:
            screen.say(f"The memory cards and the logs are in {folder}")
    return 0 if is_well else 1


def _drill(plan: Plan, folder: Path, screen: Screen) -> bool:
    """Both stories and the comparison. Returns whether Nightjar's ended well."""
    began = time.monotonic()
    screen.say(
        f"The drill: {plan.photos:,} captures, {plan.kills} kills, --seed {plan.seed}; "
        f"an hour takes {HOUR / SPEED:.0f} seconds."
    )
    nightjar = _tell(
        plan, lambda url: Nightjar(folder / "nightjar", url, plan.capacity, SPEED), screen
    )
    naive = _tell(plan, lambda url: Naive(folder / "naive", url, plan.capacity), screen)
    problems = list(nightjar.problems())
    screen.say("\n" + table({Nightjar.title: nightjar, Naive.title: naive}))
    screen.say(
        "Quarantined are photos that the backend rejects whenever they come; nobody requeued them."
        f"\n\nNightjar: {nightjar}"
    )
    screen.say(
        f"lost without a word {nightjar.silent}, stored twice {nightjar.twice}, losses in the "
        f"cloud's alerts {nightjar.in_alerts} of {nightjar.losses} ({nightjar.reasons_in_words})"
    )
    for problem in problems:
        screen.say(f"WRONG: {problem}")
    screen.say(f"The drill took {time.monotonic() - began:.0f} seconds.")
    return not problems


def _tell(plan: Plan, device_for: Callable[[str], Device], screen: Screen) -> Balance:
    """The story with a new server, and a device that sends to its address."""
    with FaultServer() as server:
        device = device_for(server.base_url)
        screen.say(f"\n{device.title}")
        with device.running():
            story = Story(plan, device, server, FastClock(SPEED), screen)
            told = story.tell()
    screen.say(
        f"  {story.kills} kills. At {told.in_hand} of them a photo was asked for and not yet "
        f"answered for: {told.in_hand_found} of these photos\n  are somewhere and count as "
        f"captured; {told.without_trace} left no trace and count as never captured. Each was "
        "asked for again, as another."
    )
    return told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.drill", description=DESCRIPTION)
    parser.add_argument(
        "--photos", type=int, default=1000, metavar="N", help="photos to capture (%(default)s)"
    )
    parser.add_argument(
        "--kills", type=int, default=50, metavar="N", help="processes to kill (%(default)s)"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=random.randrange(10**6),
        metavar="S",
        help="which photos, kills and faults come (by chance)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="FOLDER",
        help="a new folder in which the memory cards and the processes' logs are kept",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
