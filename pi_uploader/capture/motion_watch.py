"""Look for motion in the picture of one camera, all the time.

A stream that fails, hangs or shows nothing makes the camera blind, which its state says, and is
opened again. It never ends the process, and no other trigger waits for it.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from photo_wire.headers import Trigger
from photo_wire.motion import BLIND, WATCHING, Box
from pi_uploader.backoff import backoff
from pi_uploader.cameras import Camera, CameraError, FrameSource
from pi_uploader.capture.frame_reader import FrameReader
from pi_uploader.capture.judge import Judge, is_blank
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.motion.frame import FRAME_SIZE, Frame
from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.settings import CameraSettings, SettingsError
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from pi_uploader.watchdog import KeepAlive, no_keep_alive

START_SECONDS = 20.0  # for the first frame: connecting, and waiting for a key frame
STALL_SECONDS = 5.0  # for each further one
BLANK_SECONDS = 5.0  # of blank frames
MAX_INTERVAL_SECONDS = 0.55  # between frames, on the average of the last ones; more misses motion
INTERVALS = 20
MAX_AGE_SECONDS = 5.0  # of a frame
FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 1.0, 60.0  # until a stream that failed is opened again
STEADY_SECONDS = 10.0  # of frames after a failure, after which the camera is not blind any more
TRIGGER_GAP_SECONDS = 1.0  # between two triggers of motion that lasts
MAX_LOOK_SECONDS = 60.0  # for one frame; more is a hang
STOP_SECONDS = 2.0  # for the stream to end
BLANK = "its picture is blank: dark, covered or damaged"

log = logging.getLogger("capture")


class Detector(Protocol):
    """What finds motion in frames, one after the other."""

    def look(self, frame: Frame) -> Box | None:
        """Return where something moves; None if nothing does."""


class MotionWatch:
    """Watches the frames of the camera called `name`. `new_detector` returns one that has seen no
    frame yet; what it finds becomes a trigger in the `queue`. None: nothing is looked for, and the
    `judge` alone sees the frames. `since` is when its state began; None if the clock was not
    set."""

    def __init__(
        self,
        name: str,
        source: FrameSource,
        new_detector: Callable[[], Detector] | None,
        queue: TriggerQueue,
        clock: Clock = SYSTEM_CLOCK,
        judge: Judge | None = None,
    ) -> None:
        self.judge = judge
        self._name = name
        self._source = source
        self._new_detector = new_detector
        self._queue = queue
        self._clock = clock
        self._stop = threading.Event()
        self._problem = "there was no frame yet"
        self.since = self._time()
        self._logged = ""  # the problem that the log has last
        self._detector = new_detector() if new_detector else None
        self._failures = 0  # of the stream, in a row
        self._blank_since: float | None = None
        self._frame_times: deque[float] = deque(maxlen=INTERVALS + 1)
        self._last_trigger = float("-inf")

    def _time(self) -> datetime | None:
        return self._clock.now() if self._clock.is_set() else None

    @property
    def state(self) -> str:
        """WATCHING, or BLIND and the reason."""
        return f"{BLIND}{self._problem}" if self._problem else WATCHING

    @contextmanager
    def running(self, keep_alive: KeepAlive = no_keep_alive) -> Iterator[None]:
        """Watch until the end of the block, or until `stop` is called."""
        thread = threading.Thread(
            target=self._run, args=(keep_alive,), name=f"motion of {self._name}", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join(2 * STOP_SECONDS)

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()

    def _run(self, keep_alive: KeepAlive) -> None:
        while not self._stop.is_set():
            reader = FrameReader(self._name, self._source)
            try:
                self._watch(reader, keep_alive)
            except Exception as error:  # noqa: BLE001  whatever it is, the stream is opened again
                self._set_problem(str(error) or type(error).__name__)
            if self.judge:
                self.judge.abandon()
            self._failures += 1
            self._wait_to_reopen(reader, keep_alive)
        keep_alive(float("inf"))

    def _wait_to_reopen(self, reader: FrameReader, keep_alive: KeepAlive) -> None:
        """Wait before the stream is opened again, and until the reader has ended: one that hangs
        still has the camera."""
        seconds = backoff(self._failures, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS)
        keep_alive(seconds + MAX_LOOK_SECONDS)
        reader.stop()
        reader.join(STOP_SECONDS)
        self._stop.wait(seconds)
        while reader.is_alive and not self._stop.is_set():
            keep_alive(MAX_LOOK_SECONDS)
            reader.join(STOP_SECONDS)

    def _watch(self, reader: FrameReader, keep_alive: KeepAlive) -> None:
        """Look at frames until `stop` is called. Raises CameraError if the stream fails, and
        whatever the detector raises."""
        self._detector = self._new_detector() if self._new_detector else None
        self._blank_since = None
        self._frame_times.clear()
        first_at, seconds = float("inf"), START_SECONDS
        while not self._stop.is_set():
            keep_alive(seconds + MAX_LOOK_SECONDS)
            frame = reader.next(seconds)
            if self._stop.is_set():
                return
            if frame is None:
                raise CameraError(f"no frame came for {seconds:g} s")
            self.look_at(frame)
            first_at, seconds = min(first_at, frame.at), STALL_SECONDS
            self._frame_times.append(frame.at)
            if not self._failures or frame.at - first_at > STEADY_SECONDS:
                self._failures = 0
                self._set_problem(
                    BLANK if self._is_blank(frame) else slowness_problem(self._frame_times)
                )

    def look_at(self, frame: Frame) -> None:
        """Put a trigger into the queue if something moves in this frame. Raises CameraError for one
        of another size, or one that comes late."""
        now = self._clock.monotonic()
        height, width = frame.luma.shape
        if (width, height) != FRAME_SIZE:
            raise CameraError(f"its frames have {width} x {height} points instead of 320 x 240")
        if now - frame.at > MAX_AGE_SECONDS:
            raise CameraError(f"its frames come {now - frame.at:.0f} s late")
        box = self._detector.look(frame) if self._detector else None
        if self.judge:
            self.judge.add(frame, box)
        at = min(frame.at, now)
        if box and at - self._last_trigger >= TRIGGER_GAP_SECONDS:
            self._last_trigger = at
            self._queue.put(TriggerEvent(Trigger.MOTION, at, box=box))

    def _is_blank(self, frame: Frame) -> bool:
        """Return whether all frames of the last BLANK_SECONDS show nothing."""
        if not is_blank(frame):
            self._blank_since = None
            return False
        if self._blank_since is None:
            self._blank_since = frame.at
        return frame.at - self._blank_since >= BLANK_SECONDS

    def _set_problem(self, problem: str) -> None:
        """Set why the camera is blind, an empty text if it is not, and log each change. It is so
        `since` it became blind, or watching, whatever the reason was first."""
        if bool(problem) != bool(self._problem):
            self.since = self._time()
        self._problem = problem
        if problem == self._logged:
            return
        if problem:
            log.warning("%s: motion in its picture is not seen: %s", self._name, problem)
        else:
            log.info("%s: its picture is watched for motion again", self._name)
        self._logged = problem


def slowness_problem(times: Sequence[float]) -> str:
    """Return how few frames came at these moments (seconds), if they are too few to see motion;
    else an empty text."""
    seconds = times[-1] - times[0] if len(times) > INTERVALS else 0.0
    if seconds <= INTERVALS * MAX_INTERVAL_SECONDS:
        return ""
    return f"only {INTERVALS} frames came in {seconds:.0f} s; two a second are the least"


def open_motion_watch(
    settings: CameraSettings, camera: Camera, queue: TriggerQueue, clock: Clock = SYSTEM_CLOCK
) -> MotionWatch:
    """Return what looks for motion in the camera's picture, as its settings say. Raises
    SettingsError if it cannot."""
    setting = "CAMERA_MOTION" if settings.motion else "CAMERA_CONFIRM"
    if not isinstance(camera, FrameSource):
        raise SettingsError(
            [f"{setting}: {settings.name} delivers no frames to look at; must be off"]
        )
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # else numpy has memory for each core
    try:
        import numpy  # noqa: F401
    except ImportError as error:
        from pi_uploader.settings.packages import numpy_problem

        raise SettingsError([numpy_problem(setting, settings.name)]) from error
    from pi_uploader.motion.detector import MotionDetector, saw_motion

    sensitivity = settings.motion or Sensitivity.MEDIUM
    zones = settings.motion_zones
    return MotionWatch(
        settings.name,
        camera,
        (lambda: MotionDetector(sensitivity, zones, settings.motion_min))
        if settings.motion
        else None,
        queue,
        clock,
        judge=Judge(
            lambda frames: saw_motion(frames, sensitivity, zones),
            camera.max_delay,
        )
        if settings.confirms
        else None,
    )
