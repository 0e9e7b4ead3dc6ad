"""One camera of the capture process: its triggers, and the thread that handles them."""

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi_uploader.cameras import Camera, CameraGoneError, Recorder
from pi_uploader.capture.arming import Arming, DisarmedCameras
from pi_uploader.capture.handler import TriggerHandler
from pi_uploader.capture.stats import Activity
from pi_uploader.clock import Clock
from pi_uploader.messages import counted
from pi_uploader.settings import CameraSettings, CaptureSettings
from pi_uploader.spool import Spool
from pi_uploader.triggers import TriggerQueue
from pi_uploader.triggers.contact import contact_trigger
from pi_uploader.triggers.motion import motion_trigger
from pi_uploader.triggers.schedule import daily_trigger, interval_trigger
from pi_uploader.watchdog import KeepAlive, Watchdog

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice

    from pi_uploader.capture.motion_watch import MotionWatch
    from pi_uploader.detect.report import CameraReport

MAX_STOP_SECONDS = 5.0  # for the photo that is being taken

log = logging.getLogger("capture")


@dataclass(frozen=True)
class Shared:
    """What the cameras of a process have in common. `stop` ends the process."""

    settings: CaptureSettings
    spool: Spool
    disarmed: DisarmedCameras
    stop: threading.Event


@dataclass(frozen=True)
class Pin:
    """A pin that triggers a camera: its BCM number, and the setting that names it."""

    number: int
    use: str
    device: "DigitalInputDevice"

    @property
    def is_active(self) -> bool | None:
        """Whether the pin is active now: it detects motion, or its contact is closed. None if it
        cannot be read."""
        try:
            return bool(self.device.is_active)
        except Exception:  # noqa: BLE001  whatever the pin's driver raises
            return None


class CameraThread:
    """A camera with its trigger queue. Stops the process, and sets `has_failed`, if only a new
    process can use the camera again."""

    def __init__(
        self, settings: CameraSettings, camera: Camera, queue: TriggerQueue, shared: Shared
    ) -> None:
        self.settings = settings
        self.camera = camera
        self.queue = queue
        self.pins: list[Pin] = []
        self.motion_watch: MotionWatch | None = None
        self.has_failed = False
        self._zone = shared.settings.zone
        self._clock = Clock(shared.settings.clock_is_trusted)
        self._spool = shared.spool
        self._stop = shared.stop
        self._thread: threading.Thread | None = None
        self.arming = Arming(
            settings.name, settings.armed, self._zone, self._clock, shared.disarmed
        )
        self._handler = TriggerHandler(
            settings,
            camera,
            shared.spool,
            clock=self._clock,
            arming=self.arming,
            sleep=queue.sleep,
        )
        if settings.detects_in_camera:
            from pi_uploader.capture.labels import CameraLabels

            self._handler.photos.labels = CameraLabels(settings, shared.spool.labels, self._clock)

    @property
    def activity(self) -> Activity:
        """What the camera did last."""
        return self._handler.activity

    @property
    def detection(self) -> "CameraReport | None":
        """What became of the photos that a model was to look at; None if there is no model."""
        if self._handler.photos.labels:
            return self._handler.photos.labels.report
        if self.settings.model is None:
            return None
        from pi_uploader.detect.report import current_report

        return current_report(self._spool.folder, self.settings.name)

    def open_triggers(self, resources: ExitStack, watchdog: Watchdog) -> None:
        """Begin to queue triggers. Raises SettingsError or PinBusyError for a pin, SettingsError if
        the camera cannot look for motion."""
        settings, name = self.settings, self.settings.name
        if (number := settings.pir_pin) is not None:
            sensor = resources.enter_context(motion_trigger(number, self.queue))
            self.pins.append(Pin(number, "pir_pin", sensor))
        if (number := settings.pin) is not None:
            contact = resources.enter_context(
                contact_trigger(number, self.queue, settings.debounce)
            )
            self.pins.append(Pin(number, "pin", contact))
        if settings.every is not None:
            keep_alive = watchdog.watch(f"the timer of {name}")
            resources.enter_context(interval_trigger(settings.every, self.queue, keep_alive))
        if settings.times:
            keep_alive = watchdog.watch(f"the schedule of {name}")
            resources.enter_context(
                daily_trigger(settings.times, self._zone, self.queue, self._clock, keep_alive)
            )
        if settings.is_watched:
            self._watch_picture(resources, watchdog.watch(f"the motion of {name}"))

    def _watch_picture(self, resources: ExitStack, keep_alive: KeepAlive) -> None:
        from pi_uploader.capture.motion_watch import open_motion_watch

        watch = open_motion_watch(self.settings, self.camera, self.queue, self._clock)
        if watch.judge:
            from pi_uploader.capture.confirmation import Confirmation

            self._handler.confirmation = Confirmation(
                watch.judge, self._spool, self.settings.keeps_unconfirmed
            )
        self.motion_watch = watch
        resources.enter_context(watch.running(keep_alive))

    def start(self, watchdog: Watchdog) -> None:
        """Handle triggers in a thread from now on."""
        log.info("capturing with %s (%s)", self.settings.name, self.settings.source)
        self._thread = threading.Thread(
            target=self._run, args=(watchdog,), name=self.settings.name, daemon=True
        )
        self._thread.start()

    def _run(self, watchdog: Watchdog) -> None:
        name = self.settings.name
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
        if self.motion_watch:
            self.motion_watch.stop()
        if isinstance(self.camera, Recorder):
            self.camera.stop_recording()

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
            self.settings.name,
            self._handler.stats,
            counted(self.queue.unhandled(), "trigger"),
        )
