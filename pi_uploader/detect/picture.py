"""From a photo to the pixels that a model gets."""

import math
from io import BytesIO
from typing import TYPE_CHECKING

from photo_wire.media import Media
from photo_wire.motion import Box
from pi_uploader.cameras.media import dng, mp4
from pi_uploader.detect.errors import ModelError

if TYPE_CHECKING:
    from PIL import Image

BORDER = (114, 114, 114)  # what YOLO was trained with around a picture of another shape
AROUND_MOTION = 1.5  # how much wider than the box of the motion the part is that is looked at
MIN_PART = 0.3  # of the picture's height, of the part that is looked at


def draw(content: bytes, media: Media, box: Box | None, size: tuple[int, int]) -> "Image.Image":
    """Return the picture of a photo, in RGB and scaled to `size` (width, height), with a grey
    border where its shape is another one. Of a photo with motion in a `box`, it is the part around
    that: a small thing far away is large enough for the model there.

    Raises ModelError if the photo contains no picture, and whatever Pillow raises for a damaged
    one.
    """
    from PIL import Image, ImageOps

    jpeg = _jpeg_in(content, media)
    if jpeg is None:
        raise ModelError(f"this {media.name} contains no picture to look at")
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as picture:
        left, top, right, bottom = _part(box, picture.size, size) if box else (0, 0, *picture.size)
        scale = min(size[0] / (right - left), size[1] / (bottom - top))
        if scale < 1:  # the decoder itself halves it, which takes less memory and time
            whole = picture.size
            picture.draft("RGB", (max(1, int(whole[0] * scale)), max(1, int(whole[1] * scale))))
            across, down = picture.size[0] / whole[0], picture.size[1] / whole[1]
            left, right, top, bottom = left * across, right * across, top * down, bottom * down
        outside = (int(left), int(top), math.ceil(right), math.ceil(bottom))
        part = picture.convert("RGB").crop(outside)
    return ImageOps.pad(part, size, Image.Resampling.BILINEAR, BORDER)


def _jpeg_in(content: bytes, media: Media) -> bytes | None:
    """Return the JPEG of a photo: itself, a raw picture's preview or a clip's poster."""
    if media is Media.DNG:
        return dng.preview_in(content)
    return mp4.poster_in(content) if media is Media.MP4 else content


def _part(
    box: Box, picture: tuple[int, int], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the part around a box, in pixels of the picture and
    within it, as far as possible in the shape of `size`."""
    width, height = picture
    tall = max(box.height * height * AROUND_MOTION, MIN_PART * height)
    wide = box.width * width * AROUND_MOTION
    shape = size[0] / size[1]
    wide, tall = min(width, max(wide, tall * shape)), min(height, max(tall, wide / shape))
    left = min(max(0.0, (box.left + box.width / 2) * width - wide / 2), width - wide)
    top = min(max(0.0, (box.top + box.height / 2) * height - tall / 2), height - tall)
    return left, top, left + wide, top + tall
