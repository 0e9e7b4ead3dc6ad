"""python -m bench.motion.cost_process NAME FRAMES

Show pictures to a detector, and print its CPU time for each in milliseconds, and the peak of this
process's memory in bytes. NAME is none for a capture process that looks at nothing. FRAMES is a
file of pictures without anything between them: it is read picture by picture, as a camera delivers
them, so that the clip itself takes no memory.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pi_uploader.capture
import pi_uploader.cli
from pi_uploader.motion.frame import FRAME_SIZE, FRAMES_PER_SECOND, Frame

WIDTH, HEIGHT = FRAME_SIZE
LOADED = (pi_uploader.capture, pi_uploader.cli)  # as in the capture process


def main(name: str, path: Path) -> None:
    look: Callable[[Frame], object] | None = None
    if name != "none":
        from bench.motion.detectors import DETECTORS

        look = DETECTORS[name]().look
    spent = 0.0
    count = 0
    for picture in _pictures(path):
        if look:
            import numpy as np

            luma = np.frombuffer(picture, np.uint8).reshape(HEIGHT, WIDTH)
            frame = Frame(luma, count / FRAMES_PER_SECOND)
            start = time.process_time()
            look(frame)
            spent += time.process_time() - start
        count += 1
    peak = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]
    print(json.dumps({"cpu": spent / max(1, count) * 1000, "memory": int(peak) * 1024}))


def _pictures(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while picture := file.read(WIDTH * HEIGHT):
            yield picture


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
