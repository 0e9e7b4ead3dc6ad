"""What kind of photo the bytes are, and whether they are all there. Nothing is decoded.

The bytes come from outside: whatever they are, the answer is a kind or a refusal, and soon.
"""

from function_app.media.inspection import dng, jpeg, mp4
from function_app.media.inspection.errors import CutShortError, NotAPhotoError
from photo_wire.media import Media

__all__ = ["CutShortError", "NotAPhotoError", "begins_like_a_photo", "inspect"]

_APPLE_DOUBLE = b"\0\5\x16\7"  # macOS's notes on a file, in one of the same name behind "._"


def begins_like_a_photo(data: bytes) -> bool:
    """Whether the first bytes are those of one of the three kinds."""
    signatures = (jpeg.SIGNATURE, *dng.SIGNATURES)
    return data.startswith(signatures) or data[4:8] == mp4.FIRST_BOX


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
    if data.startswith(_APPLE_DOUBLE):
        raise NotAPhotoError('is what macOS notes about a file, in one named "._", and no picture')
    raise NotAPhotoError("is none of JPEG, DNG and MP4")
