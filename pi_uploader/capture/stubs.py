"""Stubs: what is kept of a photo without motion, so that a person can see that nothing was there.

A stub is the preview that each photo has, made smaller if Pillow is installed."""

from collections.abc import Callable
from io import BytesIO

from photo_wire.media import Media
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.cameras.media import dng, mp4
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.jpeg_preview import preview_in

MAX_BYTES = 12_000  # about; what is larger is drawn again
_QUALITIES = (60, 40, 25)
_PREVIEWS: dict[Media, Callable[[bytes], bytes | None]] = {
    Media.JPEG: preview_in,
    Media.DNG: dng.preview_in,
    Media.MP4: mp4.poster_in,
}


def preview_of(shot: Shot) -> bytes | None:
    """Return the small JPEG that a photo or a clip contains; None if it has none."""
    return _PREVIEWS[shot.media](shot.content)


def make_stub(preview: bytes, context: CaptureContext) -> bytes:
    """Return the stub of a photo with this preview: a JPEG that says when and why the photo was
    taken."""
    return with_exif(_smaller(preview), context)


def _smaller(preview: bytes) -> bytes:
    if len(preview) <= MAX_BYTES:
        return preview
    try:
        from PIL import Image
    except ImportError:
        return preview
    with Image.open(BytesIO(preview), formats=["JPEG"]) as picture:
        for quality in _QUALITIES:
            file = BytesIO()
            picture.save(file, "JPEG", quality=quality)
            if file.tell() <= MAX_BYTES:
                break
    return file.getvalue()
