"""A person's own clips: what a device kept as missed (.npz), and videos.

A video may have labels beside it, in a file of the same name that ends in .json:
[{"kind": "person", "begin": 12.4, "end": 15}], in seconds. Without them its alarms are listed, and
nothing is scored. A clip of SPOOL/replay/missed is one event, since a person said so.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.motion.clips import (
    HEIGHT,
    SECONDS_PER_FRAME,
    WIDTH,
    Clip,
    ClipError,
    Event,
    Labels,
    Span,
    load,
)
from pi_uploader.motion.frame import FRAMES_PER_SECOND

VIDEOS = {".avi", ".h264", ".mkv", ".mov", ".mp4", ".ts", ".webm"}


def own_clips(folder: Path) -> Iterator[Clip]:
    """Return the clips in a folder and those below it, sorted by name. Raises ClipError."""
    if not folder.is_dir():
        raise ClipError(f"{folder} is no folder")
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".npz":
            yield load(path)
        elif path.suffix.lower() in VIDEOS:
            yield read_video(path)


def read_video(path: Path) -> Clip:
    """Read a video as Nightjar's camera sources deliver frames. Raises ClipError."""
    scale = f"fps={FRAMES_PER_SECOND},scale={WIDTH}:{HEIGHT}:flags=area,format=gray"
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-an", "-vf", scale]
    done = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=False)
    if done.returncode != 0 or len(done.stdout) < WIDTH * HEIGHT:
        reason = done.stderr.decode(errors="replace").strip() or "it has no pictures"
        raise ClipError(f"{path} is not a video: {reason}")
    luma = np.frombuffer(done.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH)
    at = np.arange(len(luma), dtype=np.float64) * SECONDS_PER_FRAME
    events = _read_labels(path.with_suffix(".json"))
    labels = Labels(
        path.stem,
        0,
        len(luma) * SECONDS_PER_FRAME,
        events or (),
        tuple(Span(one.begin, one.end) for one in events or ()),
        () if events is not None else ("unlabelled",),
    )
    return Clip(path.stem, luma, at, np.ones(len(luma), np.float32), labels)


def _read_labels(path: Path) -> tuple[Event, ...] | None:
    """Return the events in a file of labels; None if there is no file. Raises ClipError."""
    try:
        fields = json.loads(path.read_bytes())
        return tuple(
            Event(str(one["kind"]), float(one["begin"]), float(one["end"])) for one in fields
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ClipError(
            f'{path} is not a list of {{"kind": "person", "begin": 1.2, "end": 3}}: {error!r}'
        ) from error
