"""The corpus: some clips of each family, drawn once and kept in a cache.

Clips with an even seed are for tuning a detector, those with an odd seed are kept from it, so that
the figures of the kept ones say something about clips that nobody has seen.
"""

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum
from pathlib import Path

import numpy as np
import PIL

from bench.motion import (
    actors,
    backdrops,
    canvas,
    clips,
    drawing,
    scenarios,
    sensor,
    weather,
    wind,
)
from bench.motion.clips import save
from bench.motion.scenarios import FAMILIES
from pi_uploader.cameras.simulated import scene, visitors

SEEDS = 12  # of each family, from the first one on
_SOURCES = (
    actors,
    backdrops,
    canvas,
    clips,
    drawing,
    scenarios,
    scene,
    sensor,
    visitors,
    weather,
    wind,
)
_MAX_AGE = 24 * 3600  # seconds for which the clips of other sources are kept


class Split(StrEnum):
    """A half of the corpus."""

    TUNING = "tuning"
    KEPT = "kept"


def seeds(split: Split, first: int = 0) -> range:
    """Return the seeds of a half of the corpus that begins with an even seed."""
    return range(first if split is Split.TUNING else first + 1, first + SEEDS, 2)


def prepare(split: Split, families: Iterable[str] = FAMILIES, first: int = 0) -> list[Path]:
    """Return the files of the clips of a half, and draw those that are not in the cache.
    Raises DrawingError."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    _forget_others(folder)
    wanted = [(family, seed) for family in families for seed in seeds(split, first)]
    missing = [one for one in wanted if not path_of(folder, *one).exists()]
    if missing:
        sys.stderr.write(f"drawing {len(missing)} clips into {folder}\n")
        start = time.monotonic()
        with ProcessPoolExecutor() as pool:
            list(pool.map(_draw, missing, [folder] * len(missing)))
        sys.stderr.write(f"drawn in {time.monotonic() - start:.0f} s\n")
    return [path_of(folder, *one) for one in wanted]


def path_of(folder: Path, family: str, seed: int) -> Path:
    """Return the file of a clip."""
    return folder / f"{drawing.clip_name(family, seed)}.npz"


def cache_folder() -> Path:
    """Return the folder of the clips that these sources draw."""
    digest = hashlib.sha256(f"numpy {np.__version__}, Pillow {PIL.__version__}".encode())
    for module in _SOURCES:
        assert module.__file__
        digest.update(Path(module.__file__).read_bytes())
    return _cache() / digest.hexdigest()[:16]


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nightjar-bench" / "motion"


def _draw(clip: Sequence[object], folder: Path) -> None:
    family, seed = clip
    assert isinstance(family, str)
    assert isinstance(seed, int)
    save(drawing.draw_clip(family, seed), path_of(folder, family, seed))


def _forget_others(folder: Path) -> None:
    """Delete the clips of other sources, once nobody has used them for a day: they are large."""
    os.utime(folder)
    for other in folder.parent.iterdir():
        if other != folder and time.time() - other.stat().st_mtime > _MAX_AGE:
            shutil.rmtree(other, ignore_errors=True)
