"""The preview inside a JPEG, and files that only look like one."""

from pathlib import Path

import pytest

from pi_uploader.cameras.media.exif import add_preview
from pi_uploader.cameras.media.preview import draw_preview, with_preview
from pi_uploader.serve.thumbnail import preview_of
from tests.support.pictures import jpeg, jpeg_with_exif


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A JPEG with EXIF, and without a preview."""
    (tmp_path / "photo.jpg").write_bytes(jpeg_with_exif({0x9003: "2026:11:20 12:01:34"}, seed=3))
    return tmp_path / "photo.jpg"


def test_the_preview_that_capture_wrote(photo: Path) -> None:
    content = photo.read_bytes()
    preview = draw_preview(content)
    photo.write_bytes(with_preview(content, lambda: preview))
    assert preview_of(photo) == preview
    photo.write_bytes(add_preview(content, preview) + b"more")
    assert preview_of(photo) == preview


def test_a_photo_without_one(photo: Path) -> None:
    assert preview_of(photo) is None
    photo.write_bytes(jpeg(seed=3))  # without EXIF
    assert preview_of(photo) is None


def test_no_damage_raises(photo: Path) -> None:
    """Every byte of the head cut off or changed."""
    content = with_preview(photo.read_bytes(), lambda: draw_preview(jpeg(seed=3)))
    assert photo.read_bytes() != content
    for at in range(300):
        photo.write_bytes(content[:at])
        assert preview_of(photo) is None
        photo.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        preview_of(photo)


def test_a_file_that_is_gone(photo: Path) -> None:
    photo.unlink()
    with pytest.raises(OSError, match="No such file"):
        preview_of(photo)
