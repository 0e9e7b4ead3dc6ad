"""The cover of an MP4, and when it was recorded."""

import io
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from function_app.browse.thumbnails import CHUNK_SIZE
from function_app.media.inspection import inspect
from function_app.media.mp4 import (
    MAX_BOXES_BEFORE_COVER,
    MAX_COVER_BYTES,
    cover,
)
from photo_wire.media import Media
from tests.support.pictures import box, jpeg, mp4
from tests.support.thumbnails import RecordingBlobs, thumbnail, thumbnail_here

POSTER = jpeg(320, 180)
CLIP = mp4(cover=POSTER)


def split(clip: bytes) -> list[bytes]:
    """The boxes of a file."""
    boxes = []
    while clip:
        size = int.from_bytes(clip[:4], "big")
        boxes.append(clip[:size])
        clip = clip[size:]
    return boxes


def wide(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content


def open_ended(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 0, kind) + content


def nested(picture: bytes, made: Callable[[bytes, bytes], bytes]) -> bytes:
    """A clip of which every box is `made` in this way."""
    content = bytes(8) + picture
    for kind in (b"data", b"covr", b"ilst"):
        content = made(kind, content)
    content = made(b"meta", bytes(4) + content)
    for kind in (b"udta", b"moov"):
        content = made(kind, content)
    return box(b"ftyp", b"isom\0\0\2\0") + content


class TestCover:
    def test_little_of_a_clip_is_read(self) -> None:
        """One read finds the poster in a file that begins with its description; if that comes
        last, two do."""
        film = box(b"mdat", bytes(9_000_000))
        head, moov, mdat = split(CLIP)
        for clip, most in ((head + moov + film, 1), (head + film + moov, 2)):
            stored = RecordingBlobs(clip, Media.MP4)
            assert cover(stored.open()) == POSTER
            assert len(stored.reads) == most
        assert mdat[4:8] == b"mdat"

    @pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server")
    @pytest.mark.parametrize("flags", ["+faststart", "+frag_keyframe", "0"])
    def test_the_picture_that_ffmpeg_attaches_is_found(self, tmp_path: Path, flags: str) -> None:
        """And a clip with it is accepted."""
        (tmp_path / "poster.jpg").write_bytes(POSTER)
        clip = tmp_path / "clip.mp4"
        drawn = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=5:duration=1"]
        attached = ["-i", str(tmp_path / "poster.jpg"), "-map", "0", "-map", "1", "-c:v:1", "copy"]
        attached += ["-disposition:v:1", "attached_pic", "-movflags", flags]
        coded = ["-c:v:0", "libx264", "-pix_fmt", "yuv420p"]
        subprocess.run(
            ["ffmpeg", "-loglevel", "error", *drawn, *attached, *coded, clip], check=True
        )
        content = clip.read_bytes()
        assert inspect(content) is Media.MP4
        assert cover(io.BytesIO(content)) == POSTER
        small = Image.open(io.BytesIO(thumbnail(io.BytesIO(content), Media.MP4)))
        assert (small.format, small.size) == ("JPEG", (320, 180))

    def test_boxes_may_have_64_bit_sizes_or_extend_to_the_end(self) -> None:
        """As the format allows on every level, and for the last box."""
        assert cover(io.BytesIO(nested(POSTER, wide))) == POSTER
        assert cover(io.BytesIO(nested(POSTER, open_ended))) == POSTER

    def test_a_box_is_at_least_as_long_as_its_header(self) -> None:
        """After a shorter one nothing is found."""
        head, moov, _ = split(CLIP)
        for size in range(4, 8):
            short = struct.pack(">I", size) + bytes(size - 4)
            assert cover(io.BytesIO(head + short + moov)) == b""

    @given(st.binary(max_size=200))
    @example(box(b"moov", b"")[:-1] + b"\xff")
    def test_random_bytes_have_none(self, noise: bytes) -> None:
        assert thumbnail_here(noise, Media.MP4) == b""
        cover(io.BytesIO(CLIP[:32] + noise))  # whatever it is, it comes back

    @given(st.integers(0, len(CLIP)), st.binary(min_size=1, max_size=24))
    def test_a_damaged_clip_never_raises(self, at: int, noise: bytes) -> None:
        """And never returns more bytes than there are."""
        damaged = CLIP[:at] + noise + CLIP[at + len(noise) :]
        assert len(cover(io.BytesIO(damaged))) <= len(damaged)
        assert isinstance(thumbnail_here(damaged, Media.MP4), bytes)

    @given(st.integers(0, len(CLIP) - 505))
    def test_a_truncated_clip_has_none(self, end: int) -> None:
        """Its boxes do not fill the file."""
        assert cover(io.BytesIO(CLIP[: min(end, CLIP.index(POSTER) + len(POSTER) - 1)])) == b""

    def test_reading_is_bounded(self) -> None:
        """Boxes far apart end the search early; a huge cover is ignored."""
        far = (
            struct.pack(">I4s", 1, b"free")
            + struct.pack(">Q", CHUNK_SIZE * 2)
            + bytes(CHUNK_SIZE * 2)
        )
        stored = RecordingBlobs(
            b"".join([far[: CHUNK_SIZE * 2]] * (MAX_BOXES_BEFORE_COVER + 5)) + CLIP, Media.MP4
        )
        assert cover(stored.open()) == b""
        assert len(stored.reads) == MAX_BOXES_BEFORE_COVER
        assert cover(io.BytesIO(mp4(cover=bytes(MAX_COVER_BYTES + 1)))) == b""
