"""picamera2 itself: whether it can be imported, its version, and the cameras that it knows."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from pi_uploader.cameras.camera import CameraGoneError
from pi_uploader.settings import SettingsError

MIN_VERSION = (0, 3, 22)  # tests/support/test_pi_camera.py compares the oldest, too
MIN_VERSION_FOR_CLIPS = (0, 3, 24)  # the first with PyavOutput
_USB_MARK = "/usb"  # in the ids of USB cameras, which libcamera also lists


@dataclass(frozen=True)
class Sensor:
    """A camera that picamera2 lists, by its number and by its id, which stays the same when another
    camera is plugged in or out."""

    number: int
    id: str
    model: str

    @property
    def is_usb(self) -> bool:
        return _USB_MARK in self.id

    def __str__(self) -> str:
        return f"{self.number}: {self.model} ({self.id})"


def import_picamera2() -> Any:
    """Return the module. Raises SettingsError, with what to do, if it cannot be imported."""
    try:
        import picamera2
    except Exception as error:
        raise SettingsError([_import_problem(error)]) from error
    return picamera2


def version() -> tuple[int, ...]:
    """Return picamera2's version as numbers; empty if it is unknown."""
    try:
        return tuple(int(part) for part in re.findall("[0-9]+", metadata.version("picamera2"))[:3])
    except metadata.PackageNotFoundError:
        return ()


def version_problem(records_clips: bool) -> str | None:
    """Return an error text if picamera2 is too old for photos, or for clips; else None."""
    installed, needed = version(), MIN_VERSION_FOR_CLIPS if records_clips else MIN_VERSION
    if not installed or installed >= needed:
        return None
    purpose = "CAMERA_FORMAT=mp4 needs" if records_clips else "photos need"
    return (
        f"CAMERA_SOURCE: picamera2 is {_dotted(installed)}, and {purpose} {_dotted(needed)} or "
        "newer; sudo apt-get update && sudo apt-get full-upgrade brings it"
    )


def list_sensors() -> list[Sensor]:
    """Return the connected cameras, in picamera2's order. Raises as `import_picamera2` does."""
    infos = import_picamera2().Picamera2.global_camera_info()
    return [
        Sensor(number, str(info.get("Id", "")), str(info.get("Model", "unknown")))
        for number, info in enumerate(infos)
    ]


def select_sensor(connected: Sequence[Sensor], wanted: str | None) -> Sensor:
    """Return the camera whose number or id is `wanted`; with None the first of the Pi's own.

    Raises CameraGoneError if it is missing. A USB camera is never selected: it would take the place
    of the Pi's camera while the cable of that one is loose.
    """
    if not connected:
        raise CameraGoneError(
            "there is no camera; check its cable at both ends, then rpicam-hello --list-cameras"
        )
    listed = "; ".join(map(str, connected))
    if wanted is None:
        matches = [one for one in connected if not one.is_usb]
    else:
        matches = [one for one in connected if wanted in (str(one.number), one.id)]
    if not matches:
        which = "of the Pi's own" if wanted is None else f"{wanted} (CAMERA_SENSOR)"
        raise CameraGoneError(
            f"there is no camera {which}, but {listed}; check the cable, or CAMERA_SENSOR. A USB "
            "camera has CAMERA_SOURCE=usb"
        )
    if matches[0].is_usb:
        raise CameraGoneError(
            f"camera {matches[0]} is on USB, and not the Pi's own; expected CAMERA_SOURCE=usb for "
            "it, or the number or id of another one in CAMERA_SENSOR"
        )
    return matches[0]


def find_shared_sensors(wanted: Mapping[str, str | None]) -> list[str]:
    """Return one error text for each sensor that several cameras use; `wanted` has the sensor's
    number or id by the camera's name. Raises as `import_picamera2` does."""
    connected = list_sensors()
    users: dict[Sensor, list[str]] = {}
    for name, sensor in wanted.items():
        with suppress(CameraGoneError):  # reported when it is opened
            users.setdefault(select_sensor(connected, sensor), []).append(name)
    return [
        f"CAMERA_SENSOR: {' and '.join(names)} are one camera, {sensor}; expected another one of "
        f"{'; '.join(map(str, connected))}"
        for sensor, names in users.items()
        if len(names) > 1
    ]


def _import_problem(error: Exception) -> str:
    start = (
        "CAMERA_SOURCE: 'picamera2' needs the Pi's camera library, which cannot be imported "
        f"({type(error).__name__}: {error}); "
    )
    if "numpy" in str(error).lower() or "_ARRAY_API" in str(error):
        return (
            f"{start}use Debian's numpy, for which it was built, and no other in the venv or in "
            "the home: /opt/pi-uploader/bin/pip uninstall numpy, or apt-get install --reinstall "
            "python3-numpy python3-simplejpeg"
        )
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is None or missing.split(".")[0] == "picamera2":
        hint = "" if missing else " (--reinstall if it is there)"
        return (
            f"{start}run apt-get install python3-picamera2{hint}, and use a venv with "
            "--system-site-packages"
        )
    return (
        f"{start}run apt-get install --reinstall python3-picamera2 python3-libcamera, for the "
        "same Python as the venv's"
    )


def _dotted(numbers: Sequence[int]) -> str:
    return ".".join(map(str, numbers))
