"""The capture process: every camera with its triggers, and the one spool of all."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta

from photo_wire.headers import Trigger
from pi_uploader.cameras import Camera, CameraGoneError, Recorder, find_shared_cameras, open_camera
from pi_uploader.capture.backoff import StartBackoff
from pi_uploader.capture.capture import Capture
from pi_uploader.clock import CLOCK_AWAITED, CLOCK_NEXT_STEP, Clock
from pi_uploader.plural import counted
from pi_uploader.settings import CameraSettings, CaptureSettings, SettingsError
from pi_uploader.spool import Quota, Spool
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from pi_uploader.triggers.contact import contact_trigger
from pi_uploader.triggers.demand import demand_trigger
from pi_uploader.triggers.motion import motion_trigger
from pi_uploader.triggers.pins import PinBusyError
from pi_uploader.triggers.schedule import daily_trigger, interval_trigger
from pi_uploader.watchdog import Watchdog

MAX_START = 600.0  # seconds; after a kill, a spool of 100,000 is looked through
BETWEEN_TIDYINGS = 3600.0  # seconds
CLOCK_PAUSE = 60.0  # seconds between looks at a clock that is not set
RETRY_MISSING = 600.0  # seconds until a camera that is not there is looked for again
FINISH = 5.0  # seconds for the photos in hand

log = logging.getLogger("capture")


def run_capture(
    settings: CaptureSettings,
    stop: threading.Event,
    new_queue: Callable[[], TriggerQueue] = TriggerQueue,
) -> int:
    """Capture until `stop` is set; the photos in hand are kept first. Each camera has a queue of
    triggers of its own. Where one of several cameras is not there, the others capture; it is looked
    for again in a new process. Returns the process's exit code: 1 if only a new process can have a
    camera back.

    Raises SettingsError where a camera or a pin cannot work with these settings, OSError where the
    spool's folder cannot be made or a pin is in use, CameraGoneError where there is no camera at
    all. These are raised later each time they happen in a row (`StartBackoff`).
    """
    backoff = StartBackoff(os.environ)
    try:
        return _run(settings, stop, new_queue, backoff)
    except (CameraGoneError, SettingsError, PinBusyError) as error:
        backoff.wait(error, stop)
        raise


def _run(
    settings: CaptureSettings,
    stop: threading.Event,
    new_queue: Callable[[], TriggerQueue],
    backoff: StartBackoff,
) -> int:
    watchdog = Watchdog()
    starting = watchdog.watch("the start")
    starting(MAX_START)
    watchdog.start()
    with ExitStack() as open_parts:
        cameras, missing = _open_all(settings, open_parts)
        spool = open_spool(settings)
        _warn_of_clock(settings)
        threads = [_Answering(settings, one, new_queue(), spool, stop) for one in cameras]
        for one in threads:
            open_parts.callback(one.end)
            one.open_triggers(open_parts, watchdog)
        backoff.reset()
        watchdog.notify_ready()  # before what may take minutes; each trigger is noted by now
        open_parts.enter_context(demand_trigger([one.triggers for one in threads]))
        spool.recover()  # now, so that the first photo does not wait for it
        starting(float("inf"))
        for one in threads:
            one.start(watchdog)
        is_stopped = _tidy_until(stop, settings, spool, RETRY_MISSING if missing else math.inf)
        for one in threads:  # all at once, before each is waited for
            one.stop()
    return 1 if not is_stopped or any(one.is_gone for one in threads) else 0


def capture_once(settings: CaptureSettings, trigger: Trigger) -> int:
    """Take one photo with each camera into the spool. Returns the process's exit code: 1 if one
    gave none."""
    with ExitStack() as open_parts:
        cameras, missing = _open_all(settings, open_parts)
        spool = open_spool(settings)
        counts = []
        for one, camera in cameras:
            capture = Capture(one, camera, spool, clock=_clock(settings), zone=settings.zone)
            capture.answer(TriggerEvent(trigger, 0.0))
            counts.append(capture.count)
        _tidy(settings, spool)
    return 0 if not missing and all(count.kept + count.disarmed for count in counts) else 1


def open_spool(settings: CaptureSettings) -> Spool:
    """The spool of these settings."""
    return Spool(
        settings.spool,
        quota=Quota(settings.spool_bytes, settings.reserve_bytes),
        keep=None if settings.keep is None else timedelta(seconds=settings.keep),
        keep_bytes=settings.keep_bytes,
        runtime=settings.runtime,
    )


def _open_all(
    settings: CaptureSettings, open_parts: ExitStack
) -> tuple[list[tuple[CameraSettings, Camera]], list[str]]:
    """Open every camera; return them, and the names of those that are not there. All that are set
    wrongly are told at once. Raises CameraGoneError if none is there."""
    cameras: list[tuple[CameraSettings, Camera]] = []
    missing: dict[str, CameraGoneError] = {}
    problems = find_shared_cameras(settings.cameras)
    for one in settings.cameras if not problems else ():
        try:
            cameras.append((one, open_parts.enter_context(closing(open_camera(one)))))
        except SettingsError as error:
            problems += error.problems
        except CameraGoneError as error:
            missing[one.name] = error
    if problems:
        raise SettingsError(problems)
    if missing and not cameras:
        raise CameraGoneError("; ".join(f"{name}: {error}" for name, error in missing.items()))
    for name, gone in missing.items():
        log.error("%s: %s; the other cameras work", name, gone)
    return cameras, list(missing)


def _clock(settings: CaptureSettings) -> Clock:
    return Clock(settings.clock_is_trusted)


class _Answering:
    """One camera, its triggers, and the thread that answers them."""

    def __init__(
        self,
        device: CaptureSettings,
        camera: tuple[CameraSettings, Camera],
        triggers: TriggerQueue,
        spool: Spool,
        stop: threading.Event,
    ) -> None:
        self.settings, self._camera = camera
        self.triggers = triggers
        self.is_gone = False
        self._zone = device.zone
        self._clock = _clock(device)
        self._stop = stop
        self._thread: threading.Thread | None = None
        self._capture = Capture(
            self.settings,
            self._camera,
            spool,
            clock=self._clock,
            zone=device.zone,
            rest=self.triggers.sleep,
        )

    def open_triggers(self, open_parts: ExitStack, watchdog: Watchdog) -> None:
        """Begin to take note of triggers."""
        one, name = self.settings, self.settings.name
        if one.pir_pin is not None:
            open_parts.enter_context(motion_trigger(one.pir_pin, self.triggers))
        if one.pin is not None:
            open_parts.enter_context(contact_trigger(one.pin, self.triggers, one.debounce))
        if one.every is not None:
            word = watchdog.watch(f"the timer of {name}")
            open_parts.enter_context(interval_trigger(one.every, self.triggers, word))
        if one.times:
            word = watchdog.watch(f"the schedule of {name}")
            open_parts.enter_context(
                daily_trigger(one.times, self._zone, self.triggers, self._clock, word)
            )

    def start(self, watchdog: Watchdog) -> None:
        """Answer triggers from now on, in a thread."""
        log.info("capturing with %s (%s)", self.settings.name, self.settings.source)
        self._thread = threading.Thread(
            target=self._answer, args=(watchdog,), name=self.settings.name, daemon=True
        )
        self._thread.start()

    def _answer(self, watchdog: Watchdog) -> None:
        try:
            self._capture.answer_all(self.triggers, watchdog.watch(f"camera {self.settings.name}"))
        except CameraGoneError as error:
            log.error("%s: %s; the process ends, to be started again", self.settings.name, error)
            self._end_process()
        except Exception:
            log.exception(
                "%s: unexpected error; the process ends, to be started again", self.settings.name
            )
            self._end_process()

    def _end_process(self) -> None:
        self.is_gone = True
        self._stop.set()

    def stop(self) -> None:
        """Answer no more triggers, and let a clip in hand end with what there is of it."""
        self.triggers.close()
        if isinstance(self._camera, Recorder):
            self._camera.stop_recording()

    def end(self) -> None:
        """Keep the photo in hand, answer no more triggers, and log the counts: now, since closing
        the camera may hang."""
        self.stop()
        if self._thread:
            self._thread.join(FINISH)
            self._log_counts()

    def _log_counts(self) -> None:
        log.info(
            "capture with %s ends: %s, %s unanswered",
            self.settings.name,
            self._capture.count,
            counted(self.triggers.unhandled(), "trigger"),
        )


def _tidy_until(
    stop: threading.Event, settings: CaptureSettings, spool: Spool, seconds: float
) -> bool:
    """Delete kept photos whose time is over, at once and then every hour; while the clock is not
    set, and no age is known, the question is asked more often. Return whether `stop` is set, or
    the `seconds` after which a missing camera is looked for are over."""
    end = time.monotonic() + seconds
    while True:
        _tidy(settings, spool)
        pause = BETWEEN_TIDYINGS if _clock(settings).is_set() else CLOCK_PAUSE
        if stop.wait(min(pause, max(0.0, end - time.monotonic()))):
            return True
        if time.monotonic() >= end:
            log.info("the process ends, to be started again and look for the missing camera")
            return False


def _tidy(settings: CaptureSettings, spool: Spool) -> None:
    """Delete kept photos whose time is over, or that are too much."""
    if settings.keep is None and settings.keep_bytes is None:
        return
    clock = _clock(settings)
    deleted = spool.archive.purge(clock.now() if clock.is_set() else None)
    if deleted:
        log.info("%s deleted: CAMERA_KEEP, CAMERA_KEEP_MB", counted(deleted, "kept photo"))


def _warn_of_clock(settings: CaptureSettings) -> None:
    if not _clock(settings).is_set():
        log.warning("the clock is not set yet: %s; %s", CLOCK_AWAITED, CLOCK_NEXT_STEP)
