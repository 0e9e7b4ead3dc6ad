"""Which format a photo has, and whether it is complete. Nothing is decoded."""

from function_app.media import dng, dng_pictures, jpeg, mp4_check
from function_app.media.errors import NotAPhotoError
from photo_wire.media import Media

_SIGNATURES = (jpeg.START_OF_IMAGE, *dng.SIGNATURES)
_OTHER_FORMATS = {
    b"\x89PNG": "a PNG",
    b"GIF8": "a GIF",
    b"RIFF": "a WebP or an AVI",
    b"\x1f\x8b": "compressed with gzip",
    b"<": "a page or an XML",
    b"{": "JSON",
    b"/9j/": "a JPEG in base64",
    b"data:": "a data URL",
    b"\x1aE\xdf\xa3": "a Matroska or a WebM",
    b"FLV": "an FLV",
    b"BM": "a BMP",
    b"%PDF": "a PDF",
    b"\0\0\0\x0cjP  ": "a JPEG 2000",
    b"\0\0\0\x0cJXL ": "a JPEG XL",
    b"\xff\n": "a JPEG XL",
    b"PK\3\4": "a ZIP",
    b"\0\0\0\1Bud1": "a .DS_Store of macOS",
    b"\xd0\xcf\x11\xe0": "a Thumbs.db of Windows",
    b"II+\0": "a BigTIFF",
    b"MM\0+": "a BigTIFF",
}
_APPLE_DOUBLE = b"\0\5\x16\7"  # macOS stores a file's attributes in a second file, named "._FILE"


def begins_like_a_photo(data: bytes) -> bool:
    """Return whether the first bytes are the signature of one of the three formats."""
    return data.startswith(_SIGNATURES) or mp4_check.begins_like_a_clip(data)


def inspect(data: bytes) -> Media:
    """Return the format of a complete photo.

    Raises NotAPhotoError if `data` has none of the three formats, and TruncatedError if it begins
    like one of them and its end is missing.
    """
    if data.startswith(jpeg.START_OF_IMAGE):
        jpeg.check(data)
        return Media.JPEG
    if data.startswith(dng.SIGNATURES):
        dng_pictures.check(data)
        return Media.DNG
    if data.startswith(_APPLE_DOUBLE):
        raise NotAPhotoError(
            'is not a picture: macOS writes such files, named "._" and the name of another file, '
            "to keep attributes of that one"
        )
    if mp4_check.begins_like_a_clip(data):
        mp4_check.check(data)
        return Media.MP4
    for signature, name in _OTHER_FORMATS.items():
        if data.startswith(signature):
            raise NotAPhotoError(f"is {name}, and none of JPEG, DNG and MP4")
    raise NotAPhotoError("is none of JPEG, DNG and MP4")
