"""One camera's photos: each trigger is answered, and each answer counted."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.name import new_name
from pi_uploader.backoff import backoff
from pi_uploader.cameras import Camera, CameraGoneError, CaptureContext, Checkable, Shot
from pi_uploader.capture.stats import Count
from pi_uploader.clock import SYSTEM_CLOCK, BootTime, Clock
from pi_uploader.plural import counted
from pi_uploader.settings import CameraSettings
from pi_uploader.settings.times_of_day import is_armed
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from pi_uploader.watchdog import Heartbeat, no_heartbeat

MAX_REST = 60.0  # seconds
MAX_WAIT = 20.0  # seconds for a trigger; then word is given of having waited
CHECK_EVERY = 60.0  # seconds without a photo, after which the camera is asked for a frame
MAX_CHECK = 90.0  # seconds for that; the camera may be opened again
MAX_ANSWER = 120.0  # seconds from a trigger to its photo in the spool; more is a hang
EVENT_GAP = 60.0  # seconds without a photo, after which the next one begins an event

log = logging.getLogger("capture")


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


class Capture:
    """Answers triggers with photos. No single photo's misfortune ends it. `rest` waits for seconds
    and says whether to stop."""

    def __init__(
        self,
        settings: CameraSettings,
        camera: Camera,
        spool: Spool,
        *,
        clock: Clock = SYSTEM_CLOCK,
        zone: tzinfo = UTC,
        rest: Callable[[float], bool] = _sleep,
    ) -> None:
        self.count = Count()
        self._settings = settings
        self._zone = zone
        self._rest = rest
        self._camera = camera
        self._spool = spool
        self._clock = clock
        self._last_motion = -math.inf  # when the last photo of a motion was taken
        self._cooled_down = 0  # motion triggers since then
        self._disarmed = 0  # triggers since the last photo
        self._last_photo = -math.inf  # when the last photo of any kind was taken
        self._last_check = -math.inf  # when an idle camera was asked for a frame last
        self._failures = 0  # of the camera, in a row

    def answer_all(self, triggers: TriggerQueue, back_within: Heartbeat = no_heartbeat) -> None:
        """Answer triggers until the queue is closed."""
        while not triggers.is_closed:
            back_within(2 * MAX_WAIT)
            if triggering := triggers.get(MAX_WAIT):
                back_within(MAX_ANSWER * self._settings.burst + MAX_REST)
                self._answer_or_log(triggering)
                triggers.sleep(rest_after(self._failures))
            back_within(MAX_CHECK)
            self._check_camera()
        self._log_untaken()

    def _answer_or_log(self, triggering: TriggerEvent) -> None:
        try:
            self.answer(triggering)
        except CameraGoneError:
            raise
        except Exception:
            self._failures += 1
            self.count.failed += 1
            log.exception(
                "%s: unexpected error at %s; the next one may succeed",
                self._settings.name,
                _described(triggering),
            )

    def _check_camera(self) -> None:
        """See whether an idle camera still gives pictures. Raises CameraGoneError if it is gone."""
        now = self._clock.monotonic()
        if now - max(self._last_photo, self._last_check) < CHECK_EVERY:
            return
        self._last_check = now
        if isinstance(self._camera, Checkable):
            try:
                self._camera.check()
            except CameraGoneError:
                raise
            except Exception as error:  # noqa: BLE001  as for a photo: the next one may succeed
                log.error("%s: the camera gives no pictures: %s", self._settings.name, error)

    def answer(self, triggering: TriggerEvent) -> None:
        """Take the photos for a trigger and put them into the spool, unless the motion's cooldown
        lasts or the camera is not armed at this hour."""
        if not self._is_armed(triggering):
            self._disarmed += triggering.count
            self.count.disarmed += triggering.count
            return
        is_motion = triggering.trigger is Trigger.MOTION
        if is_motion and triggering.monotonic - self._last_motion < self._settings.cooldown:
            self._cooled_down += triggering.count
            self.count.cooled_down += triggering.count
            return
        self._log_untaken()
        self._take_one(triggering)
        for _ in range(1, self._settings.burst):
            if self._rest(self._settings.burst_gap):
                return
            self._take_one(replace(triggering, count=1))

    def _is_armed(self, triggering: TriggerEvent) -> bool:
        if triggering.trigger is Trigger.DEMAND or not self._settings.armed:
            return True
        if self._clock_status() is ClockStatus.UNSYNCED:
            return True  # who knows how late it is: better a photo too many
        return is_armed(self._clock.now(), self._settings.armed, self._zone)

    def _take_one(self, triggering: TriggerEvent) -> None:
        started, clock = self._clock.monotonic(), self._clock_status()
        taken_at = self._clock.now()
        since_boot = self._clock.since_boot()
        when = taken_at if clock is ClockStatus.SYNCED else None
        shot = self._take(triggering, CaptureContext(self._settings.name, triggering.trigger, when))
        if shot is None:
            return
        if triggering.trigger is Trigger.MOTION:
            self._last_motion = started
        taken = None if clock is ClockStatus.SYNCED else since_boot
        begins_event = started - self._last_photo > EVENT_GAP
        self._last_photo = started
        self._keep(shot, taken_at, clock, triggering, begins_event, taken)

    def _take(self, triggering: TriggerEvent, occasion: CaptureContext) -> Shot | None:
        try:
            shot = self._camera.take(occasion)
        except CameraGoneError:  # only a new process can have it back
            self.count.failed += 1
            log.error("%s: no photo for %s", self._settings.name, _described(triggering))
            raise
        except Exception as error:  # noqa: BLE001  whatever a driver raises, the next photo may succeed
            self._failures += 1
            self.count.failed += 1
            log.error(
                "%s: no photo for %s: %s: %s; the camera rests for %g s",
                self._settings.name,
                _described(triggering),
                type(error).__name__,
                error,
                rest_after(self._failures),
            )
            return None
        self._failures = 0
        if not shot.content:
            self.count.failed += 1
            log.error(
                "%s: no photo for %s: the camera gave no bytes",
                self._settings.name,
                _described(triggering),
            )
            return None
        return shot

    def _keep(
        self,
        shot: Shot,
        taken_at: datetime,
        clock: ClockStatus,
        triggering: TriggerEvent,
        begins_event: bool,
        taken: BootTime | None,
    ) -> None:
        name = new_name(self._settings.name, taken_at)
        size = len(shot.content)
        try:
            self._spool.put(
                shot.content,
                PhotoInfo(
                    name,
                    shot.media,
                    triggering.trigger,
                    clock,
                    is_first=begins_event,
                    boot_time=taken,
                ),
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

    def _clock_status(self) -> ClockStatus:
        return ClockStatus.SYNCED if self._clock.is_set() else ClockStatus.UNSYNCED

    def _log_untaken(self) -> None:
        if self._cooled_down:
            log.info(
                "%s: %s came within %g s after a photo and took none",
                self._settings.name,
                counted(self._cooled_down, "motion trigger"),
                self._settings.cooldown,
            )
        if self._disarmed:
            log.info(
                "%s: %s came outside of CAMERA_ARMED and took no photo",
                self._settings.name,
                counted(self._disarmed, "trigger"),
            )
        self._cooled_down = self._disarmed = 0


def rest_after(failures: int) -> float:
    """Seconds to leave the camera alone after so many failures in a row."""
    return backoff(failures, 1.0, MAX_REST)


def _described(triggering: TriggerEvent) -> str:
    if triggering.count == 1:
        return f"a {triggering.trigger} trigger"
    return f"{triggering.count} {triggering.trigger} triggers"
