"""The network in an IMX500, the sensor of Raspberry Pi's AI Camera: what it returns with a frame.

It runs in the camera, which gets it when it is opened. Nothing of it is in the way of a photo: what
fails is logged, and the photo has no result.
"""

import logging
from pathlib import Path
from typing import Any

from pi_uploader.cameras.camera import NetworkResult

log = logging.getLogger("capture")


class CameraNetwork:
    """The network of this file (.rpk), in the camera with the id `sensor`. Make it before the
    camera is opened, since the camera is configured by it. Without such a camera, file or library
    there are no results."""

    def __init__(self, file: Path, sensor: str) -> None:
        self._device: Any = None
        self._classes: tuple[str, ...] | None = None
        self._logged = ""
        try:
            from picamera2.devices.imx500 import IMX500

            self._device = IMX500(str(file), sensor)
            self._classes = _classes_of(self._device.network_intrinsics)
        except Exception as error:  # noqa: BLE001  of files, ioctls and libraries that it needs
            self._log_once(f"{file} does not run in the camera", error)

    def result(self, metadata: dict[str, Any]) -> NetworkResult | None:
        """Return what the network returned with the frame of this metadata; None if nothing."""
        if self._device is None:
            return None
        try:
            outputs = self._device.get_outputs(metadata)
        except Exception as error:  # noqa: BLE001  what a firmware sends may be anything
            self._log_once("the network in the camera failed", error)
            return None
        return NetworkResult(tuple(outputs), self._classes) if outputs else None

    def _log_once(self, problem: str, error: Exception) -> None:
        text = f"{problem}: {type(error).__name__}: {error}"
        if text != self._logged:
            log.error("%s; photos get no labels", text)
        self._logged = text


def _classes_of(intrinsics: Any) -> tuple[str, ...] | None:
    """Return the names of the classes that the file of the network has; None if it has none."""
    names = intrinsics.labels if intrinsics else None
    if not names:
        return None
    if intrinsics.ignore_dash_labels:  # then the numbers leave out those without a name
        names = [name for name in names if name and name != "-"]
    return tuple(map(str, names))
