"""python -m bench [--quick] [--write FILE] [SECTION ...]"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.effort import FULL, QUICK, TINY, Effort
from bench.load import LoadMeter, current_load
from bench.proof import Result, write
from bench.sections import SECTIONS

ABOUT = """\
Measure what each step of a photo costs, beside the minimum that is possible in the same run.

Times vary with the machine, ratios hardly do. A measurement and its floor take turns until the
spread of each (the distance of its quartiles) is below 10% of the median; if that is not reached,
the line says NOT STEADY. Each line has the median, its target if it has one, and the least and the
most. At the start and at the end of each section stands what else the machine did: believe no time
that was measured beside other work. A full run takes about 15 minutes, a quick one 3."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the sections that the arguments name, or all, and print the figures."""
    args = _parse(argv)
    effort = _effort(args)
    print(_machine())
    start, results = time.monotonic(), {}
    for name in args.section or SECTIONS:
        results[name] = _measure(name, effort)
    figures = [one for result in results.values() for one in result.figures]
    missed = sum(not one.is_met for one in figures)
    print(f"\n{missed} aims missed; {time.monotonic() - start:.0f} s", flush=True)
    if args.write:
        write(args.write, results, _machine(), "full" if effort.level == 0 else "quick")
        print(f"{args.write} is written")
    return 0


def _measure(name: str, effort: Effort) -> Result:
    section = SECTIONS[name]
    before = current_load()
    print(f"\n{name}: {section.title} ({section.about})\n  before: {before}", flush=True)
    meter = LoadMeter()
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        figures = section.measure(Path(folder), effort)
    during = meter.read()
    for one in figures:
        print(one, flush=True)
    print(f"  after: {during}", flush=True)
    return Result(figures, before, during)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    lines = [f"  {name:12} {one.title}: {one.about}" for name, one in SECTIONS.items()]
    parser = argparse.ArgumentParser(
        "python -m bench",
        description=ABOUT,
        epilog="\n".join(["sections:", *lines, "", "for example: python -m bench counts idle"]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("section", nargs="*", help="what to measure; all if none is named")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="smaller numbers, rougher figures")
    size.add_argument("--tiny", action="store_true", help="show that all works, in seconds")
    parser.add_argument(
        "--idle",
        type=float,
        metavar="SECONDS",
        help=f"watch idle processes so long ({FULL.idle:g})",
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the figures into this page, as make proof"
    )
    args = parser.parse_args(argv)
    if unknown := set(args.section) - SECTIONS.keys():
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    return args


def _effort(args: argparse.Namespace) -> Effort:
    effort = TINY if args.tiny else QUICK if args.quick else FULL
    return effort if args.idle is None else replace(effort, idle=args.idle)


def _machine() -> str:
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"Python {platform.python_version()}, {processor}, {platform.system()}"


if __name__ == "__main__":
    sys.exit(main())
