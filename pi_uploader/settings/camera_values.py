"""Parsers of a camera's settings. They raise ValueError as those of values.py do."""

import re
from pathlib import Path

from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.name import check_camera
from pi_uploader.motion.sensitivity import Sensitivity
from pi_uploader.settings.source import Source, credential
from pi_uploader.settings.values import duration, interval, number, one_of, path, url_of

MAX_CLIP_SECONDS = 60
MAX_BURST = 20  # photos
MAX_PHOTOS_AROUND = 2
MAX_PRE_ROLL_SECONDS = 5  # of other cameras, which send as much as they like
MAX_PRE_ROLL_SECONDS_OF_PI = 60  # of the Pi's own, whose bit rate is known; all of it is in memory
MAX_FOCUS = 15  # dioptres
MAX_PIN = 27  # BCM numbers of the 40-pin header
MAX_MOTION_SECONDS = 10
MAX_DETECTIONS = 600  # a minute
IN_CAMERA_SUFFIX = ".rpk"  # of a network that runs in the IMX500
MODEL_SUFFIXES = (".tflite", ".onnx", IN_CAMERA_SUFFIX)
NETWORK_OF_IMX500 = Path(
    "/usr/share/imx500-models/imx500_network_ssd_mobilenetv2_fpnlite_320x320_pp.rpk"
)
"""What CAMERA_DETECT=imx500 stands for; Debian's package imx500-models has it."""


def camera_name(text: str) -> str:
    """Return a camera's name, as the wire allows it."""
    try:
        return check_camera(text)
    except WireError:
        raise ValueError from None


def sensor(text: str) -> str:
    """Return a camera's number among those of the Pi, or its id."""
    if not re.fullmatch("[0-9]|/[!-~]+", text):
        raise ValueError
    return text


def rtsp_url(text: str) -> str:
    """Return the URL of a stream, without user and password."""
    url = url_of(text, "rtsp", "rtsps")
    if "@" in url.netloc:
        raise ValueError("has a user name in it; CAMERA_USER and CAMERA_PASSWORD take these")
    return url.scheme + text[len(url.scheme) :]


def redact_rtsp_url(text: str) -> str | None:
    """Return the URL if it holds no secret; None for others. Many hold a password."""
    return text if "@" not in text and "?" not in text else None


def camera_password(source: Source) -> str | None:
    """Return the systemd credential for the camera of this name, or for all cameras."""
    for name in (f"{source.camera}_password", "camera_password"):
        if secret := credential(source.environ, name):
            return secret
    return None


def fingerprint(text: str) -> str:
    """Return a certificate's SHA-256 as 64 lower-case hexadecimal digits, without colons."""
    digits = text.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise ValueError
    return digits


def device(text: str) -> str:
    """Return the path of a device."""
    if not text.startswith("/dev/"):
        raise ValueError
    return text


def media(text: str) -> Media:
    """Return the kind of photo."""
    kinds = {kind.name.lower(): kind for kind in Media}
    if text not in kinds:
        raise ValueError
    return kinds[text]


def clip_length(text: str) -> float:
    """Return the length of a clip in seconds."""
    seconds = duration(text)
    if not 1 <= seconds <= MAX_CLIP_SECONDS:
        raise ValueError
    return seconds


def pre_roll(text: str) -> float:
    """Return the seconds that a clip shows from before its trigger."""
    seconds = duration(text)
    if seconds > MAX_PRE_ROLL_SECONDS_OF_PI:
        raise ValueError
    return seconds


def size(text: str) -> tuple[int, int] | None:
    """Return width and height in pixels; None for `full`, all that the camera has."""
    if text == "full":
        return None
    match = re.fullmatch("([0-9]{2,5})x([0-9]{2,5})", text)
    if match is None:
        raise ValueError
    return int(match[1]), int(match[2])


def rotation(text: str) -> int:
    """Return degrees."""
    if text not in ("0", "180"):
        raise ValueError
    return int(text)


def focus(text: str) -> float | None:
    """Return dioptres; None for `auto`."""
    if text == "auto":
        return None
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})?", text) or float(text) > MAX_FOCUS:
        raise ValueError
    return float(text)


def exposure(text: str) -> float | None:
    """Return seconds; None for `auto`."""
    if text == "off":
        raise ValueError
    return None if text == "auto" else interval(text)


def pin(text: str) -> int | None:
    """Return the BCM number of a pin; None for `none`."""
    return None if text == "none" else number(text, MAX_PIN)


def burst(text: str) -> int:
    """Return the number of photos for a trigger."""
    return number(text, MAX_BURST, least=1)


def photos_around(text: str) -> int:
    """Return the number of photos before or after that of a trigger."""
    return number(text, MAX_PHOTOS_AROUND)


def sensitivity(text: str) -> Sensitivity | None:
    """Return how readily motion in the picture is reported; None for `off`."""
    return None if text == "off" else Sensitivity(one_of(*Sensitivity)(text))


def motion_duration(text: str) -> float:
    """Return the seconds for which something has to move."""
    seconds = duration(text)
    if seconds > MAX_MOTION_SECONDS:
        raise ValueError
    return seconds


def is_confirmed_by_picture(text: str) -> bool:
    """Return True for `picture`, False for `off`."""
    return one_of("off", "picture")(text) == "picture"


def is_kept_whole(text: str) -> bool:
    """Return True for `photo`, False for `stub`."""
    return one_of("stub", "photo")(text) == "photo"


def model(text: str) -> Path | None:
    """Return the file of a model; None for `off`."""
    if text in ("off", "imx500"):
        return None if text == "off" else NETWORK_OF_IMX500
    file = path(text)
    if file.suffix not in MODEL_SUFFIXES:
        raise ValueError
    return file


def model_labels(text: str) -> Path | None:
    """Return the file with the names of a model's classes; None for those of COCO."""
    return None if text == "coco" else path(text)


def model_size(text: str) -> tuple[int, int] | None:
    """Return width and height in pixels; None for `model`, its own."""
    if text == "model":
        return None
    match = re.fullmatch("([0-9]{2,4})x([0-9]{2,4})", text)
    if match is None:
        raise ValueError
    width, height = int(match[1]), int(match[2])
    if not all(32 <= side <= 2048 for side in (width, height)):
        raise ValueError("has a side outside of 32 to 2048 pixels")
    return width, height


def threshold(text: str) -> float:
    """Return how sure a model must be."""
    if not re.fullmatch(r"[01](\.[0-9]{1,4})?", text) or not 0.05 <= float(text) <= 1:
        raise ValueError
    return float(text)


def detections_per_minute(text: str) -> int:
    """Return how many photos a minute a model looks at."""
    return number(text, MAX_DETECTIONS, least=1)
