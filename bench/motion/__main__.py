"""python -m bench.motion [--kept] [--detector NAME] [--family NAME] [--missed]"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.motion.clips import load
from bench.motion.corpus import Split, prepare
from bench.motion.detectors import DETECTORS, available, watch_clip
from bench.motion.scenarios import FAMILIES
from bench.motion.scoring import ClipScore, Summary, by_family, score_clip, summarize

ABOUT = """\
Score motion detectors on labelled clips: how many events they find, how many false alarms an hour
they raise, and how long they need to decide. The clips are drawn by seeds, once, and kept in
$XDG_CACHE_HOME or ~/.cache (about 2 GB for each half). The half for tuning is the default;
the kept half is for figures that are published, so never look at it while you tune."""


def main(argv: Sequence[str] | None = None) -> int:
    args = _parse(argv)
    split = Split.KEPT if args.kept else Split.TUNING
    paths = prepare(split, args.family or FAMILIES)
    names = args.detector or available()
    with ProcessPoolExecutor() as pool:
        results = list(pool.map(_score, [names] * len(paths), paths))
    for number, name in enumerate(names):
        scores = [one[number] for one in results]
        print(f"\n{name}")
        for family, summary in by_family(scores).items():
            print(_line(family, summary))
        print(_line("all", summarize(scores)))
        if args.missed:
            for one in scores:
                _print_mistakes(one)
    return 0


def _score(names: Sequence[str], path: Path) -> list[ClipScore]:
    clip = load(path)
    return [score_clip(clip.labels, watch_clip(name, clip)) for name in names]


def _line(name: str, one: Summary) -> str:
    events = f"{one.found:4} of {one.events:4} {one.recall:6.1%}" if one.events else " " * 19
    delays = f"{one.median_delay:5.1f} s {one.slow_delay:5.1f} s" if one.delays else ""
    return f"  {name:28} {events}  {one.false_alarms:4} false {one.false_per_hour:6.1f}/h  {delays}"


def _print_mistakes(score: ClipScore) -> None:
    labels = score.labels
    where = f"{labels.family}, seed {labels.seed} ({', '.join(labels.conditions)})"
    for event in score.missed:
        print(f"    missed in {where}: {event.kind} {event.begin:.1f} - {event.end:.1f} s")
    if score.false_alarms:
        print(f"    false in {where}: {', '.join(f'{t:.1f} s' for t in score.false_alarms)}")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m bench.motion",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kept", action="store_true", help="score the kept half of the clips")
    parser.add_argument(
        "--detector", action="append", choices=DETECTORS, help="only this one; may be repeated"
    )
    parser.add_argument(
        "--family", action="append", choices=FAMILIES, help="only these clips; may be repeated"
    )
    parser.add_argument("--missed", action="store_true", help="list each mistake, with its clip")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
