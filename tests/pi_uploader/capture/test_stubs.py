"""Stubs: small, and made of what each kind of photo contains."""

import sys
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.cameras.media.dng import add_preview
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.mp4 import add_poster
from pi_uploader.cameras.media.preview import with_preview
from pi_uploader.capture.stubs import MAX_BYTES, make_stub, preview_of
from tests.support.pictures import jpeg, mp4, pi_dng

CONTEXT = CaptureContext("gate", Trigger.MOTION, datetime(2026, 11, 20, 18, 1, 34, tzinfo=UTC))
PREVIEW = jpeg(480, 270)


def noisy_preview() -> bytes:
    """A preview of the size that the noise of a night makes it."""
    noise = np.random.default_rng(17).normal(60, 14, (270, 480)).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(noise).save(file, "JPEG", quality=80)
    return file.getvalue()


def raw_with_preview() -> bytes:
    file = BytesIO(pi_dng(1))
    add_preview(file, PREVIEW, (480, 270))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "media", "preview"),
    [
        (with_preview(with_exif(jpeg(), CONTEXT), lambda: PREVIEW), Media.JPEG, PREVIEW),
        (raw_with_preview(), Media.DNG, PREVIEW),
        (add_poster(mp4(), PREVIEW), Media.MP4, PREVIEW),
        (jpeg(), Media.JPEG, None),
        (pi_dng(1), Media.DNG, None),
        (mp4(), Media.MP4, None),
        (b"damaged", Media.MP4, None),
    ],
)
def test_the_preview_is_found_in_each_kind_of_photo(
    content: bytes, media: Media, preview: bytes | None
) -> None:
    assert preview_of(Shot(content, media)) == preview


def test_a_stub_is_the_preview_with_time_and_trigger() -> None:
    with Image.open(BytesIO(make_stub(PREVIEW, CONTEXT))) as stub:
        stub.load()
        assert stub.size == (480, 270)
        exif = stub.getexif()
    assert (exif[0x010E], exif[0x0132]) == ("gate, motion", "2026:11:20 18:01:34")


def test_the_stub_of_a_noisy_picture_is_drawn_smaller() -> None:
    preview = noisy_preview()
    assert len(preview) > 2 * MAX_BYTES
    stub = make_stub(preview, CONTEXT)
    assert len(stub) < MAX_BYTES + 500  # of EXIF
    with Image.open(BytesIO(stub)) as shown:
        assert shown.size == (480, 270)


def test_without_pillow_the_preview_is_the_stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a device with a network camera alone."""
    preview = noisy_preview()
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert make_stub(preview, CONTEXT).endswith(preview[2:])  # after the EXIF
