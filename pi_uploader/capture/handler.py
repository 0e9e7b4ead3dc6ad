"""One camera's triggers: each one is handled with photos, or counted."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.name import new_name
from pi_uploader.backoff import backoff
from pi_uploader.cameras import Camera, CameraGoneError, CaptureContext, Checkable, Shot
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.messages import counted
from pi_uploader.settings import CameraSettings
from pi_uploader.settings.times_of_day import is_armed
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from pi_uploader.watchdog import Heartbeat, no_heartbeat

FIRST_RETRY_DELAY_SECONDS, MAX_RETRY_DELAY_SECONDS = 1.0, 60.0  # after a camera error
MAX_WAIT_SECONDS = 20.0  # for a trigger, before the next heartbeat
CHECK_INTERVAL_SECONDS = 60.0  # without a photo, after which the camera is checked
MAX_CHECK_SECONDS = 90.0  # a check may reopen the camera
MAX_PHOTO_SECONDS = 120.0  # from a trigger to its photo in the spool; more is a hang
EVENT_GAP_SECONDS = 60.0  # without a photo, after which the next one begins an event

log = logging.getLogger("capture")


@dataclass
class CaptureStats:
    """What became of the triggers.

    Photos: `stored` in the spool, `lost` because the spool failed to, `failed` because the
    camera took none. Triggers without a photo of their own: `coalesced` while the camera was busy,
    `cooled_down` within the cooldown, `disarmed` outside of the armed hours.
    """

    stored: int = 0
    lost: int = 0
    failed: int = 0
    coalesced: int = 0
    cooled_down: int = 0
    disarmed: int = 0

    def __str__(self) -> str:
        return (
            f"{counted(self.stored, 'photo')} stored, {self.lost} lost, {self.failed} failed; "
            f"{counted(self.coalesced, 'trigger')} coalesced, {self.cooled_down} cooled down, "
            f"{self.disarmed} disarmed"
        )


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


class TriggerHandler:
    """Handles the triggers of one camera. A photo that fails never ends it.

    `sleep` waits for some seconds, and returns whether to stop.
    """

    def __init__(
        self,
        settings: CameraSettings,
        camera: Camera,
        spool: Spool,
        *,
        clock: Clock = SYSTEM_CLOCK,
        zone: tzinfo = UTC,
        sleep: Callable[[float], bool] = _sleep,
    ) -> None:
        self.stats = CaptureStats()
        self._settings = settings
        self._camera = camera
        self._spool = spool
        self._clock = clock
        self._zone = zone
        self._sleep = sleep
        self._last_motion = -math.inf  # monotonic seconds of the last photo of a motion
        self._last_photo = -math.inf  # and of the last photo
        self._last_check = -math.inf  # and of the last check of the idle camera
        self._cooled_down = 0  # motion triggers since the last motion photo
        self._disarmed = 0  # triggers since the last photo
        self._failures = 0  # of the camera, in a row

    def run(self, queue: TriggerQueue, heartbeat: Heartbeat = no_heartbeat) -> None:
        """Handle triggers until the queue is closed. Raises CameraGoneError."""
        while not queue.is_closed:
            heartbeat(2 * MAX_WAIT_SECONDS)
            if event := queue.get(MAX_WAIT_SECONDS):
                heartbeat(MAX_PHOTO_SECONDS * self._settings.burst + MAX_RETRY_DELAY_SECONDS)
                self._handle_or_log(event)
                queue.sleep(retry_delay(self._failures))
            heartbeat(MAX_CHECK_SECONDS)
            self._check_camera()
        self._log_ignored()

    def _handle_or_log(self, event: TriggerEvent) -> None:
        try:
            self.handle(event)
        except CameraGoneError:
            raise
        except Exception:
            self._failures += 1
            self.stats.failed += 1
            log.exception(
                "%s: unexpected error at %s; the next one may succeed",
                self._settings.name,
                _describe(event),
            )

    def _check_camera(self) -> None:
        """Verify that an idle camera still delivers frames. Raises CameraGoneError if it does not
        and cannot be reopened."""
        now = self._clock.monotonic()
        if now - max(self._last_photo, self._last_check) < CHECK_INTERVAL_SECONDS:
            return
        self._last_check = now
        if isinstance(self._camera, Checkable):
            try:
                self._camera.check()
            except CameraGoneError:
                raise
            except Exception as error:  # noqa: BLE001  as for a photo: the next one may succeed
                log.error("%s: the camera delivers no pictures: %s", self._settings.name, error)

    def handle(self, event: TriggerEvent) -> None:
        """Take the photos for a trigger and put them into the spool, unless it is motion within the
        cooldown, or the camera is not armed now. Raises CameraGoneError."""
        if not self._is_armed(event):
            self._disarmed += event.count
            self.stats.disarmed += event.count
            return
        is_motion = event.trigger is Trigger.MOTION
        if is_motion and event.monotonic - self._last_motion < self._settings.cooldown:
            self._cooled_down += event.count
            self.stats.cooled_down += event.count
            return
        self._log_ignored()
        self._take_photo(event)
        for _ in range(1, self._settings.burst):
            if self._sleep(self._settings.burst_gap):
                return
            self._take_photo(replace(event, count=1))

    def _is_armed(self, event: TriggerEvent) -> bool:
        if event.trigger is Trigger.DEMAND or not self._settings.armed:
            return True
        if not self._clock.is_set():
            return True  # the time of day is unknown: one photo too many is better than none
        return is_armed(self._clock.now(), self._settings.armed, self._zone)

    def _take_photo(self, event: TriggerEvent) -> None:
        started, is_set = self._clock.monotonic(), self._clock.is_set()
        taken_at, boot_time = self._clock.now(), self._clock.since_boot()
        context = CaptureContext(self._settings.name, event.trigger, taken_at if is_set else None)
        shot = self._take_shot(event, context)
        if shot is None:
            return
        if event.trigger is Trigger.MOTION:
            self._last_motion = started
        info = PhotoInfo(
            new_name(self._settings.name, taken_at),
            shot.media,
            event.trigger,
            ClockStatus.SYNCED if is_set else ClockStatus.UNSYNCED,
            is_first=started - self._last_photo > EVENT_GAP_SECONDS,
            boot_time=None if is_set else boot_time,
        )
        self._last_photo = started
        self._put(shot.content, info, event)

    def _take_shot(self, event: TriggerEvent, context: CaptureContext) -> Shot | None:
        try:
            shot = self._camera.take(context)
        except CameraGoneError:  # only a new process can open it again
            self.stats.failed += 1
            log.error("%s: no photo for %s", self._settings.name, _describe(event))
            raise
        except Exception as error:  # noqa: BLE001  whatever a driver raises, the next photo may succeed
            self._failures += 1
            self.stats.failed += 1
            log.error(
                "%s: no photo for %s: %s: %s; retrying in %g s",
                self._settings.name,
                _describe(event),
                type(error).__name__,
                error,
                retry_delay(self._failures),
            )
            return None
        self._failures = 0
        if not shot.content:
            self.stats.failed += 1
            log.error(
                "%s: no photo for %s: the camera returned an empty photo",
                self._settings.name,
                _describe(event),
            )
            return None
        return shot

    def _put(self, content: bytes, info: PhotoInfo, event: TriggerEvent) -> None:
        try:
            self._spool.put(content, info)
        except Exception as error:  # noqa: BLE001  a SpoolError or worse; the next photo may fit
            self.stats.lost += 1
            log.error(
                "photo lost %s %s %d bytes: %s; free some space or replace the disk (%d lost since "
                "the start)",
                info.name,
                info.trigger,
                len(content),
                error,
                self.stats.lost,
            )
            return
        self.stats.stored += 1
        log.info("photo taken %s %s %d bytes", info.name, info.trigger, len(content))
        if event.count > 1:
            self.stats.coalesced += event.count - 1
            log.info("%s covers %d coalesced %s triggers", info.name, event.count, event.trigger)

    def _log_ignored(self) -> None:
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


def retry_delay(failures: int) -> float:
    """Return the seconds to wait after this many camera failures in a row."""
    return backoff(failures, FIRST_RETRY_DELAY_SECONDS, MAX_RETRY_DELAY_SECONDS)


def _describe(event: TriggerEvent) -> str:
    if event.count == 1:
        return f"a {event.trigger} trigger"
    return f"{event.count} {event.trigger} triggers"
