"""A JPEG from its first marker to its last (ITU-T T.81, annex B)."""

from function_app.media.inspection.errors import CutShortError, NotAPhotoError
from function_app.media.jpeg import (
    FRAMES,
    SOS,
    MalformedError,
    Segment,
    TruncatedError,
    header,
)

SIGNATURE = b"\xff\xd8\xff"

_END_OF_IMAGE = b"\xff\xd9"
_MIN_FRAME = 9  # bytes: precision, height, width, and one component of three


def check(data: bytes) -> None:
    """Return if `data` holds a frame header, a scan and the end of the image, in this order.

    Segments before the scan are skipped by their length, so that the end of a thumbnail inside EXIF
    does not count. Behind it the end of the image is searched for: compressed data hold none
    (B.1.1.5), and where they are damaged, viewers show what is left. Bytes after the end are
    allowed: cameras append to it. Raises NotAPhotoError and CutShortError.
    """
    try:
        scan = _first_scan(data)
    except MalformedError as error:
        raise NotAPhotoError(str(error)) from None
    except TruncatedError as error:
        raise CutShortError(str(error)) from None
    if data.find(_END_OF_IMAGE, scan.end) < 0:
        raise CutShortError("is a JPEG that ends before its picture does")


def _first_scan(data: bytes) -> Segment:
    has_frame = False
    for segment in header(data):
        if segment.marker in FRAMES:
            if segment.end - segment.content < _MIN_FRAME:
                raise MalformedError("is not a JPEG: its frame header is too short")
            has_frame = True
        if segment.marker == SOS:
            if not has_frame:
                raise MalformedError("is not a JPEG: a scan comes before the frame header")
            return segment
    raise TruncatedError("is a JPEG that ends before its picture does")
