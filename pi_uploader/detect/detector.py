"""Look at the photos of motion that come into a spool, and store what they show."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, takewhile
from typing import Protocol

from photo_wire.errors import printable
from photo_wire.media import Media
from photo_wire.motion import UNKNOWN, Box, Label
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.detect.limits import MinuteLimit
from pi_uploader.detect.report import MAX_LOOK_SECONDS, CameraReport
from pi_uploader.errors import describe
from pi_uploader.settings import CameraSettings
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.watchdog import KeepAlive, no_keep_alive

WINDOW = 500  # sequence numbers, in which a photo that was held may come after later ones

log = logging.getLogger("detect")


class Looker(Protocol):
    """What tells the content of a photo, such as a Model."""

    def look(
        self, content: bytes, media: Media, box: Box | None, threshold: float
    ) -> Sequence[Label]:
        """Return the labels of a photo with motion in this box, as far as they are that sure."""


class Detector:
    """Looks at the photos that are put from now on. `cameras` are those whose photos get labels, by
    their names; one without a model in `models` has none, and its photos do not wait for it. The
    `reports` are stored by `store` before a model looks at a photo, which may be the last thing
    that the process does; `end` is called in another thread if it does not answer in time."""

    def __init__(
        self,
        spool: Spool,
        cameras: Mapping[str, CameraSettings],
        models: Mapping[str, Looker],
        reports: Mapping[str, CameraReport],
        clock: Clock = SYSTEM_CLOCK,
        *,
        store: Callable[[], None] = lambda: None,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self._spool = spool
        self._store = store
        self._end = end
        self._cameras = cameras
        self._models = models
        self._reports = reports
        self._clock = clock
        self._limits = {
            name: MinuteLimit(one.detections_per_minute) for name, one in cameras.items()
        }
        self._seen: set[int] = set()  # sequence numbers above the floor
        self._floor = max((photo.sequence for photo in self._newest()), default=-1)
        self._logged = ""  # the problem that the log has last

    def look_at_new(self, keep_alive: KeepAlive = no_keep_alive) -> int:
        """Look at all photos that are new, the first ones of their triggers before the further
        ones, the newest first; return how many of them get labels."""
        count = 0
        while photo := self._next():
            keep_alive(MAX_LOOK_SECONDS)
            self._look(photo)
            count += 1
        return count

    def _newest(self) -> Sequence[SpooledPhoto]:
        """Return the newest photo of each folder."""
        folders = (self._spool.waiting_photos(True), self._spool.undated_photos(True))
        return [photo for folder in folders if (photo := next(folder, None))]

    def _next(self) -> SpooledPhoto | None:
        """Return the photo to look at next: the newest that gets labels and was not looked at, and
        a further one of a trigger only if there is no other."""
        folders = (self._spool.waiting_photos(True), self._spool.undated_photos(True))
        new = (takewhile(lambda one: one.sequence > self._floor, folder) for folder in folders)
        further = None
        for photo in chain.from_iterable(new):
            if photo.sequence in self._seen:
                continue
            if photo.name.camera not in self._cameras or not photo.is_of_motion:
                self._see(photo.sequence)
            elif photo.is_further:
                further = further or photo
            else:
                self._see(photo.sequence)
                return photo
        if further:
            self._see(further.sequence)
        return further

    def _see(self, sequence: int) -> None:
        self._seen.add(sequence)
        if len(self._seen) > 2 * WINDOW:
            self._floor = max(self._floor, max(self._seen) - WINDOW)
            self._seen = {one for one in self._seen if one > self._floor}

    def _look(self, photo: SpooledPhoto) -> None:
        """Store the labels of a photo, UNKNOWN if it cannot be looked at: the upload waits for
        them."""
        try:
            labels = self._labels_of(photo)
        except FileNotFoundError:
            return  # uploaded or evicted a moment ago
        except Exception as error:  # noqa: BLE001  a model and Pillow raise anything
            reason = printable(describe(error).partition("\n")[0], 300)
            problem = f"a photo was not looked at: {reason}"
            self._reports[photo.name.camera].count_failure(problem, self._clock)
            self._log_once(f"{photo.name.camera}: {problem}")
            labels = (UNKNOWN,)
        try:
            self._spool.labels.put(photo.name, labels)
        except OSError as error:
            self._log_once(f"labels cannot be stored: {error.strerror}")

    def _labels_of(self, photo: SpooledPhoto) -> Sequence[Label]:
        camera = photo.name.camera
        settings, report = self._cameras[camera], self._reports[camera]
        model = self._models.get(camera)
        if model is None:
            return (UNKNOWN,)
        is_urgent = not photo.is_further
        if not self._limits[camera].allows(self._clock.monotonic(), is_urgent):
            report.above_limit += 1
            return (UNKNOWN,)
        with self._spool.open(photo) as file:
            content = file.read()
        box = photo.motion.box if photo.motion else None
        report.begin_look(self._clock)
        self._store()
        alarm = threading.Timer(MAX_LOOK_SECONDS, self._tell_of_hang, (photo,))
        alarm.daemon = True
        alarm.start()
        try:
            labels = model.look(content, photo.media, box, settings.label_threshold)
        finally:
            alarm.cancel()
        report.count_success()
        log.info("%s shows %s", photo.name, ", ".join(map(str, labels)) or "nothing known")
        return labels

    def _tell_of_hang(self, photo: SpooledPhoto) -> None:
        log.error(
            "%s: its model does not answer: it has looked at %s for %g s",
            photo.name.camera,
            photo.name,
            MAX_LOOK_SECONDS,
        )
        self._end()

    def _log_once(self, problem: str) -> None:
        if problem != self._logged:
            log.error("%s", problem)
        self._logged = problem
