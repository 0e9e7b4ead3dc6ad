"""One camera of the capture process: its triggers, and the thread that handles them."""

import logging
import threading
from contextlib import ExitStack

from pi_uploader.cameras import Camera, CameraGoneError, Recorder
from pi_uploader.capture.handler import TriggerHandler
from pi_uploader.clock import Clock
from pi_uploader.messages import counted
from pi_uploader.settings import CameraSettings, CaptureSettings
from pi_uploader.spool import Spool
from pi_uploader.triggers import TriggerQueue
from pi_uploader.triggers.contact import contact_trigger
from pi_uploader.triggers.motion import motion_trigger
from pi_uploader.triggers.schedule import daily_trigger, interval_trigger
from pi_uploader.watchdog import Watchdog

MAX_STOP_SECONDS = 5.0  # for the photo that is being taken

log = logging.getLogger("capture")


class CameraThread:
    """A camera with its trigger queue. Sets `stop`, and `has_failed`, if only a new process can use
    the camera again."""

    def __init__(
        self,
        process_settings: CaptureSettings,
        settings: CameraSettings,
        camera: Camera,
        queue: TriggerQueue,
        spool: Spool,
        stop: threading.Event,
    ) -> None:
        self.queue = queue
        self.has_failed = False
        self._settings = settings
        self._camera = camera
        self._zone = process_settings.zone
        self._clock = Clock(process_settings.clock_is_trusted)
        self._stop = stop
        self._thread: threading.Thread | None = None
        self._handler = TriggerHandler(
            settings, camera, spool, clock=self._clock, zone=self._zone, sleep=queue.sleep
        )

    def open_triggers(self, resources: ExitStack, watchdog: Watchdog) -> None:
        """Begin to queue triggers. Raises SettingsError or PinBusyError for a pin."""
        settings, name = self._settings, self._settings.name
        if settings.pir_pin is not None:
            resources.enter_context(motion_trigger(settings.pir_pin, self.queue))
        if settings.pin is not None:
            resources.enter_context(contact_trigger(settings.pin, self.queue, settings.debounce))
        if settings.every is not None:
            heartbeat = watchdog.watch(f"the timer of {name}")
            resources.enter_context(interval_trigger(settings.every, self.queue, heartbeat))
        if settings.times:
            heartbeat = watchdog.watch(f"the schedule of {name}")
            resources.enter_context(
                daily_trigger(settings.times, self._zone, self.queue, self._clock, heartbeat)
            )

    def start(self, watchdog: Watchdog) -> None:
        """Handle triggers in a thread from now on."""
        log.info("capturing with %s (%s)", self._settings.name, self._settings.source)
        self._thread = threading.Thread(
            target=self._run, args=(watchdog,), name=self._settings.name, daemon=True
        )
        self._thread.start()

    def _run(self, watchdog: Watchdog) -> None:
        name = self._settings.name
        try:
            self._handler.run(self.queue, watchdog.watch(f"camera {name}"))
        except CameraGoneError as error:
            log.error("%s: %s; exiting, so that a restart can reopen the camera", name, error)
            self._end_process()
        except Exception:
            log.exception("%s: unexpected error; exiting for a restart", name)
            self._end_process()

    def _end_process(self) -> None:
        self.has_failed = True
        self._stop.set()

    def stop(self) -> None:
        """Handle no more triggers, and end a clip that is being recorded."""
        self.queue.close()
        if isinstance(self._camera, Recorder):
            self._camera.stop_recording()

    def join(self) -> None:
        """Stop, wait for the photo that is being taken, and log the summary. Called before the
        camera is closed, since that may hang."""
        self.stop()
        if self._thread:
            self._thread.join(MAX_STOP_SECONDS)
            self._log_summary()

    def _log_summary(self) -> None:
        log.info(
            "capture with %s stopped: %s, %s unhandled",
            self._settings.name,
            self._handler.stats,
            counted(self.queue.unhandled(), "trigger"),
        )
