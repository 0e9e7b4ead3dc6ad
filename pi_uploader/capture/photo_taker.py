"""Take a photo for a trigger, and put it into the spool."""

import logging
import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.motion import Motion
from photo_wire.name import PhotoName, new_name
from pi_uploader.backoff import backoff
from pi_uploader.cameras import (
    Camera,
    CameraError,
    CameraGoneError,
    CaptureContext,
    ClipRecorder,
    MomentCamera,
    Shot,
)
from pi_uploader.capture.capture_time import read_time
from pi_uploader.capture.stats import Activity, CaptureStats, LastPhoto
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.errors import describe
from pi_uploader.jpeg_preview import preview_in
from pi_uploader.spool import PhotoInfo, Spool
from pi_uploader.triggers import TriggerEvent

if TYPE_CHECKING:  # it costs memory, and few cameras have a network
    from pi_uploader.capture.labels import CameraLabels

FIRST_RETRY_DELAY_SECONDS, MAX_RETRY_DELAY_SECONDS = 1.0, 60.0  # after a camera error
EVENT_GAP_SECONDS = 60.0  # without a photo, after which the next one begins an event

Hold = Callable[[Shot, PhotoInfo, CaptureContext], object]
"""Stores a photo, and keeps it from being sent. Raises SpoolError if it is lost."""

log = logging.getLogger("capture")


class PhotoTaker:
    """Takes the photos of the camera called `name`. One that fails or is lost is logged and counted
    in `stats` and `activity`; the next one may succeed. `labels`, if it is set, stores what the
    camera's own network found."""

    def __init__(
        self, name: str, camera: Camera, spool: Spool, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.stats = CaptureStats()
        self.activity = Activity()
        self.labels: CameraLabels | None = None
        self.last_motion = -math.inf  # monotonic seconds of the last photo of a motion
        self.last_photo = -math.inf  # and of the last photo
        self.failures = 0  # of the camera, in a row
        self._name = name
        self._camera = camera
        self._spool = spool
        self._clock = clock

    @property
    def retry_delay(self) -> float:
        """The seconds to wait before the next photo: none unless the camera failed."""
        return retry_delay(self.failures)

    def take(
        self, event: TriggerEvent, moment: float | None = None, hold: Hold | None = None
    ) -> PhotoName | None:
        """Take a photo, of now or of a `moment` (monotonic seconds), and put it into the spool, by
        `hold` if that is set. Return its name; None if that failed. Raises CameraGoneError."""
        started = self._clock.monotonic()
        # Where the camera has no picture of the moment, the photo shows a later one.
        time = read_time(self._clock, moment if self.remembers(moment) else None)
        context = CaptureContext(self._name, event.trigger, time.known)
        shot = self._take_shot(event, context, moment)
        if shot is None:
            return None
        if event.trigger is Trigger.MOTION:
            self.last_motion = started
        info = PhotoInfo(
            new_name(self._name, time.wall, event.request.tag if event.request else None),
            shot.media,
            event.trigger,
            ClockStatus.SYNCED if time.is_set else ClockStatus.UNSYNCED,
            is_first=started - self.last_photo > EVENT_GAP_SECONDS,
            is_further=event.is_further,
            boot_time=None if time.is_set else time.boot,
            motion=Motion(event.box) if event.box else None,
        )
        self.last_photo = started
        put: Callable[[], object] = partial(self._spool.put, shot.content, info)
        if hold:
            put = partial(hold, shot, info, context)
        if not self._put(put, shot.content, info, event):
            return None
        if self.labels:
            self.labels.put(info, shot.network)
        self.activity.last_photo = time.known
        if not hold:
            self.activity.photo = LastPhoto(info.name, preview_in(shot.content) or b"")
        self.activity.failures, self.activity.problem = 0, ""
        return info.name

    def remembers(self, moment: float | None) -> bool:
        """Return whether the camera has the picture of this moment."""
        camera = self._camera
        return moment is not None and isinstance(camera, MomentCamera) and camera.remembers(moment)

    def _record_failure(self, problem: str) -> None:
        self.activity.failures += 1
        self.activity.problem = problem

    def _take_shot(
        self, event: TriggerEvent, context: CaptureContext, moment: float | None
    ) -> Shot | None:
        try:
            shot = self._take(event, context, moment)
        except CameraGoneError as error:  # only a new process can open it again
            self.stats.failed += 1
            self._record_failure(str(error))
            log.error("%s: no photo for %s", self._name, event.description)
            raise
        except Exception as error:  # noqa: BLE001  whatever a driver raises, the next photo may succeed
            self.failures += 1
            self.stats.failed += 1
            self._record_failure(describe(error))
            log.error(
                "%s: no photo for %s: %s: %s; retrying in %g s",
                self._name,
                event.description,
                type(error).__name__,
                error,
                self.retry_delay,
            )
            return None
        self.failures = 0
        if not shot.content:
            self.stats.failed += 1
            self._record_failure("the camera returned an empty photo")
            log.error(
                "%s: no photo for %s: the camera returned an empty photo",
                self._name,
                event.description,
            )
            return None
        return shot

    def _take(self, event: TriggerEvent, context: CaptureContext, moment: float | None) -> Shot:
        if moment is not None and isinstance(self._camera, MomentCamera):
            return self._camera.take_at(context, moment)
        if event.request is None or event.request.clip_seconds is None:
            return self._camera.take(context)
        if not isinstance(self._camera, ClipRecorder):
            raise CameraError("this camera records no clips")
        return self._camera.take_clip(context, event.request.clip_seconds)

    def _put(
        self, put: Callable[[], object], content: bytes, info: PhotoInfo, event: TriggerEvent
    ) -> bool:
        """Put a photo into the spool by `put`; return whether it is there."""
        try:
            put()
        except Exception as error:  # noqa: BLE001  a SpoolError or worse; the next photo may fit
            self.stats.lost += 1
            self._record_failure(str(error))
            log.error(
                "photo lost %s %s %d bytes: %s; free some space or replace the disk (%d lost since "
                "the start)",
                info.name,
                info.trigger,
                len(content),
                error,
                self.stats.lost,
            )
            return False
        self.stats.stored += 1
        log.info("photo taken %s %s %d bytes", info.name, info.trigger, len(content))
        if event.count > 1:
            self.stats.coalesced += event.count - 1
            log.info("%s covers %d coalesced %s triggers", info.name, event.count, event.trigger)
        return True


def retry_delay(failures: int) -> float:
    """Return the seconds to wait after this many camera failures in a row."""
    return backoff(failures, FIRST_RETRY_DELAY_SECONDS, MAX_RETRY_DELAY_SECONDS)
