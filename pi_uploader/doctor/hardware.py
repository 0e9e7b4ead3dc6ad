"""The doctor's tests of cameras and pins, and of the libraries that drive them.

The oldest versions accepted are those that the tests compare (MIN_VERSION of picamera2). On a Pi 5,
gpiozero opens the right chip in Raspberry Pi OS's 2.0.1-0+rpt1 and in PyPI's 2.0.1.post3.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from importlib import metadata

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader import board
from pi_uploader.cameras import (
    NO_CLIPS,
    CameraError,
    CaptureContext,
    ClipRecorder,
    open_camera,
)
from pi_uploader.cameras.picamera.library import (
    find_shared_sensors,
    list_sensors,
    version_problem,
)
from pi_uploader.doctor.finding import Finding, Severity
from pi_uploader.settings import CameraSettings, CaptureSettings, SettingsError
from pi_uploader.triggers import TriggerQueue
from pi_uploader.triggers.contact import contact_trigger
from pi_uploader.triggers.motion import motion_trigger
from pi_uploader.triggers.pins import PinBusyError

PIN_TIMEOUT_SECONDS = 30.0
MIN_GPIOZERO = (2, 0, 1)
MIN_GPIOZERO_OF_PYPI = (2, 0, 1, 3)  # on a Pi 5
_DEBIAN_PACKAGES = "/usr/lib/python3/dist-packages"
_UPGRADE = "sudo apt-get update && sudo apt-get full-upgrade"


def check_picamera2(settings: CaptureSettings | None) -> Iterator[Finding]:
    """Yield findings about picamera2 if a camera uses it, and the cameras that it lists. Without
    settings, because they are wrong, yield only the cameras."""
    ours = [one for one in settings.cameras if one.source == "picamera2"] if settings else []
    if settings and not ours:
        return
    try:
        sensors = list_sensors()
    except (SettingsError, CameraError):
        return  # `check_camera` reports it
    if ours:
        problem = version_problem(any(one.format is Media.MP4 for one in ours))
        severity = Severity.BAD if problem else Severity.OK
        yield Finding("picamera2", severity, problem or _version_of("picamera2"))
    for problem in find_shared_sensors({one.name: one.sensor for one in ours}):
        yield Finding("settings", Severity.BAD, problem, SettingsError.hint)
    for sensor in sensors:
        kind = "on USB: CAMERA_SOURCE=usb" if sensor.is_usb else "CAMERA_SENSOR takes number or id"
        yield Finding("sensor", Severity.OK, f"{sensor}; {kind}")


def check_gpiozero(settings: CaptureSettings) -> Iterator[Finding]:
    """Yield a finding about gpiozero if a camera has a pin."""
    if all(one.pin is None and one.pir_pin is None for one in settings.cameras):
        return
    try:
        installed = metadata.version("gpiozero")
    except metadata.PackageNotFoundError:
        return  # `check_packages` reports it
    version = tuple(int(one) for one in re.findall("[0-9]+", installed))
    text = _version_of("gpiozero")
    folder = str(metadata.distribution("gpiozero").locate_file(""))
    is_from_pypi = not folder.startswith(_DEBIAN_PACKAGES)
    if version < MIN_GPIOZERO:
        yield Finding("gpiozero", Severity.BAD, f"{text}; expected 2.0.1 or newer", _UPGRADE)
    elif board.is_pi_5() and version < MIN_GPIOZERO_OF_PYPI and is_from_pypi:
        yield Finding(
            "gpiozero",
            Severity.WARNING,
            f"{text} from PyPI, which may open the wrong chip on a Pi 5",
            "sudo apt-get install python3-gpiozero, and remove it from the venv; or install "
            "2.0.1.post3",
        )
    else:
        yield Finding("gpiozero", Severity.OK, text)


def _version_of(package: str) -> str:
    try:
        return f"is {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return "has no version"


def check_camera(settings: CameraSettings) -> Finding:
    """Take a photo with this camera, and drop it."""
    subject = f"camera {settings.name}"
    try:
        with closing(open_camera(settings)) as camera:
            shot = camera.take(CaptureContext(settings.name, Trigger.DEMAND, None))
            has_clips = isinstance(camera, ClipRecorder) and camera.records_clips
    except (SettingsError, CameraError) as error:
        return Finding.of_error(subject, error)
    except Exception as error:  # noqa: BLE001  whatever a driver raises is the finding
        return Finding(
            subject,
            Severity.BAD,
            f"{type(error).__name__}: {error}",
            f"check its cable and address; {CameraError.hint}",
        )
    text = f"took a {shot.media.name} of {len(shot.content):,} bytes"
    if not has_clips:
        text += f", and records no clips on request: {NO_CLIPS}"
    return Finding(subject, Severity.OK, text)


def check_pins(
    settings: CameraSettings, wait_for_pins: bool, echo: Callable[[str], None]
) -> Iterator[Finding]:
    """Open each pin of this camera; with `wait_for_pins` wait for its trigger, too."""
    queue = TriggerQueue()
    if settings.pir_pin is not None:
        trigger = motion_trigger(settings.pir_pin, queue)
        instruction = "move in front of the sensor"
        yield from _check_pin(
            settings.pir_pin, trigger, queue, instruction, echo if wait_for_pins else None
        )
    if settings.pin is not None:
        trigger = contact_trigger(settings.pin, queue, settings.debounce)
        yield from _check_pin(
            settings.pin, trigger, queue, "pull LOW", echo if wait_for_pins else None
        )


def _check_pin(
    pin: int,
    trigger: AbstractContextManager[object],
    queue: TriggerQueue,
    instruction: str,
    echo: Callable[[str], None] | None,
) -> Iterator[Finding]:
    subject = f"pin {pin}"
    try:
        with trigger:
            if echo is None:
                next_step = f"to see it trigger: --pins, {instruction}"
                yield Finding(subject, Severity.OK, "can be read", next_step)
                return
            echo(f"{'...':8} {subject}: trigger it now ({instruction}), {PIN_TIMEOUT_SECONDS:g} s")
            yield _triggered(subject, queue.get(PIN_TIMEOUT_SECONDS) is not None)
    except SettingsError as error:
        yield Finding.of_error(subject, error, next_step="")
    except PinBusyError as error:
        yield Finding.of_error(subject, error)
    except Exception as error:  # noqa: BLE001  the pin drivers have errors of their own
        text = f"{type(error).__name__}: {error}"
        yield Finding(subject, Severity.BAD, text, PinBusyError.hint)


def _triggered(subject: str, was_triggered: bool) -> Finding:
    if was_triggered:
        return Finding(subject, Severity.OK, "was triggered")
    return Finding(
        subject,
        Severity.BAD,
        f"nothing came within {PIN_TIMEOUT_SECONDS:g} s",
        "check the wiring and the BCM number of the pin (not its position on the header)",
    )


def check_trigger(settings: CameraSettings) -> Iterator[Finding]:
    """Yield a warning if nothing triggers this camera."""
    if not settings.has_trigger:
        yield Finding(
            "trigger",
            Severity.WARNING,
            f"{settings.name} has none; only capture --once takes photos with it, as "
            "pi-uploader-scheduled.timer does",
            "for the capture service set PIR_PIN, CAMERA_PIN, CAMERA_EVERY or CAMERA_TIMES",
        )
