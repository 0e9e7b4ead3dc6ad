"""EXIF: what is not a JPEG stays as it is."""

from datetime import UTC, datetime

from photo_wire.headers import Trigger
from pi_uploader.cameras import CaptureContext
from pi_uploader.cameras.media.exif import with_exif

MOMENT = datetime(2026, 11, 20, 18, 1, 34, 567000, UTC)
CONTEXT = CaptureContext("garden", Trigger.MOTION, MOMENT)


def test_what_is_not_a_jpeg_stays_unchanged() -> None:
    assert with_exif(b"\x00\x01", CONTEXT) == b"\x00\x01"
