"""`pi-uploader detect`: look at the photos of motion, until a signal."""

import errno
import logging
import os
import threading
from collections.abc import Iterable, Mapping

from photo_wire.errors import printable
from pi_uploader.backoff import backoff
from pi_uploader.clock import Clock
from pi_uploader.detect.detector import Detector, Looker
from pi_uploader.detect.errors import ModelError
from pi_uploader.detect.limits import MODEL_SHARE, give_way, memory_limit, thread_count
from pi_uploader.detect.model import Model
from pi_uploader.detect.report import CameraReport, new_report, read_reports, write_reports
from pi_uploader.settings import CameraSettings, CaptureSettings, SettingsError
from pi_uploader.spool import Spool
from pi_uploader.spool.notification import DETECT_SOCKET_NAME, Listener, notify
from pi_uploader.watchdog import KeepAlive, SystemdNotifier, Watchdog

LOAD_SECONDS = 120.0  # for a model; on a Zero a large one takes long to read
POLL_SECONDS = 60.0  # between two looks into the spool: a notification may be lost
UNNOTIFIED_POLL_SECONDS = 1.0  # the same, if there can be no notifications
MARGIN_SECONDS = 60.0  # by which a keep-alive may come late
RETRY_SECONDS = 600.0  # until models are loaded again, if none could be
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 60.0, 3600.0  # after a second hang in a row, and more
PURGE_SECONDS = 3600.0  # between two searches for labels whose photo is gone

log = logging.getLogger("detect")


def run_detect(settings: CaptureSettings, stop: threading.Event) -> int:
    """Look at the photos of motion of each camera with a model until `stop` is set; return the exit
    code: 1 if no model could be loaded, and a new process is to try again.

    Raises SettingsError if no camera has a model, OSError if another process looks at the photos.
    """
    cameras = cameras_to_look_at(settings.cameras)
    memory = memory_limit()
    give_way(memory)
    watchdog = Watchdog()
    keep_alive = watchdog.watch("looking at photos")
    keep_alive(LOAD_SECONDS * len(cameras))
    watchdog.start()
    spool = Spool(settings.spool, runtime=settings.runtime)
    clock = Clock(settings.clock_is_trusted)
    former = read_reports(spool.folder)
    reports = {name: new_report(former.get(name), clock) for name in cameras}
    _write(spool, reports)
    if seconds := max(_pause(one) for one in reports.values()):
        watchdog.notify_ready()
        keep_alive(seconds + MARGIN_SECONDS)
        log.error("a model did not answer; photos are looked at again in %g s", seconds)
        if stop.wait(seconds):
            return 0
        keep_alive(LOAD_SECONDS * len(cameras))
    models = load_models(cameras, reports, memory)
    _write(spool, reports)
    watchdog.notify_ready()
    if not models:
        keep_alive(RETRY_SECONDS + MARGIN_SECONDS)
        return 0 if stop.wait(RETRY_SECONDS) else 1
    threading.Thread(target=_notify_at, args=(stop, spool), name="stop", daemon=True).start()
    detector = Detector(
        spool, cameras, models, reports, clock, store=lambda: _write(spool, reports), end=_end_alone
    )
    _look_until(stop, spool, detector, reports, keep_alive, clock)
    return 0


def _pause(report: CameraReport) -> float:
    """Return the seconds until a model may look at photos again: none after one hang, which may be
    the photo's fault, a minute after two, up to an hour after more."""
    return backoff(report.hangs - 1, FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS)


def _end_alone() -> None:
    """End this process, of which a model hangs, if no watchdog does: it could not be ended by
    Ctrl-C, and would look at no photo any more."""
    if SystemdNotifier(os.environ).timeout is None:
        log.error("the process ends: start it again")
        os._exit(1)


def cameras_to_look_at(cameras: Iterable[CameraSettings]) -> dict[str, CameraSettings]:
    """Return the cameras that have a model for this process. Raises SettingsError if none has."""
    found = {one.name: one for one in cameras if one.model and not one.detects_in_camera}
    if not found:
        raise SettingsError(["CAMERA_DETECT: is off for each camera; expected a model for one"])
    return found


def load_models(
    cameras: Mapping[str, CameraSettings], reports: Mapping[str, CameraReport], memory: int
) -> dict[str, Looker]:
    """Load the model of each camera, each file once; return those that can be used, and write into
    the reports what the others lack. A model may have MODEL_SHARE of the `memory` (bytes)."""
    models: dict[str, Looker] = {}
    loaded: dict[object, Model] = {}
    for name, camera in cameras.items():
        assert camera.model
        what = camera.model, camera.model_labels, camera.model_size
        try:
            if what not in loaded:
                max_bytes = int(memory * MODEL_SHARE)
                loaded[what] = Model(*what, threads=thread_count(), max_bytes=max_bytes)
        except ModelError as error:
            reports[name].problem = f"{camera.model}: {error}"
            log.error("%s: %s: %s; %s", name, camera.model, error, error.hint)
        except Exception as error:
            reports[name].problem = printable(f"{camera.model}: {type(error).__name__}: {error}")
            log.exception("%s: %s cannot be used", name, camera.model)
        else:
            models[name] = loaded[what]
            reports[name].begin_work(loaded[what].description)
            log.info("%s: %s (%s) looks at its photos", name, camera.model, reports[name].model)
    return models


def check_model(settings: CaptureSettings, name: str) -> CameraReport:
    """Load the model of the camera called `name` within the limits of this process; return what it
    is, or why it cannot be used. Raises SettingsError if there is none."""
    cameras = cameras_to_look_at(one for one in settings.cameras if one.name == name)
    memory = memory_limit()
    give_way(memory)
    report = CameraReport()
    load_models(cameras, {name: report}, memory)
    return report


def _look_until(
    stop: threading.Event,
    spool: Spool,
    detector: Detector,
    reports: dict[str, CameraReport],
    keep_alive: KeepAlive,
    clock: Clock,
) -> None:
    """Look at new photos until `stop` is set. Raises OSError if another process does."""
    purge_at = clock.monotonic()
    while not stop.is_set():
        try:
            with Listener(spool.folder, DETECT_SOCKET_NAME, "detect") as listener:
                while not stop.is_set():
                    if detector.look_at_new(keep_alive):
                        _write(spool, reports)
                    keep_alive(POLL_SECONDS + MARGIN_SECONDS)
                    if clock.monotonic() >= purge_at:
                        purge_at = clock.monotonic() + PURGE_SECONDS
                        spool.labels.purge(spool.photos())
                    listener.wait(POLL_SECONDS)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise
            log.warning("no notification of new photos: %s", error.strerror or error)
            keep_alive(UNNOTIFIED_POLL_SECONDS + MARGIN_SECONDS)
            stop.wait(UNNOTIFIED_POLL_SECONDS)
            if detector.look_at_new(keep_alive):
                _write(spool, reports)


def _notify_at(stop: threading.Event, spool: Spool) -> None:
    """Wake up the loop once it is to stop."""
    stop.wait()
    notify(spool.folder)


def _write(spool: Spool, reports: dict[str, CameraReport]) -> None:
    try:
        write_reports(spool.folder, reports)
    except OSError as error:
        log.warning("the state for pi-uploader status cannot be stored: %s", error.strerror)
