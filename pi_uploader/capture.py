"""The capture process: from the triggers through the camera into the spool."""

import logging
import math
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime

from photo_wire.headers import Clock, Trigger
from photo_wire.name import new_name
from pi_uploader.cameras import Camera, Occasion, Shot, open_camera
from pi_uploader.clock import clock_is_set, instant
from pi_uploader.settings import CaptureSettings
from pi_uploader.spool import Instant, Room, Spool
from pi_uploader.triggers import Triggering, TriggerQueue
from pi_uploader.triggers.motion import motion
from pi_uploader.triggers.timer import timer
from pi_uploader.watchdog import BackWithin, Watchdog, unwatched

LONGEST_REST = 60.0  # seconds
LONGEST_WAIT = 20.0  # seconds for a trigger; then word is given of having waited
LONGEST_ANSWER = 120.0  # seconds from a trigger to its photo in the spool; more is a hang
LONGEST_START = 600.0  # seconds; after a kill, a spool of 100,000 is looked through
EVENT_GAP = 60.0  # seconds without a photo, after which the next one begins an event

log = logging.getLogger("capture")


@dataclass
class Count:
    """What became of the triggers: photos kept, photos that the spool did not keep, times that the
    camera gave none, and triggers that took no photo of their own."""

    kept: int = 0
    lost: int = 0
    failed: int = 0
    coalesced: int = 0
    cooled_down: int = 0

    def __str__(self) -> str:
        return (
            f"{self.kept} photos kept, {self.lost} lost, {self.failed} failed; "
            f"{self.coalesced} triggers coalesced, {self.cooled_down} cooled down"
        )


class Capture:
    """Answers triggers with photos. No single photo's misfortune ends it."""

    def __init__(
        self,
        settings: CaptureSettings,
        camera: Camera,
        spool: Spool,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        is_clock_set: Callable[[], bool] = clock_is_set,
        monotonic: Callable[[], float] = time.monotonic,
        since_boot: Callable[[], Instant] = instant,
    ) -> None:
        self.count = Count()
        self._settings = settings
        self._camera = camera
        self._spool = spool
        self._now = now
        self._is_clock_set = is_clock_set
        self._monotonic = monotonic
        self._instant = since_boot
        self._last_motion = -math.inf  # when the last photo of a motion was taken
        self._cooled_down = 0  # motion triggers since then
        self._last_photo = -math.inf  # when the last photo of any kind was taken
        self._failures = 0  # of the camera, in a row

    def answer_all(self, triggers: TriggerQueue, back_within: BackWithin = unwatched) -> None:
        """Answer triggers until the queue is closed."""
        while not triggers.is_closed:
            back_within(2 * LONGEST_WAIT)
            if triggering := triggers.get(LONGEST_WAIT):
                back_within(LONGEST_ANSWER + LONGEST_REST)
                self.answer(triggering)
                triggers.rest(rest_after(self._failures))
        self._log_cooled_down()

    def answer(self, triggering: Triggering) -> None:
        """Take a photo and put it into the spool, unless the motion's cooldown lasts."""
        is_motion = triggering.trigger is Trigger.MOTION
        if is_motion and triggering.instant - self._last_motion < self._settings.cooldown:
            self._cooled_down += triggering.count
            self.count.cooled_down += triggering.count
            return
        started, taken_at, clock = self._monotonic(), self._now(), self._clock()
        since_boot = self._instant()
        when = taken_at if clock is Clock.SYNCED else None
        shot = self._take(triggering, Occasion(self._settings.camera, triggering.trigger, when))
        if shot is None:
            return
        if is_motion:
            self._log_cooled_down()
            self._last_motion = started
        taken = None if clock is Clock.SYNCED else since_boot
        begins_event = started - self._last_photo > EVENT_GAP
        self._last_photo = started
        self._keep(shot, taken_at, clock, triggering, begins_event, taken)

    def _take(self, triggering: Triggering, occasion: Occasion) -> Shot | None:
        try:
            shot = self._camera.take(occasion)
        except Exception as error:  # noqa: BLE001  whatever a driver raises, the next photo may succeed
            self._failures += 1
            self.count.failed += 1
            log.error(
                "no photo for %s: %s: %s; the camera rests for %g s",
                _described(triggering),
                type(error).__name__,
                error,
                rest_after(self._failures),
            )
            return None
        self._failures = 0
        if not shot.content:
            self.count.failed += 1
            log.error("no photo for %s: the camera gave no bytes", _described(triggering))
            return None
        return shot

    def _keep(
        self,
        shot: Shot,
        taken_at: datetime,
        clock: Clock,
        triggering: Triggering,
        begins_event: bool,
        taken: Instant | None,
    ) -> None:
        name = new_name(self._settings.camera, taken_at)
        size = len(shot.content)
        try:
            self._spool.put(
                shot.content,
                name,
                shot.media,
                triggering.trigger,
                clock,
                first=begins_event,
                taken=taken,
            )
        except Exception as error:  # noqa: BLE001  a SpoolError or worse, the next one may fit
            self.count.lost += 1
            log.error(
                "photo lost %s %s %d bytes: %s; free some space or replace the disk (%d lost since "
                "the start)",
                name,
                triggering.trigger,
                size,
                error,
                self.count.lost,
            )
            return
        self.count.kept += 1
        log.info("photo taken %s %s %d bytes", name, triggering.trigger, size)
        if triggering.count > 1:
            self.count.coalesced += triggering.count - 1
            log.info("%s stands for %s", name, _described(triggering))

    def _clock(self) -> Clock:
        return Clock.SYNCED if self._is_clock_set() else Clock.UNSYNCED

    def _log_cooled_down(self) -> None:
        if self._cooled_down:
            log.info(
                "%d motion triggers came within %g s after a photo and took none",
                self._cooled_down,
                self._settings.cooldown,
            )
        self._cooled_down = 0


def rest_after(failures: int) -> float:
    """Seconds to leave the camera alone after so many failures in a row."""
    return min(2.0 ** min(failures - 1, 10), LONGEST_REST) if failures else 0.0


def run_capture(settings: CaptureSettings, triggers: TriggerQueue) -> int:
    """Capture until the queue is closed; the photo in hand is kept first. Returns the process's
    exit code.

    Raises SettingsError where the camera or the pins cannot work with these settings, OSError
    where the spool's folder cannot be made, and what the pin's driver raises for a pin in use.
    """
    watchdog = Watchdog()
    back_within = watchdog.watch("capturing")
    back_within(LONGEST_START)
    with ExitStack() as open_parts:
        camera = open_parts.enter_context(closing(open_camera(settings)))
        room = Room(settings.spool_bytes, settings.reserve_bytes)
        spool = Spool(settings.spool, room=room)
        if settings.pir_pin is not None:
            open_parts.enter_context(motion(settings.pir_pin, triggers))
        if settings.every is not None:
            open_parts.enter_context(timer(settings.every, triggers, watchdog.watch("the timer")))
        log.info("capturing with %s into %s", settings.camera, settings.spool)
        is_set = _always if settings.clock_is_trusted else clock_is_set
        capture = Capture(settings, camera, spool, is_clock_set=is_set)
        watchdog.report()
        spool.recover()  # now, so that the first photo does not wait for it
        capture.answer_all(triggers, back_within)
    log.info("capture ends: %s, %d triggers unanswered", capture.count, triggers.unanswered())
    return 0


def _always() -> bool:
    return True


def _described(triggering: Triggering) -> str:
    if triggering.count == 1:
        return f"a {triggering.trigger} trigger"
    return f"{triggering.count} {triggering.trigger} triggers"
