"""picamera2 itself: whether it can be imported, which version it is, and the cameras it knows."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from pi_uploader.cameras.camera import CameraGoneError
from pi_uploader.settings import SettingsError

MIN_VERSION = (0, 3, 22)  # tests/pi_uploader/test_picamera_signatures.py compares the oldest, too
MIN_VERSION_FOR_CLIPS = (0, 3, 24)  # the first with PyavOutput
_USB = "/usb"  # in the ids of USB cameras, which libcamera also knows


@dataclass(frozen=True)
class Sensor:
    """A camera that the library knows, by its number there and by its id, which stays the same when
    another camera is plugged in or out."""

    number: int
    id: str
    model: str

    @property
    def is_usb(self) -> bool:
        return _USB in self.id

    def __str__(self) -> str:
        return f"{self.number}: {self.model} ({self.id})"


def import_picamera2() -> Any:
    """Return the module. Raises SettingsError, which says what to do, if it cannot be imported."""
    try:
        import picamera2
    except Exception as error:
        raise SettingsError([_import_problem(error)]) from error
    return picamera2


def version() -> tuple[int, ...]:
    """Return picamera2's version as numbers; empty if it does not say."""
    try:
        return tuple(int(one) for one in re.findall("[0-9]+", metadata.version("picamera2"))[:3])
    except metadata.PackageNotFoundError:
        return ()


def version_problem(takes_clips: bool) -> str | None:
    """Return what is wrong with picamera2's version, if it is too old."""
    found, needed = version(), MIN_VERSION_FOR_CLIPS if takes_clips else MIN_VERSION
    if not found or found >= needed:
        return None
    what = "CAMERA_FORMAT=mp4 needs" if takes_clips else "photos need"
    return (
        f"CAMERA_SOURCE: picamera2 is {_dotted(found)}, and {what} {_dotted(needed)} or newer; "
        "sudo apt-get update && sudo apt-get full-upgrade brings it"
    )


def sensors() -> list[Sensor]:
    """Return the cameras that are plugged in, in picamera2's order. Raises as `import_picamera2`
    does."""
    found = import_picamera2().Picamera2.global_camera_info()
    return [
        Sensor(number, str(one.get("Id", "")), str(one.get("Model", "unknown")))
        for number, one in enumerate(found)
    ]


def choose(found: Sequence[Sensor], wanted: str | None) -> Sensor:
    """Return the camera with this number or id; without one the first of the Pi's own.

    Raises CameraGoneError if it is not there, or is on USB: then it is not the Pi's camera, whose
    cable may be loose.
    """
    if not found:
        raise CameraGoneError(
            "there is no camera; check its cable at both ends, then rpicam-hello --list-cameras"
        )
    listed = "; ".join(map(str, found))
    if wanted is None:
        right = [one for one in found if not one.is_usb]
    else:
        right = [one for one in found if wanted in (str(one.number), one.id)]
    if not right:
        which = "of the Pi's own" if wanted is None else f"{wanted} (CAMERA_SENSOR)"
        raise CameraGoneError(
            f"there is no camera {which}, but {listed}; check the cable, or CAMERA_SENSOR. A USB "
            "camera has CAMERA_SOURCE=usb"
        )
    if right[0].is_usb:
        raise CameraGoneError(
            f"camera {right[0]} is on USB, and not the Pi's own; expected CAMERA_SOURCE=usb for "
            "it, or the number or id of another one in CAMERA_SENSOR"
        )
    return right[0]


def used_twice(wanted: Mapping[str, str | None]) -> list[str]:
    """Return a line for each camera that is wanted under several names. Raises as
    `import_picamera2` does."""
    found = sensors()
    users: dict[Sensor, list[str]] = {}
    for name, which in wanted.items():
        with suppress(CameraGoneError):  # told when it is opened
            users.setdefault(choose(found, which), []).append(name)
    return [
        f"CAMERA_SENSOR: {' and '.join(names)} are one camera, {sensor}; expected another one of "
        f"{'; '.join(map(str, found))}"
        for sensor, names in users.items()
        if len(names) > 1
    ]


def _import_problem(error: Exception) -> str:
    what = (
        "CAMERA_SOURCE: 'picamera2' needs the Pi's camera library, which cannot be imported "
        f"({type(error).__name__}: {error}); expected "
    )
    if "numpy" in str(error).lower() or "_ARRAY_API" in str(error):
        return (
            f"{what}Debian's numpy, for which it was built, and not another one in the venv or in "
            "the home: /opt/pi-uploader/bin/pip uninstall numpy, or apt-get install --reinstall "
            "python3-numpy python3-simplejpeg"
        )
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is None or missing.split(".")[0] == "picamera2":
        more = "" if missing else " (--reinstall if it is there)"
        return (
            f"{what}apt-get install python3-picamera2{more} before, and a venv with "
            "--system-site-packages"
        )
    return (
        f"{what}apt-get install --reinstall python3-picamera2 python3-libcamera before, for the "
        "same Python as the venv's"
    )


def _dotted(numbers: Sequence[int]) -> str:
    return ".".join(map(str, numbers))
