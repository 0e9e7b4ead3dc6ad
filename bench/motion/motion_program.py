"""Debian's `motion`, as a person gets it: real processes that watch the clips in real time.

Each clip is a network camera: a server on loopback sends its pictures as MJPEG, 5 a second, twice
as wide and high, since 640x480 is what Debian's configuration has (threshold 1500). That
configuration is changed only where the address of the camera, its frame rate and the output are
concerned. `motion` tunes its noise level while it runs, so that it first sees the clip's first
three seconds, forth and back, for 18 s.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from bench.motion.clips import SECONDS_PER_FRAME, Clip, load
from bench.motion.scoring import WARM_UP

CONFIGURATION = Path("/etc/motion/motion.conf")
AT_ONCE = 20  # clips, one camera each
_SETTLING = 18.0  # seconds
_TRAILING = 12.0  # seconds for which the last picture stays: `motion` may be as late
_SAMPLING = 3  # every third pixel of a saved picture is compared, in each direction
_SIZE = (640, 480)
_BOUNDARY = "frame"


class MotionError(Exception):
    """`motion` could not be run; the text says why."""


@dataclass(frozen=True)
class Watched:
    """What `motion` detected in each clip, in seconds since its first frame, and its cost: CPU
    seconds for each frame, in which it decodes a JPEG, too."""

    detections: Mapping[str, list[float]]
    cpu: float


@dataclass
class _Camera:
    """A clip as a stream, with pictures before it for settling, and after it."""

    pictures: list[bytes]
    is_finished: threading.Event = field(default_factory=threading.Event)


def is_installed() -> bool:
    return shutil.which("motion") is not None


def watch_clips_once(paths: Sequence[Path], results: Path) -> Watched:
    """Return what watch_clips() does, or what it returned for the same clips before: it needs a
    quarter of an hour. `results` is the file that keeps it. Raises MotionError."""
    names = {path.stem for path in paths}
    if results.exists():
        earlier = Watched(**json.loads(results.read_bytes()))
        if names <= earlier.detections.keys():
            return earlier
    watched = watch_clips(paths)
    results.write_text(json.dumps(asdict(watched)))
    return watched


def watch_clips(paths: Sequence[Path]) -> Watched:
    """Show all clips to `motion`, in real time. Raises MotionError."""
    detections: dict[str, list[float]] = {}
    cpu = frames = 0.0
    for first in range(0, len(paths), AT_ONCE):
        batch = [load(path) for path in paths[first : first + AT_ONCE]]
        sys.stderr.write(f"motion watches clips {first + 1} to {first + len(batch)}\n")
        with tempfile.TemporaryDirectory(prefix="nightjar-motion-") as folder:
            cameras = [_camera(clip) for clip in batch]
            cpu += _run(cameras, Path(folder))
            frames += sum(len(camera.pictures) for camera in cameras)
            for number, clip in enumerate(batch):
                pictures = Path(folder, f"{number}").glob("*.jpg")
                detections[clip.name] = _clip_times(clip, pictures)
    return Watched(detections, cpu / frames if frames else 0.0)


def _camera(clip: Clip) -> _Camera:
    count = round(WARM_UP / SECONDS_PER_FRAME)
    settling = round(_SETTLING / SECONDS_PER_FRAME)
    pictures = [_jpeg(luma) for luma in clip.luma]
    loop = [*pictures[:count], *pictures[count - 1 :: -1]]
    before = [loop[number % len(loop)] for number in range(settling)]
    after = [pictures[-1]] * round(_TRAILING / SECONDS_PER_FRAME)
    return _Camera([*before, *pictures, *after])


def _jpeg(luma: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    file = BytesIO()
    large = Image.fromarray(luma).resize(_SIZE, Image.Resampling.BICUBIC)
    large.save(file, "JPEG", quality=92)
    return file.getvalue()


def _run(cameras: Sequence[_Camera], folder: Path) -> float:
    """Show the clips to `motion` at once; return its CPU seconds. It saves each picture with motion
    in a folder for each camera."""
    with _server(cameras) as port:
        main = _write_configuration(folder, len(cameras), port)
        log = folder / "output"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["motion", "-n", "-c", str(main)], stdout=output, stderr=subprocess.STDOUT
            )
            try:
                for camera in cameras:
                    longest = len(camera.pictures) * SECONDS_PER_FRAME
                    if not camera.is_finished.wait(2 * longest + 60) or process.poll() is not None:
                        raise MotionError(f"motion did not watch a clip:\n{log.read_text()}")
                return _cpu_seconds(process.pid)
            finally:
                process.terminate()
                process.wait(60)


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process (proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _write_configuration(folder: Path, cameras: int, port: int) -> Path:
    """Write Debian's configuration with our output, and a file for each camera."""
    changed = {
        "daemon": "off",
        "log_file": str(folder / "log"),
        "framerate": f"{round(1 / SECONDS_PER_FRAME)}",
        "pre_capture": "0",
        "picture_output": "on",
        "movie_output": "off",
        "webcontrol_port": "0",
        "stream_port": "0",
    }
    try:
        lines = CONFIGURATION.read_text().splitlines()
    except OSError as error:
        raise MotionError(f"cannot read the configuration of motion: {error}") from error
    removed = {*changed, "video_device", "target_dir", "camera_dir"}
    kept = [line for line in lines if line.partition(" ")[0] not in removed]
    kept += [f"{name} {value}" for name, value in changed.items()]
    for number in range(cameras):
        file = folder / f"camera{number}.conf"
        file.write_text(
            f"camera_id {number + 1}\n"
            f"netcam_url http://127.0.0.1:{port}/{number}\n"
            f"target_dir {folder / str(number)}\n"
        )
        kept.append(f"camera {file}")
    main = folder / "motion.conf"
    main.write_text("\n".join(kept) + "\n")
    return main


def _clip_times(clip: Clip, pictures: Iterable[Path]) -> list[float]:
    """Return the times in the clip of the pictures that `motion` saved: those of the most similar
    frames. It may be seconds late, so that the time at which it saved one says little. The last
    frame is left out, since it is also shown after the clip."""
    coarse = clip.luma[:-1, ::_SAMPLING, ::_SAMPLING].astype(np.int16)
    numbers = set()
    for path in pictures:
        saved = Image.open(path).convert("L").reduce(_SIZE[0] // clip.luma.shape[2])
        sample = np.asarray(saved, np.int16)[::_SAMPLING, ::_SAMPLING]
        last = np.abs(clip.luma[-1, ::_SAMPLING, ::_SAMPLING].astype(np.int16) - sample).mean()
        differences = np.abs(coarse - sample).mean(axis=(1, 2))
        if differences.min() < last:
            numbers.add(int(differences.argmin()))
    return [number * SECONDS_PER_FRAME for number in sorted(numbers)]


@contextmanager
def _server(cameras: Sequence[_Camera]) -> Iterator[int]:
    """Serve the cameras on loopback, and yield the port."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
            self.send_header("Content-Type", kind)
            self.end_headers()
            camera = cameras[int(self.path.strip("/"))]
            try:
                self._send(camera)
            except OSError:
                return  # motion connects once before it watches, to learn the format
            camera.is_finished.set()
            ended.wait()  # with the connection open: a lost one is a picture of its own

        def _send(self, camera: _Camera) -> None:
            start = time.monotonic()
            for number, picture in enumerate(camera.pictures):
                head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
                head += f"Content-Length: {len(picture)}\r\n\r\n"
                self.wfile.write(head.encode() + picture + b"\r\n")
                due = start + (number + 1) * SECONDS_PER_FRAME
                time.sleep(max(0.0, due - time.monotonic()))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
