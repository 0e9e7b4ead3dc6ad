"""The libraries of Raspberry Pi OS that a device uses, as `pi-uploader doctor` finds them: which
versions they are, whether these work, and which cameras picamera2 knows.

The oldest versions are those that the tests compare (MIN_VERSION of picamera2). On a Pi 5 gpiozero
takes the right chip in Raspberry Pi OS's 2.0.1-0+rpt1 and in PyPI's 2.0.1.post3.
"""

import re
from collections.abc import Iterator
from importlib import metadata

from photo_wire.media import Media
from pi_uploader import board
from pi_uploader.cameras import CameraError
from pi_uploader.cameras.picamera.library import (
    find_shared_sensors,
    list_sensors,
    version_problem,
)
from pi_uploader.finding import Finding, Verdict
from pi_uploader.settings import CaptureSettings, SettingsError

MIN_GPIOZERO = (2, 0, 1)
MIN_GPIOZERO_OF_PYPI = (2, 0, 1, 3)  # on a Pi 5
_DEBIANS = "/usr/lib/python3/dist-packages"
_UPGRADE = "sudo apt-get update && sudo apt-get full-upgrade"


def camera_library(settings: CaptureSettings | None) -> Iterator[Finding]:
    """Yield what there is to say of picamera2 where a camera needs it, and the cameras that it
    knows. Without settings, since they are wrong, only these."""
    ours = [one for one in settings.cameras if one.source == "picamera2"] if settings else []
    if settings and not ours:
        return
    try:
        found = list_sensors()
    except (SettingsError, CameraError):
        return  # told where the camera is tried
    if ours:
        problem = version_problem(any(one.format is Media.MP4 for one in ours))
        verdict = Verdict.BAD if problem else Verdict.GOOD
        yield Finding("picamera2", verdict, problem or _version_of("picamera2"))
    for problem in find_shared_sensors({one.name: one.sensor for one in ours}):
        yield Finding("settings", Verdict.BAD, problem, "correct it; pi-uploader config check")
    for sensor in found:
        kind = "on USB: CAMERA_SOURCE=usb" if sensor.is_usb else "CAMERA_SENSOR takes number or id"
        yield Finding("sensor", Verdict.GOOD, f"{sensor}; {kind}")


def pin_library(settings: CaptureSettings) -> Iterator[Finding]:
    """Yield what there is to say of gpiozero where a camera has a pin."""
    if all(one.pin is None and one.pir_pin is None for one in settings.cameras):
        return
    found = tuple(int(one) for one in re.findall("[0-9]+", metadata.version("gpiozero")))
    sentence = _version_of("gpiozero")
    folder = str(metadata.distribution("gpiozero").locate_file(""))
    if found < MIN_GPIOZERO:
        yield Finding("gpiozero", Verdict.BAD, f"{sentence}; expected 2.0.1 or newer", _UPGRADE)
    elif board.is_pi_5() and found < MIN_GPIOZERO_OF_PYPI and not folder.startswith(_DEBIANS):
        yield Finding(
            "gpiozero",
            Verdict.DOUBTFUL,
            f"{sentence} from PyPI, which may take the wrong chip on a Pi 5",
            "sudo apt-get install python3-gpiozero, and take it out of the venv, or 2.0.1.post3",
        )
    else:
        yield Finding("gpiozero", Verdict.GOOD, sentence)


def _version_of(name: str) -> str:
    try:
        return f"is {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return "does not say its version"
