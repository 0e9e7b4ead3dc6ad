"""A photo without the place where it was taken, and without all else that was written about it.

What the picture needs is kept, and the rest is not: a list of what to leave out is never complete.
The picture stays as it is, bit for bit; nothing is encoded anew.
"""

import struct
from collections.abc import Callable

from function_app.media.dng_metadata import picture_of_dng
from function_app.media.jpeg import MalformedError, TruncatedError
from function_app.media.jpeg_metadata import without_metadata
from function_app.media.limits import NotRedactableError
from function_app.media.mp4_metadata import picture_of_mp4
from photo_wire.media import Media

__all__ = ["NotRedactableError", "redacted"]


def redacted(photo: bytes, media: Media) -> bytes:
    """Return the photo without its metadata, but for its orientation and its colours.

    A DNG and an MP4 keep their length: what is left out is overwritten. What a track that is
    neither picture nor sound recorded stays in the clip's data, where no player finds it. Raises
    NotRedactableError.
    """
    ways: dict[Media, Callable[[bytes], bytes]] = {
        Media.JPEG: without_metadata,
        Media.DNG: picture_of_dng,
        Media.MP4: picture_of_mp4,
    }
    try:
        return ways[media](photo)
    except (MalformedError, TruncatedError, struct.error) as error:
        raise NotRedactableError(str(error)) from None
