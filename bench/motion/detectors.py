"""What is compared: Nightjar's detector, and others on the same frames.

Each is a function that makes a detector; a detector looks at frame after frame of one clip, and
says whether it detects motion now.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np

from bench.motion.clips import Clip, Luma
from bench.peers.packages import FOLDER, import_peer
from pi_uploader.motion.detector import MotionDetector, saw_motion
from pi_uploader.motion.frame import Frame
from pi_uploader.motion.sensitivity import Sensitivity


class Detector(Protocol):
    """Looks at the frames of one clip, in their order."""

    def look(self, frame: Frame) -> object:
        """Return something that is true if motion is detected."""


def watch(detector: Detector, frames: Iterable[Frame]) -> list[float]:
    """Return the moments at which motion is detected."""
    return [frame.at for frame in frames if detector.look(frame)]


class MeanSquareError:
    """picamera2's example of motion capture: the mean square of the difference of two consecutive
    frames is more than 7."""

    THRESHOLD = 7.0

    def __init__(self) -> None:
        self._previous: Luma | None = None

    def look(self, frame: Frame) -> bool:
        previous, self._previous = self._previous, frame.luma
        if previous is None:
            return False
        return float(np.square(np.subtract(frame.luma, previous, dtype=np.float64)).mean()) > 7


class BackgroundSubtractor:
    """OpenCV's MOG2 with its defaults, no shadows, and an opening of 3x3 pixels; motion is a blob
    of at least 0.2% of the picture in two frames that follow each other."""

    MIN_SHARE = 0.002

    def __init__(self) -> None:
        self._cv2 = import_peer("cv2")
        self._model = self._cv2.createBackgroundSubtractorMOG2(detectShadows=False)
        self._kernel = np.ones((3, 3), np.uint8)
        self._frames = 0

    def look(self, frame: Frame) -> bool:
        mask = self._cv2.morphologyEx(
            self._model.apply(frame.luma), self._cv2.MORPH_OPEN, self._kernel
        )
        _, _, stats, _ = self._cv2.connectedComponentsWithStats(mask)
        largest = int(stats[1:, self._cv2.CC_STAT_AREA].max()) if len(stats) > 1 else 0
        self._frames = self._frames + 1 if largest >= self.MIN_SHARE * mask.size else 0
        return self._frames >= 2


def nightjar(sensitivity: str) -> Detector:
    """Return Nightjar's detector with its defaults."""
    return MotionDetector(Sensitivity(sensitivity))


SHORT = 5.0  # seconds
DETECTORS: dict[str, Callable[[], Detector]] = {
    "nightjar low": lambda: nightjar("low"),
    "nightjar medium": lambda: nightjar("medium"),
    "nightjar high": lambda: nightjar("high"),
    "mse": MeanSquareError,
    "mog2": BackgroundSubtractor,
}


def available() -> list[str]:
    """Return the names of the detectors whose modules are installed."""
    has_opencv = (FOLDER / "cv2").exists()
    return [name for name in DETECTORS if has_opencv or name != "mog2"]


def watch_clip(name: str, clip: Clip) -> list[float]:
    """Return the moments, in seconds since the first frame, at which a detector detects motion. A
    clip that is too short to learn what does not move, as those that a device keeps, is for
    Nightjar what it is when it confirms a trigger."""
    first = float(clip.at[0])
    if name.startswith("nightjar") and clip.labels.seconds < SHORT:
        box = saw_motion(list(clip.frames()))
        return [clip.labels.seconds / 2] if box else []
    return [at - first for at in watch(DETECTORS[name](), clip.frames())]
