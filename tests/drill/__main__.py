"""Run the drill with both devices, and compare."""

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
from tests.drill.console import Console
from tests.drill.devices import Device, NightjarDevice, OrdinaryDevice
from tests.drill.plan import HOUR_SECONDS, Plan
from tests.drill.scenario import Scenario
from tests.support.fault_server import FaultServer

SPEED = 180.0  # how much faster than real time the devices' clocks run
MIN_PHOTOS = 100  # so that every phase of the scenario has some

DESCRIPTION = """\
Photos are taken and sent while processes are killed (kill -9), the network and the backend fail in
every way and the disk fills up: by Nightjar, and by an ordinary client. Prints what became of every
photo. The exit code is 0 if Nightjar lost none without a record, stored none twice, reported every
loss to the backend, and sent all that could be sent; else 1."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the drill and return its exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.photos < MIN_PHOTOS or not 0 <= args.kills <= args.photos // 2:
        parser.error(f"--photos: at least {MIN_PHOTOS}; --kills: at most half as many as photos")
    if args.folder and args.folder.exists():
        parser.error(f"--folder: {args.folder} is there already; name a new one")
    folder = args.folder or Path(tempfile.mkdtemp(prefix="nightjar-drill-"))
    console, has_passed = Console(), False
    try:
        has_passed = _run_both(Plan(args.photos, args.kills, args.seed), folder.absolute(), console)
    finally:
        if has_passed and not args.folder:
            shutil.rmtree(folder)
        else:
            console.write_line(f"The memory cards and the logs are in {folder}")
    return 0 if has_passed else 1


def _run_both(plan: Plan, folder: Path, console: Console) -> bool:
    """Run the scenario with both devices and print the comparison. Return whether Nightjar's
    account has no problems."""
    start = time.monotonic()
    console.write_line(
        f"The drill: {plan.photos:,} captures, {plan.kills} kills, --seed {plan.seed}; "
        f"an hour takes {HOUR_SECONDS / SPEED:.0f} seconds."
    )
    nightjar = _run_with(
        plan, lambda url: NightjarDevice(folder / "nightjar", url, plan.capacity, SPEED), console
    )
    naive = _run_with(
        plan, lambda url: OrdinaryDevice(folder / "naive", url, plan.capacity), console
    )
    problems = list(nightjar.problems())
    console.write_line("\n" + table({NightjarDevice.title: nightjar, OrdinaryDevice.title: naive}))
    console.write_line(
        "Quarantined photos are those that the backend always rejects; nobody requeued them."
        f"\n\nNightjar: {nightjar}"
    )
    console.write_line(
        f"lost without a record {nightjar.unrecorded}, stored twice {nightjar.stored_twice}, "
        f"losses in the backend's alerts {nightjar.in_alerts} of {nightjar.losses} "
        f"({nightjar.reasons_text})"
    )
    for problem in problems:
        console.write_line(f"WRONG: {problem}")
    console.write_line(f"The drill took {time.monotonic() - start:.0f} seconds.")
    return not problems


def _run_with(plan: Plan, device_for: Callable[[str], Device], console: Console) -> Balance:
    """Run the scenario with a new server, and with a device that sends to it."""
    with FaultServer() as server:
        device = device_for(server.base_url)
        console.write_line(f"\n{device.title}")
        with device.running():
            scenario = Scenario(plan, device, server, FastClock(SPEED), console)
            result = scenario.run()
    console.write_line(
        f"  {scenario.kills} kills. At {result.in_progress} of them a photo was being taken: "
        f"{result.in_progress_found} of these photos\n  are somewhere and count as captured; "
        f"{result.untraced} left no trace and count as never captured. Each was\n  replaced by a "
        "further photo."
    )
    return result


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
