"""The check of an MP4, and its cover."""

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
from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.inspection import inspect
from function_app.media.mp4 import MAX_BOXES_BEFORE_COVER, MAX_COVER_BYTES, cover
from photo_wire.media import Media
from tests.support.pictures import box, jpeg, mp4
from tests.support.thumbnails import RecordingBlobs, thumbnail, thumbnail_here

FTYP = box(b"ftyp", b"isom\0\0\2\0")


MOOV = box(b"moov", box(b"trak", b""))


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


class TestCheck:
    @pytest.mark.parametrize(
        "data",
        [
            FTYP + box(b"mdat", b"video") + MOOV,
            FTYP + MOOV + struct.pack(">I4s", 0, b"mdat") + b"up to the end",
            FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 21) + b"video",
            FTYP + box(b"moov", b"") + box(b"moof", b"") + box(b"mdat", b"video"),
        ],
        ids=["description last", "size 0", "long size", "fragments"],
    )
    def test_boxes_may_be_in_any_order(self, data: bytes) -> None:
        """In the orders that recorders write."""
        assert inspect(data) is Media.MP4

    @pytest.mark.parametrize(
        "data",
        [
            FTYP,
            FTYP + MOOV,
            FTYP + box(b"mdat", b"video"),
            FTYP + box(b"moov", b"") + box(b"mdat", b"video"),
            FTYP + MOOV + struct.pack(">I4s", 2**32 - 1, b"mdat") + b"video",
            FTYP + MOOV + struct.pack(">I4sQ", 1, b"mdat", 2**63) + b"video",
            FTYP + MOOV + box(b"mdat", b"video") + box(b"moof", b"description")[:-1],
            FTYP + MOOV + box(b"mdat", b"video") + box(b"free", b"room")[:6],
        ],
        ids=[
            "type",
            "no data",
            "no description",
            "no track",
            "beyond",
            "far beyond",
            "rest",
            "head",
        ],
    )
    def test_an_incomplete_movie_is_truncated(self, data: bytes) -> None:
        """A recording that was interrupted has no description yet."""
        with pytest.raises(TruncatedError):
            inspect(data)

    @pytest.mark.parametrize(
        "first", [b"", *(box(kind, bytes(8)) for kind in (b"free", b"skip", b"wide", b"styp"))]
    )
    def test_the_brand_may_be_missing_or_come_later(self, first: bytes) -> None:
        """Players play both. A picture in the same boxes is none the less rejected."""
        for order in (MOOV + box(b"mdat", b"video"), box(b"mdat", b"video") + MOOV):
            assert inspect(first + order) is Media.MP4
            assert inspect(first + FTYP + order) is Media.MP4
            with pytest.raises(NotAPhotoError):
                inspect(first + box(b"ftyp", b"heic\0\0\0\0mif1") + order)
            with pytest.raises(TruncatedError):
                inspect((first + order)[:-1])

    @pytest.mark.parametrize("appended", [b"\n", bytes(4), bytes(9), b"behind", b"\xff\xff" * 500])
    def test_bytes_after_a_whole_movie_are_allowed(self, appended: bytes) -> None:
        """Cameras pad their files, and servers append line ends."""
        for order in (MOOV + box(b"mdat", b"video"), box(b"mdat", b"video") + MOOV):
            assert inspect(FTYP + order + appended) is Media.MP4

    @pytest.mark.parametrize("kind", [b"pnot", b"uuid", b"prft", b"sidx", b"thum", b"\0\0\0\0"])
    def test_a_clip_may_begin_with_any_boxes(self, kind: bytes) -> None:
        """A preview of QuickTime's, a maker's own. A clip that is cut is recognized, too."""
        first = box(kind, bytes(20)) + box(b"PICT", bytes(20))
        for more in (FTYP, b""):
            for order in (MOOV + box(b"mdat", b"video"), box(b"mdat", b"video") + MOOV):
                clip = first + more + order
                assert inspect(clip) is Media.MP4
                for end in range(len(first) + 8, len(clip)):
                    with pytest.raises(TruncatedError):
                        inspect(clip[:end])

    def test_a_description_may_be_compressed(self) -> None:
        """As QuickTime wrote it."""
        assert inspect(FTYP + box(b"mdat", b"a") + box(b"moov", box(b"cmov", b""))) is Media.MP4

    @pytest.mark.parametrize("text", [b"moremdat", b"mfmsmfm", b"    free", b"\r\n\r\nmo"])
    def test_text_after_a_movie_is_no_box(self, text: bytes) -> None:
        """Whatever it says: as the length of a box, four of its bytes are too much."""
        assert inspect(FTYP + MOOV + box(b"mdat", b"video") + text) is Media.MP4

    @pytest.mark.parametrize("brand", [b"hevc", b"jp2 ", b"jxl "])
    def test_a_still_picture_is_named(self, brand: bytes) -> None:
        first = box(b"JXL ", b"\r\n\x87\n") if brand == b"jxl " else b""
        with pytest.raises(NotAPhotoError, match="still picture"):
            inspect(first + box(b"ftyp", brand + bytes(4)) + box(b"meta", bytes(40)))

    def test_all_boxes_are_counted_together(self) -> None:
        """A few hundred descriptions of a few hundred boxes each are an attack as well."""
        moov = box(b"moov", box(b"free", b"") * 9_000)
        with pytest.raises(NotAPhotoError, match="more boxes"):
            inspect(FTYP + moov * 300 + box(b"mdat", b"video"))

    @pytest.mark.parametrize("codec", ["libx264", "libx265"])
    @pytest.mark.parametrize("tag", ["hvc1", "hev1"])
    @pytest.mark.parametrize("flags", ["+faststart", "+frag_keyframe", "0"])
    def test_every_codec_is_accepted(
        self, tmp_path: Path, codec: str, tag: str, flags: str
    ) -> None:
        """H.264 and H.265, under either name that ffmpeg gives to the second."""
        clip = tmp_path / "clip.mp4"
        drawn = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=5:duration=1"]
        coded = ["-c:v", codec, "-pix_fmt", "yuv420p", "-movflags", flags]
        coded += ["-tag:v", tag] if codec == "libx265" else []
        command = ["ffmpeg", "-loglevel", "error", *drawn, *coded, str(clip)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        assert inspect(clip.read_bytes()) is Media.MP4

    @pytest.mark.parametrize(
        "data",
        [
            box(b"ftyp", b"heic\0\0\0\0mif1") + MOOV + box(b"mdat", b"picture"),
            box(b"ftyp", b"iso") + MOOV + box(b"mdat", b"video"),
            FTYP + struct.pack(">I4s", 7, b"free"),
            FTYP + struct.pack(">I4sQ", 1, b"free", 15),
            FTYP + box(b"free", b"") * 2_000_000,
        ],
        ids=["heic", "short type", "short box", "short long box", "many boxes"],
    )
    def test_boxes_that_are_no_movie_are_rejected(self, data: bytes) -> None:
        """Still pictures, and attacks."""
        with pytest.raises(NotAPhotoError):
            inspect(data)


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
