"""What is made of the Pi camera's frames with its library's help: EXIF, small pictures, MP4s."""

import inspect
from io import BytesIO
from pathlib import Path
from typing import Any

from pi_uploader.cameras.camera import CaptureContext
from pi_uploader.cameras.deadline import in_time
from pi_uploader.cameras.exif import photo_tags
from pi_uploader.cameras.poster import WIDTH

DRAW = 5.0  # seconds to make a small picture; a Pi Zero takes less than one
EXPOSURE_TIME, ISO = 0x829A, 0x8827  # Exif tags


def mp4_output(file: Path) -> Any:
    """Return what writes an MP4, its description first where the library can (since 0.3.31)."""
    from picamera2.outputs import PyavOutput

    can = "options" in inspect.signature(PyavOutput).parameters
    return PyavOutput(
        str(file), format="mp4", **({"options": {"movflags": "+faststart"}} if can else {})
    )


def small_jpeg(request: Any) -> tuple[bytes, tuple[int, int]]:
    """The frame as a small JPEG, and its size. What draws it comes with the camera's library."""
    width, height = request.config["main"]["size"]
    size = WIDTH, round(height * WIDTH / width)
    small = BytesIO()

    def draw() -> None:
        request.make_image("main", *size).convert("RGB").save(small, "JPEG", quality=80)

    in_time(DRAW, "drawing", draw)
    return small.getvalue(), size


def exif_of(request: Any, occasion: CaptureContext) -> dict[int, Any]:
    """picamera2 takes these folders instead of its own, which hold the time of an unset clock."""
    found = request.get_metadata()
    gain = found.get("AnalogueGain", 1.0) * found.get("DigitalGain", 1.0)
    seen = {EXPOSURE_TIME: (found.get("ExposureTime", 0), 1_000_000), ISO: round(gain * 100)}
    return {**photo_tags(occasion.taken_at), **seen}
