"""A JPEG's preview: how it is drawn, and that no failure costs the photo."""

import os
from io import BytesIO

import pytest
from PIL import Image

from function_app.media.previews import find
from pi_uploader.cameras.media import preview
from pi_uploader.cameras.media.preview import (
    MAX_JPEG_PREVIEW_BYTES,
    draw_preview,
    or_none,
    with_preview,
)
from tests.support.pictures import jpeg, jpeg_with_exif


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4056, 3040), (480, 360)),
        ((3040, 4056), (360, 480)),
        ((1280, 720), (480, 270)),
        ((3000, 300), (480, 48)),
        ((320, 240), (320, 240)),
        ((7, 5), (7, 5)),
    ],
)
def test_a_preview_is_a_small_picture_of_the_photo(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    """Baseline, and without metadata. A smaller photo is not enlarged."""
    file = BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(file, "JPEG", comment=b"a comment")
    drawn = draw_preview(file.getvalue())
    small = Image.open(BytesIO(drawn))
    small.load()
    assert (small.format, small.size) == ("JPEG", expected)
    assert not small.info.get("progressive")
    assert set(small.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
def test_noise_does_not_make_a_preview_larger_than_its_limit(share: float) -> None:
    """As at night. If no quality suffices there is none."""
    grain = Image.frombytes("RGB", (480, 360), os.urandom(480 * 360 * 3))
    file = BytesIO()
    Image.blend(Image.new("RGB", grain.size), grain, share).save(file, "JPEG", quality=95)
    if share < 1:
        assert 0 < len(draw_preview(file.getvalue())) <= MAX_JPEG_PREVIEW_BYTES
        return
    with pytest.raises(ValueError, match="more than 30000 bytes"):
        draw_preview(file.getvalue())


def test_a_photo_with_a_preview_has_the_same_picture() -> None:
    """And the same metadata; the backend finds the preview."""
    photo = jpeg_with_exif({0x9003: "2026:11:20 14:01:34"}, first={0x010E: "gate, motion"})
    small = jpeg(480, 360, quality=50)
    whole = with_preview(photo, lambda: small)
    assert small in whole
    before, after = (Image.open(BytesIO(one)) for one in (photo, whole))
    assert before.tobytes() == after.tobytes()
    assert after.getexif()[0x010E] == "gate, motion"
    assert after.getexif().get_ifd(0x8769) == before.getexif().get_ifd(0x8769)
    found = find(whole)
    assert found
    assert whole[found.offset : found.offset + found.size] == small


@pytest.mark.parametrize(
    "photo", [b"", b"\xff\xd8", b"no picture", jpeg(), jpeg_with_exif({}), jpeg_with_exif({})[:30]]
)
def test_whatever_is_odd_about_a_photo_it_is_kept(photo: bytes) -> None:
    """A JPEG without EXIF, one that is cut, and bytes that are none."""
    small = jpeg(480, 360, quality=50)
    assert with_preview(photo, lambda: small).endswith(photo[-100:])
    assert with_preview(photo, lambda: b"") == photo


def test_a_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    preview._warn_once.cache_clear()

    def fail() -> bytes:
        raise MemoryError

    for _ in range(3):
        assert or_none(fail) is None
    assert caplog.text.count("goes without a small picture") == 1
