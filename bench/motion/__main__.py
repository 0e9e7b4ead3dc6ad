"""python -m bench.motion [--kept] [--detector NAME] [--family NAME] [--mistakes] [FOLDER]"""

import argparse
import platform
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from bench.motion import motion_program, oracle, pir
from bench.motion.clips import Clip, ClipError, load, load_labels
from bench.motion.corpus import Split, cache_folder, path_of, prepare, seeds
from bench.motion.cost import machine_mips, measure
from bench.motion.detectors import DETECTORS, available, watch_clip
from bench.motion.motion_program import MotionError
from bench.motion.own_clips import own_clips
from bench.motion.scenarios import FAMILIES
from bench.motion.scoreboard import ABOUT as NAMES
from bench.motion.scoreboard import Scoreboard, write
from bench.motion.scoring import ClipScore, alarms, by_family, score_clip

ABOUT = """\
Score motion detectors on labelled clips: how many events they find, how many false alarms an hour
they raise, how long they need to decide, and what they cost. The clips are drawn by seeds, once,
and kept in $XDG_CACHE_HOME or ~/.cache (about 2 GB for each half). The half for tuning is the
default; the kept half is for figures that are published: do not look at it while you tune.

With a FOLDER, the clips in it are scored instead: .npz that a device kept (SPOOL/replay/missed),
and videos, with labels in a .json beside each (see bench/motion/own_clips.py)."""
COST_FAMILIES = ("quiet", "branches", "storm", "person in the middle")


def main(argv: Sequence[str] | None = None) -> int:
    args = _parse(argv)
    names = args.detector or [*available(), *_others(args.quick)]
    try:
        if args.folder:
            return _score_own(args.folder, [name for name in names if name in DETECTORS])
        split = Split.KEPT if args.kept else Split.TUNING
        families = args.family or FAMILIES
        board = _score_corpus(split, names, families, args.first, not args.quick)
    except (ClipError, MotionError) as error:
        print(error, file=sys.stderr)
        return 1
    print(board.text())
    for name, scores in board.scores.items():
        if args.families:
            _print_families(name, scores)
        if args.mistakes:
            _print_mistakes(name, scores)
    if args.write:
        write(args.write, board.markdown(_about(split, board)))
        print(f"{args.write} is written")
    return 0


def _others(is_quick: bool) -> list[str]:
    """Return the names of what is compared and is no detector of frames in Python."""
    is_possible = not is_quick and motion_program.is_installed()
    return [*(["motion"] if is_possible else []), "pir", *oracle.PIXELS]


def _score_corpus(
    split: Split, names: Sequence[str], families: Iterable[str], first: int, with_costs: bool
) -> Scoreboard:
    paths = prepare(split, families, first)
    looking = [name for name in names if name in DETECTORS]
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(_score, [looking] * len(paths), paths))
    found = {name: [row[number] for row in rows] for number, name in enumerate(looking)}
    labels = [load_labels(path) for path in paths]
    if "motion" in names:
        results = cache_folder() / f"motion-{split}-{first}.json"
        watched = motion_program.watch_clips_once(paths, results).detections
        found["motion"] = [
            score_clip(one, watched[path.stem]) for one, path in zip(labels, paths, strict=True)
        ]
    if "pir" in names:
        found["pir"] = [score_clip(one, pir.detections(one)) for one in labels]
    for name in oracle.PIXELS:
        found[name] = [score_clip(one, oracle.detections(name, one)) for one in labels]
    scores = {name: found[name] for name in names}
    if not with_costs:
        return Scoreboard(scores, {})
    prepare(split, COST_FAMILIES, first)
    seed = seeds(split, first)[0]
    film = [path_of(cache_folder(), family, seed) for family in COST_FAMILIES]
    return Scoreboard(scores, measure(looking, film), machine_mips())


def _score(names: Sequence[str], path: Path) -> list[ClipScore]:
    clip = load(path)
    return [score_clip(clip.labels, watch_clip(name, clip)) for name in names]


def _score_own(folder: Path, names: Sequence[str]) -> int:
    """Print what the detectors find in a person's own clips."""
    scores: dict[str, list[ClipScore]] = {name: [] for name in names}
    for clip in own_clips(folder):
        print(f"\n{clip.name}: {clip.labels.seconds:.1f} s, {len(clip.labels.events)} events")
        for name in names:
            detections = watch_clip(name, clip)
            raised = ", ".join(f"{t:.1f} s" for t in alarms(detections)) or "none"
            print(f"  {NAMES[name]:46} alarms: {raised}")
            if "unlabelled" not in clip.labels.conditions:
                scores[name].append(score_clip(clip.labels, detections, _warm_up(clip)))
    if any(scores.values()):
        print(f"\n{Scoreboard(scores, {}).text()}")
    return 0


def _warm_up(clip: Clip) -> float:
    """Return for how long detections do not count: where all is one event, they always do."""
    begins = [event.begin for event in clip.labels.events]
    return 0.0 if begins and min(begins) == 0 else min([3.0, *begins])


def _about(split: Split, board: Scoreboard) -> str:
    scores = next(iter(board.scores.values()))
    python, machine = platform.python_version(), platform.machine()
    hours = sum(one.labels.seconds for one in scores) / 3600
    return (
        f"The {split} half: {len(scores)} clips, {hours:.1f} hours; measured on "
        f"{datetime.now(UTC):%Y-%m-%d} with Python {python} on {machine}."
    )


def _print_families(name: str, scores: Sequence[ClipScore]) -> None:
    print(f"\n{NAMES[name]}")
    for family, one in by_family(scores).items():
        found = f"{one.found:3} of {one.events:3}" if one.events else " " * 10
        print(
            f"  {family:30} {found}  {one.false_alarms:4} false, {one.false_per_hour:6.1f} an hour"
        )


def _print_mistakes(name: str, scores: Sequence[ClipScore]) -> None:
    print(f"\n{NAMES[name]}: mistakes")
    for one in scores:
        labels = one.labels
        where = f"{labels.family}, seed {labels.seed} ({', '.join(labels.conditions)})"
        for event in one.missed:
            print(f"  missed in {where}: {event.kind} {event.begin:.1f} - {event.end:.1f} s")
        if one.false_alarms:
            print(f"  false in {where}: {', '.join(f'{t:.1f} s' for t in one.false_alarms)}")


def _even(text: str) -> int:
    number = int(text)
    if number < 0 or number % 2:
        raise argparse.ArgumentTypeError(f"{text} is not an even number such as 12")
    return number


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m bench.motion",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of your own clips")
    parser.add_argument("--kept", action="store_true", help="score the kept half of the clips")
    parser.add_argument(
        "--first",
        type=_even,
        default=0,
        metavar="SEED",
        help="an even seed: take the clips from it on, which are others",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="without Debian's motion, which needs 15 minutes, and without costs",
    )
    parser.add_argument(
        "--detector", action="append", choices=NAMES, help="only this one; may be repeated"
    )
    parser.add_argument(
        "--family", action="append", choices=FAMILIES, help="only these clips; may be repeated"
    )
    parser.add_argument("--families", action="store_true", help="show each family of clips")
    parser.add_argument("--mistakes", action="store_true", help="list each mistake, with its clip")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the tables into this page"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
