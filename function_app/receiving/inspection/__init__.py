"""What kind of photo the bytes are, and whether they are all there. Nothing is decoded.

The bytes come from outside: whatever they are, the answer is a kind or a refusal, and soon.
"""

from function_app.receiving.inspection import dng, jpeg, mp4
from function_app.receiving.inspection.verdict import CutShortError, NotAPhotoError
from photo_wire.media import Media

__all__ = ["CutShortError", "NotAPhotoError", "inspect"]


def inspect(data: bytes) -> Media:
    """The kind of photo that `data` is.

    Raises NotAPhotoError if it is none of the three, and CutShortError if it begins like one of
    them and its end is missing.
    """
    if data.startswith(jpeg.SIGNATURE):
        jpeg.check(data)
        return Media.JPEG
    if data.startswith(dng.SIGNATURES):
        dng.check(data)
        return Media.DNG
    if data[4:8] == mp4.FIRST_BOX:
        mp4.check(data)
        return Media.MP4
    raise NotAPhotoError("is none of JPEG, DNG and MP4")
