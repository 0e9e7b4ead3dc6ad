"""What several cameras of one device cannot share: pins, and the cameras themselves."""

import os

from pi_uploader.settings.camera import CameraSettings


def pins_used_twice(cameras: list[CameraSettings]) -> list[str]:
    users: dict[int, list[str]] = {}
    for camera in cameras:
        for pin in (camera.pir_pin, camera.pin):
            if pin is not None and camera.enabled:
                users.setdefault(pin, []).append(camera.name)
    return [
        f"pin {pin} is used twice, by {' and '.join(names)}; expected a pin for each"
        for pin, names in users.items()
        if len(names) > 1
    ]


def cameras_used_twice(cameras: list[CameraSettings]) -> list[str]:
    """Two tables of one camera: it serves one of them. A network camera serves several."""
    users: dict[tuple[str, str], list[str]] = {}
    for camera in cameras:
        which = {
            "picamera2": camera.sensor or "0",
            "usb": os.path.realpath(camera.device),
        }.get(camera.source)
        if which is not None and camera.enabled:
            users.setdefault((camera.source, which), []).append(camera.name)
    expected = {
        "picamera2": "a CAMERA_SENSOR (sensor in the config file) for each; pi-uploader doctor "
        "lists them",
        "usb": "a CAMERA_DEVICE (device in the config file) for each; v4l2-ctl --list-devices "
        "lists them",
    }
    return [
        f"the {source} camera {which} is used twice, by {' and '.join(names)}; expected "
        f"{expected[source]}"
        for (source, which), names in users.items()
        if len(names) > 1
    ]
