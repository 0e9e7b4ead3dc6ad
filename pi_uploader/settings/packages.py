"""The packages and programs that settings need, and how to install those that are missing.

A package is looked for, and not imported: that would take memory and time in each process.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from pi_uploader.settings.camera import CameraSettings
from pi_uploader.settings.capture import camera_sources
from pi_uploader.settings.source import Environment, Source, Variables, config_file, is_switched_on

RUNTIMES = {".onnx": "onnxruntime", ".tflite": "ai_edge_litert"}
"""The package that loads a model file, by its suffix."""
_DISTRIBUTIONS = {"PIL": "Pillow", "ai_edge_litert": "ai-edge-litert", "paho": "paho-mqtt"}
_MOTION = (
    "pip install '.[motion]' in Nightjar's folder (on a Pi sudo apt install python3-numpy), or set "
    "it to off"
)
_PICAMERA2 = "apt-get install python3-picamera2, and use a venv with --system-site-packages"
_SIMULATED = (
    "pip install '.[simulated]' in Nightjar's folder, or set CAMERA_REPLAY to a folder of pictures"
)
_PINS = "pip install gpiozero (on a Pi sudo apt install python3-gpiozero), or set it to none"


@dataclass(frozen=True)
class MissingPackage:
    """A package or program that is not installed. `camera` is the one whose `setting` needs it,
    None for the device's. The text is a sentence that says how to install it."""

    setting: str
    camera: str | None
    text: str

    def __str__(self) -> str:
        return self.text


def missing_packages(environ: Environment) -> list[MissingPackage]:
    """Return what the settings need and is not installed, also those beside which others are
    wrong; nothing if the config file cannot be read."""
    try:
        file = config_file(environ)
    except ValueError:
        return []
    found = []
    for source in camera_sources(environ, file):
        values, _ = CameraSettings.parse(source)
        if values.get("enabled"):
            name = str(values.get("name", source.camera))
            found += list(_of_camera(name, values, source.location))
    device: Source = file.device if file else Variables(environ)
    for setting, extra, packages in (
        ("CAMERA_SERVE", "serve", ("bottle", "waitress")),
        ("CAMERA_MQTT", "mqtt", ("paho",)),
    ):
        if is_switched_on(environ, setting) and (missing := _not_installed(packages)):
            text = f"{device.location(setting)}: needs {missing}; run {install_extra(extra)}"
            found.append(MissingPackage(setting, None, text))
    return found


def numpy_problem(setting: str, camera: str) -> str:
    """Return a line for a camera that looks for motion in its picture, while numpy is missing."""
    return f"{setting}: {camera} needs numpy, which is not installed; run {_MOTION}"


def install_extra(extra: str) -> str:
    """Return the commands that install an extra, and how to do without it."""
    return (
        f"pip install '.[{extra}]' in Nightjar's folder (on a Pi sudo systemd/install.sh "
        f"--{extra}), or set it to off"
    )


def _of_camera(
    name: str, values: Mapping[str, Any], location: Callable[[str], str]
) -> Iterator[MissingPackage]:
    for setting, packages, how in _needs(values):
        if missing := _not_installed(packages):
            text = f"{location(setting)}: {name} needs {missing}; run {how}"
            yield MissingPackage(setting, name, text)


def _needs(values: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], str]]:
    """Yield each setting of a camera that needs packages, these, and how to install them."""
    match values.get("source"):
        case "picamera2":
            yield "CAMERA_SOURCE", ("picamera2",), _PICAMERA2
        case "rtsp" | "usb":
            yield "CAMERA_SOURCE", ("ffmpeg",), "apt-get install ffmpeg"
        case "simulated" if not values.get("replay"):
            yield "CAMERA_SOURCE", ("PIL",), _SIMULATED
    for setting, field in (("PIR_PIN", "pir_pin"), ("CAMERA_PIN", "pin")):
        if values.get(field) is not None:
            yield setting, ("gpiozero",), _PINS
    for setting, field in (("CAMERA_MOTION", "motion"), ("CAMERA_CONFIRM", "confirms")):
        if values.get(field):
            yield setting, ("numpy",), _MOTION
    model = values.get("model")
    if model and model.suffix in RUNTIMES:
        packages = (RUNTIMES[model.suffix], "numpy", "PIL")
        yield "CAMERA_DETECT", packages, install_extra("detect")


def _not_installed(names: Sequence[str]) -> str:
    """Return which of these packages and programs are missing, as a part of a sentence; an empty
    text if none is."""
    missing = [_DISTRIBUTIONS.get(name, name) for name in names if not _is_installed(name)]
    if not missing:
        return ""
    *others, last = missing
    if others:
        return f"{', '.join(others)} and {last}, which are not installed"
    return f"{last}, which is not installed"


def _is_installed(name: str) -> bool:
    if name == "ffmpeg":
        return shutil.which(name) is not None
    try:
        return find_spec(name) is not None
    except ValueError:  # it is imported, and not by the usual way
        return True
