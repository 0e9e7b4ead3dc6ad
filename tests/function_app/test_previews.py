"""The picture that a clip or a raw picture carries: found by a few short reads, whatever comes."""

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

from function_app.gallery.covers import MOST_BOXES, MOST_BYTES, cover
from function_app.gallery.photo_file import open_photo
from function_app.gallery.thumbnails import AT_ONCE, thumbnail
from function_app.receiving.inspection import inspect
from function_app.refused import RefusedError
from function_app.storage.records import Photo
from photo_wire.media import Media
from tests.function_app.api import MOMENT, name_of
from tests.pictures import box, jpeg, mp4

POSTER = jpeg(320, 180)
CLIP = mp4(cover=POSTER)


class Reads:
    """A store of one photo that notes what is asked for."""

    def __init__(self, content: bytes, media: Media) -> None:
        self.content: bytes | None = content
        self.photo = Photo(name_of("gate"), media, "", len(content), MOMENT)
        self.seen: list[tuple[int, int]] = []

    def read(self, photo: Photo, first: int, count: int) -> bytes | None:
        assert 0 <= first < first + count <= photo.size, "a store refuses a range beyond the end"
        self.seen.append((first, count))
        return self.content and self.content[first : first + count]

    def open(self) -> io.BufferedReader:
        return open_photo(self, self.photo, AT_ONCE)  # type: ignore[arg-type]


class TestAStoredPhotoAsAFile:
    @given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400))))
    def test_it_reads_like_any_file(self, content: bytes, reads: list[tuple[int, int]]) -> None:
        """Beyond its end there is nothing."""
        stored, plain = Reads(content, Media.DNG), io.BytesIO(content)
        with open_photo(stored, stored.photo, 16) as file:  # type: ignore[arg-type]
            for at, count in reads:
                assert file.seek(at) == plain.seek(at)
                assert file.read(count) == plain.read(count)
            assert file.seek(0, io.SEEK_END) == len(content)
            with pytest.raises(ValueError, match="before the beginning"):
                file.seek(-1 - len(content), io.SEEK_END)

    def test_a_photo_that_is_gone_is_told(self) -> None:
        """Not as a photo without a preview: that would be kept."""
        stored = Reads(CLIP, Media.MP4)
        stored.content = None
        with pytest.raises(RefusedError, match="are gone"):
            thumbnail(stored.open(), Media.MP4)


class TestCovers:
    def test_of_a_clip_little_is_read(self) -> None:
        """One read finds the poster in a file that begins with its description; if that comes
        last, two do."""
        film = box(b"mdat", bytes(9_000_000))
        head, moov, mdat = split(CLIP)
        for clip, most in ((head + moov + film, 1), (head + film + moov, 2)):
            stored = Reads(clip, Media.MP4)
            assert cover(stored.open()) == POSTER
            assert len(stored.seen) == most
        assert mdat[4:8] == b"mdat"

    @pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server")
    @pytest.mark.parametrize("flags", ["+faststart", "+frag_keyframe", "0"])
    def test_what_ffmpeg_attaches_is_found(self, tmp_path: Path, flags: str) -> None:
        """And a clip that carries it is taken in like any other."""
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

    def test_sizes_may_be_of_64_bits_or_up_to_the_end(self) -> None:
        """As the format allows on every level, and for the last box."""
        assert cover(io.BytesIO(nested(POSTER, wide))) == POSTER
        assert cover(io.BytesIO(nested(POSTER, open_ended))) == POSTER

    @given(st.binary(max_size=200))
    @example(box(b"moov", b"")[:-1] + b"\xff")
    def test_any_bytes_have_none(self, noise: bytes) -> None:
        assert thumbnail(io.BytesIO(noise), Media.MP4) == b""
        cover(io.BytesIO(CLIP[:32] + noise))  # whatever it is, it comes back

    @given(st.integers(0, len(CLIP)), st.binary(min_size=1, max_size=24))
    def test_a_damaged_clip_gives_one_or_none(self, at: int, noise: bytes) -> None:
        """Never an error, and never more than there is."""
        damaged = CLIP[:at] + noise + CLIP[at + len(noise) :]
        assert len(cover(io.BytesIO(damaged))) <= len(damaged)
        assert isinstance(thumbnail(io.BytesIO(damaged), Media.MP4), bytes)

    @given(st.integers(0, len(CLIP) - 505))
    def test_a_clip_that_is_cut_off_has_none(self, end: int) -> None:
        """Its boxes do not fill it."""
        assert cover(io.BytesIO(CLIP[: min(end, CLIP.index(POSTER) + len(POSTER) - 1)])) == b""

    def test_no_file_makes_it_read_on_and_on(self) -> None:
        """A million boxes, each of them far from the next, end it early."""
        far = struct.pack(">I4s", 1, b"free") + struct.pack(">Q", AT_ONCE * 2) + bytes(AT_ONCE * 2)
        stored = Reads(b"".join([far[: AT_ONCE * 2]] * (MOST_BOXES + 5)) + CLIP, Media.MP4)
        assert cover(stored.open()) == b""
        assert len(stored.seen) == MOST_BOXES
        assert cover(io.BytesIO(mp4(cover=bytes(MOST_BYTES + 1)))) == b""


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
