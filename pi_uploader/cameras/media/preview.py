"""Previews: the small pictures that photos and clips contain, for lists of them
(docs/decisions/0010-a-file-carries-its-preview.md).

A preview never costs a photo: if it cannot be made, the photo is stored without one.
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

from pi_uploader.cameras.camera import VIEW_WIDTH
from pi_uploader.cameras.media.exif import add_preview

if TYPE_CHECKING:
    from PIL import Image

PREVIEW_WIDTH = 480  # pixels, as of the gallery's thumbnails; of a photo's preview the longer side
MAX_JPEG_PREVIEW_BYTES = 30_000
VIEW_QUALITY = 75  # of a live picture's JPEG
_QUALITIES = (80, 60, 40)  # the noise of a night makes a preview large

Result = TypeVar("Result")
log = logging.getLogger("capture")


def with_preview(jpeg: bytes, draw: Callable[[], bytes]) -> bytes:
    """Return the JPEG with the preview that `draw` returns in its EXIF; if that fails, without."""
    return or_none(lambda: add_preview(jpeg, draw())) or jpeg


def draw_preview(jpeg: bytes) -> bytes:
    """Return a JPEG's preview: a small baseline JPEG without metadata, turned as the photo is.

    Needs Pillow, which picamera2 and the simulated camera bring along. It decodes a large photo at
    an eighth of its size, which takes little memory. Raises ValueError if the preview is too
    large, and whatever Pillow raises.
    """
    small = _shrink(jpeg, PREVIEW_WIDTH)
    for quality in _QUALITIES:
        file = BytesIO()
        small.save(file, "JPEG", quality=quality)
        if file.tell() <= MAX_JPEG_PREVIEW_BYTES:
            return file.getvalue()
    raise ValueError(f"the preview has more than {MAX_JPEG_PREVIEW_BYTES} bytes")


def draw_view(jpeg: bytes) -> bytes:
    """Return a JPEG's live picture: VIEW_WIDTH pixels on its longer side at most. Raises as
    `draw_preview` does, and ImportError without Pillow."""
    file = BytesIO()
    _shrink(jpeg, VIEW_WIDTH).save(file, "JPEG", quality=VIEW_QUALITY)
    return file.getvalue()


def _shrink(jpeg: bytes, width: int) -> "Image.Image":
    """Return a picture of `width` pixels on its longer side at most, without metadata."""
    from PIL import Image

    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as photo:
        scale = width / max(photo.size)
        photo.draft("RGB", (round(photo.width * scale), round(photo.height * scale)))
        small = photo.convert("RGB")
    # Bicubic, the default, would take twice the time.
    small.thumbnail((width, width), Image.Resampling.BILINEAR)
    small.info.clear()  # such as a comment, which Pillow would write again
    return small


def or_none(make_preview: Callable[[], Result]) -> Result | None:
    """Return what `make_preview` returns, or None if it fails: a photo without its preview or
    poster is better than none. Each distinct failure is logged once."""
    try:
        return make_preview()
    except Exception as error:  # noqa: BLE001  whatever it is, the photo is kept
        _warn_once(f"{type(error).__name__}: {error}")
        return None


@lru_cache(maxsize=100)
def _warn_once(cause: str) -> None:
    log.warning("a photo goes without a small picture of it: %s", cause)
