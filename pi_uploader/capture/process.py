"""The capture process: every camera with its triggers, and one spool for all."""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta

from photo_wire.headers import Trigger
from pi_uploader.cameras import Camera, CameraGoneError, find_shared_cameras, open_camera
from pi_uploader.capture.arming import Arming, DisarmedCameras
from pi_uploader.capture.camera_thread import CameraThread, Shared
from pi_uploader.capture.control_server import ControlServer
from pi_uploader.capture.handler import TriggerHandler
from pi_uploader.capture.requests import Requests
from pi_uploader.capture.start_backoff import StartBackoff
from pi_uploader.clock import Clock
from pi_uploader.messages import CLOCK_AWAITED, CLOCK_NEXT_STEP, counted
from pi_uploader.settings import CameraSettings, CaptureSettings, SettingsError
from pi_uploader.spool import Quota, Spool
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from pi_uploader.triggers.demand import demand_trigger
from pi_uploader.triggers.pins import PinBusyError
from pi_uploader.watchdog import Watchdog

MAX_START_SECONDS = 600.0  # after a kill, a spool of 100,000 photos is read
PURGE_INTERVAL_SECONDS = 3600.0
CLOCK_INTERVAL_SECONDS = 60.0  # between two purges while the clock is not set
RETRY_MISSING_SECONDS = 600.0  # until a new process looks for a camera that is not there

log = logging.getLogger("capture")


def run_capture(
    settings: CaptureSettings,
    stop: threading.Event,
    new_queue: Callable[[], TriggerQueue] = TriggerQueue,
) -> int:
    """Capture until `stop` is set. Photos that are being taken then are still stored.

    Each camera has a trigger queue of its own. If one of several cameras is missing, the others
    capture, and after ten minutes the process ends so that a new one looks for it. Returns the exit
    code: 1 if only a new process can use a camera again.

    Raises SettingsError if a camera or a pin cannot work with these settings, OSError if the
    spool's folder cannot be made or a pin is in use, CameraGoneError if there is no camera at all.
    After repeated failed starts it waits longer before it raises (`StartBackoff`).
    """
    start_backoff = StartBackoff(os.environ)
    try:
        return _run(settings, stop, new_queue, start_backoff)
    except (CameraGoneError, SettingsError, PinBusyError) as error:
        start_backoff.wait(error, stop)
        raise


def _run(
    settings: CaptureSettings,
    stop: threading.Event,
    new_queue: Callable[[], TriggerQueue],
    start_backoff: StartBackoff,
) -> int:
    watchdog = Watchdog()
    start_keep_alive = watchdog.watch("the start")
    start_keep_alive(MAX_START_SECONDS)
    watchdog.start()
    with ExitStack() as resources:
        cameras, missing = _open_cameras(settings, resources)
        spool = open_spool(settings)
        _warn_if_clock_is_not_set(settings)
        disarmed = DisarmedCameras(settings.spool, Clock(settings.clock_is_trusted))
        shared = Shared(settings, spool, disarmed, stop)
        threads = [CameraThread(one, camera, new_queue(), shared) for one, camera in cameras]
        server = ControlServer(settings.spool, Requests(threads, missing, shared).handle)
        resources.callback(server.close)
        for thread in threads:
            resources.callback(thread.join)
            thread.open_triggers(resources, watchdog)
        start_backoff.reset()
        resources.enter_context(demand_trigger([thread.queue for thread in threads]))
        watchdog.notify_ready()  # before what may take minutes; triggers are queued by now
        spool.recover()  # now, so that the first photo does not wait for it
        start_keep_alive(math.inf)
        server.start()  # before the first photo: who sees that one may ask for others
        for thread in threads:
            thread.start(watchdog)
        seconds = RETRY_MISSING_SECONDS if missing else math.inf
        is_stopped = _purge_until(stop, settings, spool, seconds)
        for thread in threads:  # all at once, before each is waited for
            thread.stop()
    return 1 if not is_stopped or any(thread.has_failed for thread in threads) else 0


def capture_once(settings: CaptureSettings, trigger: Trigger) -> int:
    """Take one photo with each camera into the spool. Returns the exit code: 1 if a camera took
    none. Raises as `run_capture` does."""
    with ExitStack() as resources:
        cameras, missing = _open_cameras(settings, resources)
        spool = open_spool(settings)
        all_stats = []
        clock = Clock(settings.clock_is_trusted)
        disarmed = DisarmedCameras(settings.spool, clock)
        for one, camera in cameras:
            arming = Arming(one.name, one.armed, settings.zone, clock, disarmed)
            handler = TriggerHandler(one, camera, spool, clock=clock, arming=arming)
            handler.handle(TriggerEvent(trigger, clock.monotonic()))
            all_stats.append(handler.stats)
        _purge_archive(settings, spool)
    return 0 if not missing and all(stats.stored + stats.disarmed for stats in all_stats) else 1


def open_spool(settings: CaptureSettings) -> Spool:
    """Return the spool of these settings. Raises OSError if its folder cannot be made."""
    return Spool(
        settings.spool,
        quota=Quota(settings.spool_bytes, settings.reserve_bytes),
        keep=None if settings.keep is None else timedelta(seconds=settings.keep),
        keep_bytes=settings.keep_bytes,
        runtime=settings.runtime,
    )


def _open_cameras(
    settings: CaptureSettings, resources: ExitStack
) -> tuple[list[tuple[CameraSettings, Camera]], dict[str, str]]:
    """Open every camera; return them, and the missing ones by name, each with the reason.

    Raises SettingsError with the problems of all cameras, CameraGoneError if all are missing.
    """
    cameras: list[tuple[CameraSettings, Camera]] = []
    missing: dict[str, CameraGoneError] = {}
    problems = find_shared_cameras(settings.cameras)
    for one in settings.cameras if not problems else ():
        try:
            cameras.append((one, resources.enter_context(closing(open_camera(one)))))
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
    return cameras, {name: str(gone) for name, gone in missing.items()}


def _purge_until(
    stop: threading.Event, settings: CaptureSettings, spool: Spool, seconds: float
) -> bool:
    """Purge the archive now and every hour. Return whether `stop` was set; False after `seconds`.

    While the clock is not set, the age of a photo is unknown, so the next attempt comes sooner.
    """
    clock = Clock(settings.clock_is_trusted)
    end = time.monotonic() + seconds
    while True:
        _purge_archive(settings, spool)
        _purge_labels(settings, spool)
        pause = PURGE_INTERVAL_SECONDS if clock.is_set() else CLOCK_INTERVAL_SECONDS
        if stop.wait(min(pause, max(0.0, end - time.monotonic()))):
            return True
        if time.monotonic() >= end:
            log.info("exiting, so that a restart can look for the missing camera")
            return False


def _purge_archive(settings: CaptureSettings, spool: Spool) -> None:
    """Delete archived photos that are older, or take more space, than the settings allow."""
    if settings.keep is None and settings.keep_bytes is None:
        return
    clock = Clock(settings.clock_is_trusted)
    deleted = spool.archive.purge(clock.now() if clock.is_set() else None)
    if deleted:
        log.info("%s deleted: CAMERA_KEEP, CAMERA_KEEP_MB", counted(deleted, "kept photo"))


def _purge_labels(settings: CaptureSettings, spool: Spool) -> None:
    """Delete the labels of photos that are gone. Those of models in files are deleted by the
    process that runs these."""
    if any(one.detects_in_camera for one in settings.cameras):
        try:
            spool.labels.purge(spool.photos())
        except OSError as error:
            log.warning("labels of photos that are gone are not deleted: %s", error.strerror)


def _warn_if_clock_is_not_set(settings: CaptureSettings) -> None:
    if not Clock(settings.clock_is_trusted).is_set():
        log.warning("the clock is not set yet: %s; %s", CLOCK_AWAITED, CLOCK_NEXT_STEP)
