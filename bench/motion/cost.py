"""What a detector costs: CPU for each frame, and memory, each in a process of its own."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.motion.clips import load
from bench.peers.packages import environment

MB = 1_000_000
ZERO_2W_MIPS = 838  # one core at 1 GHz in 7-zip's own benchmark, as sbc-bench lists it
ZERO_2W_SOURCE = "https://github.com/ThomasKaiser/sbc-bench/blob/master/Results.md"
_ROUNDS = 3  # of which the least CPU counts: other processes only ever add some


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu`: milliseconds for each frame. `memory`: MB beyond a capture process without motion."""

    cpu: float
    memory: float


def measure(names: Sequence[str], paths: Sequence[Path]) -> dict[str, Cost]:
    """Measure detectors on clips, one after the other as a single film."""
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        frames = Path(folder, "frames")
        with frames.open("wb") as file:
            for path in paths:
                file.write(load(path).luma.tobytes())
        base = _run("none", frames)
        costs = {}
        for name in names:
            rounds = [_run(name, frames) for _ in range(_ROUNDS)]
            memory = max(one.memory for one in rounds) - base.memory
            costs[name] = Cost(min(one.cpu for one in rounds), memory)
    return costs


def _run(name: str, frames: Path) -> Cost:
    command = [sys.executable, "-m", "bench.motion.cost_process", name, str(frames)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment())
    result = json.loads(done.stdout)
    return Cost(result["cpu"], result["memory"] / MB)


def machine_mips() -> float | None:
    """Return what 7-zip's own benchmark says of one core of this machine, as if it had the whole of
    it; None without 7-zip."""
    try:
        done = subprocess.run(["7z", "b", "-mmt1"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    total = re.search(r"^Tot:\s+\d+\s+(\d+)", done.stdout, re.MULTILINE)
    return float(total[1]) if total else None
