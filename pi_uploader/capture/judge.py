"""Whether the picture shows motion around a trigger of a motion sensor or a contact.

The frames from a second before to a second after it decide. Those of a network camera say when they
came, not when they were exposed, so that as much more time decides as they may be late. Whatever
keeps frames from being seen leaves the question open, and the photo stays whole.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise

from photo_wire.motion import Box, Motion
from pi_uploader.motion.frame import Frame

BEFORE_SECONDS = AFTER_SECONDS = 1.0
EARLY_SECONDS = 0.4  # after the trigger, when it is confirmed already if something moves
MAX_GAP_SECONDS = 0.7  # without a frame, in the time that decides
KEPT_SECONDS = BEFORE_SECONDS + AFTER_SECONDS + 0.5  # and as long as frames may be late
BLANK_RANGE = 4  # levels between the darkest and the brightest point, below which nothing is shown

SawMotion = Callable[[Sequence[Frame]], Box | None]
"""Returns where something moves in these frames; None if nothing does."""


class Judgement:
    """What the picture shows around a trigger at `moment` (monotonic seconds), in frames that come
    until `end`. `motion` is None before it `is_decided`, and if it stays unknown. `frames` are
    those that decided it."""

    def __init__(self, moment: float, max_delay: float = 0.0) -> None:
        self.moment = moment
        self.end = moment + AFTER_SECONDS + max_delay
        self.motion: Motion | None = None
        self.frames: tuple[Frame, ...] = ()
        self.is_decided = False
        self.is_judged_early = False

    def decide(self, motion: Motion | None, frames: Sequence[Frame] = ()) -> None:
        """Set what the picture shows, as these frames say."""
        self.motion, self.frames, self.is_decided = motion, tuple(frames), True


class Judge:
    """Keeps the last frames of a camera, and judges triggers by them. A frame comes `max_delay`
    seconds after the moment that it shows at the latest. The thread that watches calls `add` and
    `abandon`, any thread calls `ask`."""

    def __init__(self, saw_motion: SawMotion, max_delay: float = 0.0) -> None:
        self._saw_motion = saw_motion
        self._max_delay = max_delay
        self._lock = threading.Lock()
        self._open: list[Judgement] = []
        self._frames: deque[tuple[Frame, Box | None]] = deque()

    def ask(self, moment: float) -> Judgement:
        """Return the judgement on a trigger, which is made at its end, sooner if something moves,
        or never if the stream hangs."""
        judgement = Judgement(moment, self._max_delay)
        with self._lock:
            self._open.append(judgement)
        return judgement

    def add(self, frame: Frame, box: Box | None) -> None:
        """Add a frame, and where a detector saw motion in it, and decide the judgements for which
        that is enough."""
        with self._lock:
            self._frames.append((frame, box))
            while self._frames[0][0].at < frame.at - KEPT_SECONDS - self._max_delay:
                self._frames.popleft()
            still_open = self._open
        for judgement in still_open:
            self._judge(judgement, frame.at)
        self._forget_decided()

    def abandon(self) -> None:
        """Leave all open judgements unknown: the stream has failed, and later frames prove
        nothing."""
        with self._lock:
            self._frames.clear()
            for judgement in self._open:
                judgement.decide(None)
        self._forget_decided()

    def _forget_decided(self) -> None:
        with self._lock:
            self._open = [one for one in self._open if not one.is_decided]

    def _judge(self, judgement: Judgement, now: float) -> None:
        """Decide this judgement, if the frames until `now` are enough."""
        begin, end = judgement.moment - BEFORE_SECONDS, judgement.end
        within = [(frame, box) for frame, box in self._frames if begin <= frame.at <= end]
        frames = [frame for frame, _ in within]
        if found := next((box for _, box in reversed(within) if box), None):
            judgement.decide(Motion(found), frames)
        elif now >= end:
            is_seen = _is_complete(frames, begin, end)
            judgement.decide(Motion(self._saw_motion(frames)) if is_seen else None, frames)
        elif now >= judgement.moment + EARLY_SECONDS and not judgement.is_judged_early:
            judgement.is_judged_early = True
            if _is_complete(frames, begin, now) and (found := self._saw_motion(frames)):
                judgement.decide(Motion(found), frames)


def is_blank(frame: Frame) -> bool:
    """Return whether a frame shows nothing: all of it has one shade."""
    return int(frame.luma.max()) - int(frame.luma.min()) < BLANK_RANGE


def _is_complete(frames: Sequence[Frame], begin: float, end: float) -> bool:
    """Return whether these frames show all that happened between two moments."""
    moments = [begin, *(frame.at for frame in frames), end]
    gaps = (later - earlier for earlier, later in pairwise(moments))
    return max(gaps) <= MAX_GAP_SECONDS and not any(map(is_blank, frames))
