"""A day of a camera on a simulated clock: triggers by wind and visitors, frames, and faults."""

import errno
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from photo_wire.headers import Trigger
from pi_uploader.cameras import CameraError, CaptureContext, Shot
from pi_uploader.capture import TriggerHandler
from pi_uploader.capture.confirmation import Confirmation
from pi_uploader.capture.judge import Judge
from pi_uploader.capture.motion_watch import MotionWatch
from pi_uploader.capture.stats import CaptureStats
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.triggers import PhotoRequest, TriggerEvent, TriggerQueue
from tests.support.capturing import ScriptedCamera, camera_settings
from tests.support.disks import UnflushedDisk
from tests.support.fake_clock import FakeClock
from tests.support.frame_streams import (
    MOVING,
    PHOTO_WITH_PREVIEW,
    QUIET,
    BrightnessDetector,
    StreamingCamera,
    frame_of,
    saw_brightness,
)

HOUR, DAY = 3600.0, 86400.0
MORNING = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """What lasts for a while, in seconds of the day."""

    begin: float
    end: float

    def __contains__(self, moment: float) -> bool:
        return self.begin <= moment < self.end


@dataclass
class Weather:
    """A day: the triggers by their seconds, and when something moves in the picture, the camera
    fails, its stream delivers nothing, and the disk takes nothing."""

    triggers: list[tuple[float, Trigger]]
    moving: list[Span] = field(default_factory=list)
    failing: list[Span] = field(default_factory=list)
    blind: list[Span] = field(default_factory=list)
    read_only: list[Span] = field(default_factory=list)


def weather_of(seed: int) -> Weather:
    """A day with gusts of wind and sun flecks, to which the motion sensor answers, with people and
    animals, a gate's contact, and a photo every half an hour."""
    chance = random.Random(seed)

    def spans(count: int, longest: float) -> list[Span]:
        begins = (chance.uniform(0, DAY) for _ in range(count))
        return [Span(begin, begin + chance.uniform(2, longest)) for begin in begins]

    triggers = [(1800.0 * number, Trigger.SCHEDULE) for number in range(48)]
    for gust in spans(40, 120):
        moment = gust.begin
        while moment < min(gust.end, DAY):
            triggers.append((moment, Trigger.MOTION))
            moment += chance.expovariate(1 / 4) + 0.05
    visits = spans(60, 30)
    triggers += [(one.begin + 0.3, Trigger.MOTION) for one in visits if chance.random() < 0.8]
    triggers += [(one.begin + 1.1, Trigger.GPIO) for one in visits if chance.random() < 0.3]
    triggers += [(chance.uniform(0, DAY), Trigger.GPIO) for _ in range(15)]
    triggers += [(chance.uniform(0, DAY), Trigger.DEMAND) for _ in range(10)]
    return Weather(
        triggers, visits, failing=spans(6, 900), blind=spans(5, 2 * HOUR), read_only=spans(3, 900)
    )


class SimulatedDay(UnflushedDisk):
    """A camera with all that it has, on a clock that the day sets. The disk is its own, too."""

    def __init__(self, folder: Path, weather: Weather, **environ: str) -> None:
        self.weather = weather
        self.now = 0.0
        clock = FakeClock(
            wall=lambda: MORNING + timedelta(seconds=self.now), seconds=lambda: self.now
        )
        day = self

        class Camera(ScriptedCamera):
            def take(self, context: CaptureContext) -> Shot:
                if day.is_in(day.weather.failing):
                    raise CameraError("out of order")
                return PHOTO_WITH_PREVIEW

            def take_at(self, context: CaptureContext, at: float) -> Shot:
                return self.take(context)

            def remembers(self, at: float) -> bool:
                return at > 20 and not day.is_in(day.weather.blind)

        self.spool = Spool(folder, self)
        self.queue = TriggerQueue()
        judge = Judge(saw_brightness)
        self.watch = MotionWatch(
            "gate", StreamingCamera(), BrightnessDetector, self.queue, clock, judge
        )
        one = camera_settings(
            CAMERA_CONFIRM="picture", CAMERA_ARMED="00:00-11:00, 12:30-00:00", **environ
        )
        self.handler = TriggerHandler(one, Camera(), self.spool, clock=clock, sleep=self._let_pass)
        self.handler.confirmation = Confirmation(judge, self.spool, keeps_whole=False)
        self._busy_until = 0.0
        self._was_blind = False

    def _let_pass(self, seconds: float) -> bool:
        self.now += seconds
        return False

    def write(self, file: int, content: bytes) -> None:
        if self.is_in(self.weather.read_only):
            raise OSError(errno.EROFS, "Read-only file system")
        super().write(file, content)

    def is_in(self, spans: list[Span]) -> bool:
        return any(self.now in span for span in spans)

    def pass_by(self, busy_seconds: float) -> CaptureStats:
        """Live through the day. The camera is busy for so long with each photo."""
        for moment, trigger in self._moments():
            self._handle_until(moment, busy_seconds)
            self.now = moment
            if trigger is None:
                self._show_frame()
            else:
                self.queue.put(self._event(trigger))
            self._handle_until(moment, busy_seconds)
            self.handler.settle()
        self.handler.settle(is_last=True)
        return self.handler.stats

    def _handle_until(self, moment: float, busy_seconds: float) -> None:
        while self._busy_until <= moment and (event := self.queue.get(0)):
            self.now = max(self.now, self._busy_until)
            stored = self.handler.stats.stored
            self.handler._handle_or_log(event)
            if self.handler.stats.stored > stored:
                self._busy_until = self.now + busy_seconds

    def _event(self, trigger: Trigger) -> TriggerEvent:
        request = None
        if trigger is Trigger.DEMAND:
            request = PhotoRequest(f"{int(self.now * 1000) % 2**32:08x}")
        return TriggerEvent(trigger, self.now, request=request)

    def _moments(self) -> Iterator[tuple[float, Trigger | None]]:
        """Yield each trigger, and the frames of which something depends, in their order."""
        frames = {
            round(moment * 5) + number
            for moment, _ in self.weather.triggers
            for number in range(-7, 8)
        }
        frames |= {
            number
            for span in self.weather.moving
            for number in range(round(span.begin * 5), round(span.end * 5))
        }
        moments: list[tuple[float, Trigger | None]] = [(number / 5, None) for number in frames]
        yield from sorted(
            [*moments, *self.weather.triggers], key=lambda one: (one[0], one[1] is not None)
        )

    def _show_frame(self) -> None:
        is_blind = self.is_in(self.weather.blind)
        if is_blind and not self._was_blind and self.watch.judge:
            self.watch.judge.abandon()
        self._was_blind = is_blind
        if not is_blind:
            moves = self.is_in(self.weather.moving)
            self.watch.look_at(frame_of(MOVING if moves else QUIET, at=self.now))

    @property
    def photos(self) -> list[SpooledPhoto]:
        return list(self.spool.waiting_photos())
