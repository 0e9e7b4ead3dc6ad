"""Frames of a camera that a test gives, and what finds motion in them without a learned picture."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from photo_wire.headers import Trigger
from photo_wire.media import Media
from photo_wire.motion import Box
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.preview import with_preview
from pi_uploader.motion.frame import FRAME_SIZE, Frame
from tests.support.capturing import ScriptedCamera
from tests.support.pictures import jpeg

Deliver = Callable[[], Iterator[Frame]]
WIDTH, HEIGHT = FRAME_SIZE
BOX = Box(0.25, 0.25, 0.5, 0.5)
QUIET = np.tile(np.linspace(60, 120, WIDTH).astype(np.uint8), (HEIGHT, 1))
PHOTO_WITH_PREVIEW = Shot(
    with_preview(
        with_exif(jpeg(320, 240), CaptureContext("gate", Trigger.MOTION, None)),
        lambda: jpeg(seed=1),
    ),
    Media.JPEG,
)
MOVING = QUIET.copy()
MOVING[HEIGHT // 4 : HEIGHT * 3 // 4, WIDTH // 4 : WIDTH * 3 // 4] = 255


class BrightnessDetector:
    """Sees motion in each frame whose middle is bright, as that of MOVING is."""

    def __init__(self, *_: object) -> None:
        pass

    def look(self, frame: Frame) -> Box | None:
        if frame.luma.shape != (HEIGHT, WIDTH):
            raise ValueError("a frame of another size")
        return BOX if frame.luma[HEIGHT // 2, WIDTH // 2] > 200 else None


def saw_brightness(frames: Sequence[Frame], *_: object) -> Box | None:
    """Return where motion is in the last of these frames in which BrightnessDetector sees some."""
    found = [box for frame in frames if (box := BrightnessDetector().look(frame))]
    return found[-1] if found else None


class StreamingCamera(ScriptedCamera):
    """A camera whose frames the test shows, 50 a second, to each who reads them. Its photos have
    previews."""

    max_delay = 0.0

    def __init__(self, *errors: Exception) -> None:
        super().__init__(*errors)
        self.opened = 0  # streams
        self._shown: Iterator[Deliver] = iter(())

    def take(self, context: CaptureContext) -> Shot:
        super().take(context)
        return PHOTO_WITH_PREVIEW

    def show(self, *deliveries: Deliver) -> None:
        """Deliver these, one after the other, from now on."""
        self._shown = iter(deliveries)

    def show_always(self, deliver: Deliver) -> None:
        """Deliver this again and again from now on."""
        self._shown = itertools.repeat(deliver)

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        self.opened += 1
        while not stop.wait(0.02):
            for deliver in itertools.islice(self._shown, 1):
                try:
                    yield from deliver()
                except StreamEndedError:
                    return


class StreamEndedError(Exception):
    """The stream ends, and its camera says nothing."""


def frame_of(luma: NDArray[np.uint8], at: float | None = None) -> Frame:
    """Return the frame of a picture that was exposed at `at`, by default now."""
    return Frame(luma, time.monotonic() if at is None else at)


def showing(luma: NDArray[np.uint8]) -> Deliver:
    """Return what delivers a frame of this picture, exposed just then."""
    return lambda: iter([frame_of(luma)])


def raising(error: Exception) -> Deliver:
    """Return what raises this error when it is delivered."""

    def fail() -> Iterator[Frame]:
        raise error

    return fail


def flooding() -> Iterator[Frame]:
    """Deliver frames without an end, as fast as they are read."""
    while True:
        yield frame_of(QUIET)
