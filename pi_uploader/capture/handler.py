"""One camera's triggers: each one is handled with photos, or counted."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import Camera, CameraGoneError, Checkable
from pi_uploader.capture.arming import Arming
from pi_uploader.capture.photo_taker import MAX_RETRY_DELAY_SECONDS, PhotoTaker
from pi_uploader.capture.stats import Activity, CaptureStats, IgnoredTriggers, LastPhoto
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.settings import CameraSettings
from pi_uploader.spool import Spool
from pi_uploader.triggers import CONFIRMABLE, PhotoRequest, TriggerEvent, TriggerQueue
from pi_uploader.watchdog import KeepAlive, no_keep_alive

if TYPE_CHECKING:  # it costs memory, and few cameras confirm their triggers
    from pi_uploader.capture.confirmation import Confirmation, Undecided

MAX_WAIT_SECONDS = 20.0  # for a trigger, before the next keep-alive
CHECK_INTERVAL_SECONDS = 60.0  # without a photo, after which the camera is checked
MAX_CHECK_SECONDS = 90.0  # a check may reopen the camera
MAX_PHOTO_SECONDS = 120.0  # from a trigger to its photo in the spool; more is a hang
AROUND_GAP_SECONDS = 1.0  # between the photos before and after a trigger

log = logging.getLogger("capture")


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


class TriggerHandler:
    """Handles the triggers of one camera. A photo that fails never ends it.

    `sleep` waits for some seconds, and returns whether to stop. `arming` is by default that of the
    camera's hours, in UTC. `photos` takes the photos. `confirmation`, if it is set, decides what
    those of motion sensors and contacts are worth.
    """

    def __init__(
        self,
        settings: CameraSettings,
        camera: Camera,
        spool: Spool,
        *,
        clock: Clock = SYSTEM_CLOCK,
        arming: Arming | None = None,
        sleep: Callable[[float], bool] = _sleep,
    ) -> None:
        self.photos = PhotoTaker(settings.name, camera, spool, clock)
        self.confirmation: Confirmation | None = None
        self._settings = settings
        self._camera = camera
        self._clock = clock
        self._arming = arming or Arming(settings.name, settings.armed, clock=clock)
        self._sleep = sleep
        self._last_check = -math.inf  # monotonic seconds of the last check of the idle camera
        self._ignored = IgnoredTriggers(settings.name, settings.cooldown)

    @property
    def stats(self) -> CaptureStats:
        """What became of the triggers."""
        return self.photos.stats

    @property
    def activity(self) -> Activity:
        """What the camera did last."""
        return self.photos.activity

    def run(self, queue: TriggerQueue, keep_alive: KeepAlive = no_keep_alive) -> None:
        """Handle triggers until the queue is closed. Raises CameraGoneError."""
        try:
            while not queue.is_closed:
                keep_alive(2 * MAX_WAIT_SECONDS)
                if event := queue.get(min(MAX_WAIT_SECONDS, self.settle())):
                    keep_alive(
                        MAX_PHOTO_SECONDS * self._settings.photos_per_trigger
                        + MAX_RETRY_DELAY_SECONDS
                    )
                    self._handle_or_log(event)
                    queue.sleep(self.photos.retry_delay)
                keep_alive(MAX_CHECK_SECONDS)
                self._check_camera()
        finally:
            self.settle(is_last=True)
        self._ignored.log()

    def _handle_or_log(self, event: TriggerEvent) -> None:
        try:
            self.handle(event)
        except CameraGoneError:
            raise
        except Exception:
            self.photos.failures += 1
            self.stats.failed += 1
            log.exception(
                "%s: unexpected error at %s; the next one may succeed",
                self._settings.name,
                event.description,
            )

    def _check_camera(self) -> None:
        """Verify that an idle camera still delivers frames. Raises CameraGoneError if it does not
        and cannot be reopened."""
        now = self._clock.monotonic()
        if now - max(self.photos.last_photo, self._last_check) < CHECK_INTERVAL_SECONDS:
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
        cooldown, or the camera is not armed now. A photo on demand is always taken, and once if
        somebody waits for it. Raises CameraGoneError."""
        triggers, stored = self.stats.triggers, self.stats.stored
        try:
            self._handle(event)
        finally:
            self.stats.photographed += self.stats.stored > stored
            self.stats.missed += event.count - (self.stats.triggers - triggers)

    def _handle(self, event: TriggerEvent) -> None:
        if self._clock.is_set():
            self.activity.last_trigger = self._clock.now()
        if event.request:
            self._take_requested(event, event.request)
            return
        if not self._is_armed(event):
            self.stats.disarmed += event.count
            return
        is_motion = event.trigger is Trigger.MOTION
        if is_motion and event.monotonic - self.photos.last_motion < self._settings.cooldown:
            self._ignored.cooled_down += event.count
            self.stats.cooled_down += event.count
            return
        self._ignored.log()
        undecided = None
        if self.confirmation and not event.box and event.trigger in CONFIRMABLE:
            undecided = self.confirmation.begin(event.monotonic, self.photos.last_photo)
        self._take_photo(event, undecided, event.monotonic if self._is_of_moment(event) else None)
        further = replace(event, count=1, is_further=True)
        for _ in range(1, self._settings.burst):
            if self._sleep(self._settings.burst_gap):
                return
            self._take_photo(further, undecided)
        if event.trigger in CONFIRMABLE:
            self._take_photos_around(replace(further, box=None), undecided)

    def _is_of_moment(self, event: TriggerEvent) -> bool:
        """Return whether the photo shows the moment of its trigger, and not a later one: of motion
        in the picture, and a clip."""
        return event.box is not None or self._settings.format is Media.MP4

    def _take_photos_around(self, event: TriggerEvent, undecided: "Undecided | None") -> None:
        """Take the photos of the seconds before and after the trigger, whose own is stored by
        now."""
        for number in range(1, self._settings.photos_before + 1):
            moment = event.monotonic - number * AROUND_GAP_SECONDS
            if self.photos.remembers(moment):
                self._take_photo(event, undecided, moment)
            else:
                self.stats.failed += 1
                log.warning(
                    "%s: no photo of %g s before a %s trigger: the camera has no picture of then",
                    self._settings.name,
                    number * AROUND_GAP_SECONDS,
                    event.trigger,
                )
        for number in range(1, self._settings.photos_after + 1):
            moment = event.monotonic + number * AROUND_GAP_SECONDS
            if self._sleep(max(0.0, moment - self._clock.monotonic())):
                return
            self._take_photo(event, undecided, moment)

    def settle(self, is_last: bool = False) -> float:
        """Finish the photos of which it is known whether the picture shows motion; if this
        `is_last`, all of them. Return the seconds until the next call, at most."""
        if self.confirmation is None:
            return math.inf
        for one in self.confirmation.settle(math.inf if is_last else self._clock.monotonic()):
            self.stats.removed += one.removed
            if one.is_stub:
                self.stats.photographed -= 1
                self.stats.stubs += 1
            if one.is_without_motion and self.photos.last_photo == one.last_photo:
                self.photos.last_photo = one.photo_before  # it begins no event
            if one.photos and not one.is_without_motion:
                last = one.photos[-1]
                self.activity.photo = LastPhoto(last.photo.name, last.preview or b"")
        return self.confirmation.wait_seconds

    def _take_requested(self, event: TriggerEvent, request: PhotoRequest) -> None:
        """Take the photo that somebody waits for. Raises CameraGoneError."""
        try:
            if name := self.photos.take(event):
                request.finish(name)
        finally:
            request.fail(self.activity.problem or "the camera took no photo")

    def _is_armed(self, event: TriggerEvent) -> bool:
        """Return whether to take a photo for this trigger, and count it if not."""
        if event.trigger is Trigger.DEMAND:
            return True
        if self._arming.disarmed():
            self._ignored.disarmed += event.count
            return False
        if not self._arming.is_in_hours():
            self._ignored.outside_hours += event.count
            return False
        return True

    def _take_photo(
        self, event: TriggerEvent, undecided: "Undecided | None", moment: float | None = None
    ) -> None:
        """Take a photo, of now or of a `moment` (monotonic seconds), which is held as long as its
        trigger is `undecided`."""
        if undecided is None or self.confirmation is None:
            self.photos.take(event, moment)
            return
        self.photos.take(event, moment, partial(self.confirmation.hold, undecided))
        undecided.last_photo = self.photos.last_photo
