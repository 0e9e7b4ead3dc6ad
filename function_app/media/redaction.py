"""Remove from a photo where it was taken, and everything else that was written about it.

What the picture needs is kept, and the rest is not: a list of what to remove is never complete. The
picture stays as it is, bit for bit; nothing is encoded again.
"""

from function_app.media import dng, exif, jpeg, mp4_redaction
from function_app.media.errors import InvalidPhotoError, NotRedactableError
from photo_wire.media import Media


def redact(photo: bytes, media: Media) -> bytes:
    """Return the photo without its metadata, but for its orientation and its colours.

    A DNG and an MP4 keep their length: what is removed is overwritten. Raises NotRedactableError.
    """
    try:
        match media:
            case Media.JPEG:
                return jpeg.redact(photo, exif.orientation_segment(exif.orientation(photo)))
            case Media.DNG:
                return dng.redact(photo)
            case Media.MP4:
                return mp4_redaction.redact(photo)
    except InvalidPhotoError as error:
        raise NotRedactableError(str(error)) from None
