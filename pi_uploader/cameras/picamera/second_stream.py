"""The small frames of picamera2's second stream: planes of Y, U and V, the latter two of half the
width and height. Each line has `stride` bytes. Pillow, which picamera2 brings along, reads them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pi_uploader.motion.frame import FRAME_SIZE, Frame

if TYPE_CHECKING:
    from PIL import Image


def luma_of(content: bytes, stream: Any) -> "Image.Image":
    """Return a frame in grey."""
    from PIL import Image

    (width, height), stride = stream["size"], stream["stride"]
    luma = content[: stride * height]
    return Image.frombuffer("L", (width, height), luma, "raw", "L", stride, 1)


def picture_of(content: bytes, stream: Any) -> "Image.Image":
    """Return a frame in its colours."""
    from PIL import Image

    (width, height), stride = stream["size"], stream["stride"]
    half, end = (width // 2, height // 2), stride * height
    middle = end + stride // 2 * half[1]
    planes = [
        luma_of(content, stream),
        Image.frombuffer("L", half, content[end:middle], "raw", "L", stride // 2, 1),
        Image.frombuffer("L", half, content[middle:], "raw", "L", stride // 2, 1),
    ]
    return Image.merge("YCbCr", [one.resize((width, height)) for one in planes])


def frame_of(picture: "Image.Image", metadata: Mapping[str, Any]) -> Frame:
    """Return the frame in which motion is looked for, of a grey picture and what libcamera says of
    it. Its SensorTimestamp is of CLOCK_BOOTTIME; a Pi never sleeps, so that is the monotonic time.
    """
    import numpy as np
    from PIL import Image

    small = picture.resize(FRAME_SIZE, Image.Resampling.BOX)
    return Frame(np.asarray(small), metadata["SensorTimestamp"] / 1e9, gain_in(metadata))


def gain_in(metadata: Mapping[str, Any]) -> float:
    """Return how much the sensor, and the processor after it, amplified."""
    return float(metadata.get("AnalogueGain", 1.0) * metadata.get("DigitalGain", 1.0))
