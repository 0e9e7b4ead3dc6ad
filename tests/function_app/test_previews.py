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

from function_app.browse.thumbnails import CHUNK_SIZE, open_photo
from function_app.media.dng import MAX_PREVIEW_DIRECTORIES, preview
from function_app.media.inspection import inspect
from function_app.media.mp4 import MAX_BOXES_BEFORE_COVER, MAX_COVER_BYTES, cover
from function_app.problems import HTTPProblemError
from function_app.storage.models import Photo, StorageUnavailableError
from photo_wire.media import Media
from pi_uploader.cameras.media.dng import add_preview
from tests.function_app.api import MOMENT, name_of
from tests.function_app.decoding import thumbnail, thumbnail_here
from tests.support.pictures import box, dng, jpeg, mp4, pi_dng

POSTER = jpeg(320, 180)
CLIP = mp4(cover=POSTER)


class Reads:
    """A store of one photo that notes what is asked for."""

    def __init__(self, content: bytes, media: Media) -> None:
        self.content: bytes | StorageUnavailableError | None = content
        self.photo = Photo(name_of("gate"), media, "", len(content), MOMENT)
        self.seen: list[tuple[int, int]] = []

    def read(self, photo: Photo, first: int, count: int) -> bytes | None:
        assert 0 <= first < first + count <= photo.size, "a store refuses a range beyond the end"
        self.seen.append((first, count))
        if isinstance(self.content, StorageUnavailableError):
            raise self.content
        return self.content and self.content[first : first + count]

    def open(self) -> io.BufferedReader:
        return open_photo(self, self.photo, CHUNK_SIZE)  # type: ignore[arg-type]


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

    @pytest.mark.parametrize("media", Media)
    @pytest.mark.parametrize("fate", [None, StorageUnavailableError("away")])
    def test_a_photo_that_cannot_be_read_is_told(
        self, media: Media, fate: StorageUnavailableError | None
    ) -> None:
        """Not as a photo without a preview: that would be kept."""
        stored = Reads(CLIP, media)
        stored.content = fate
        with pytest.raises(
            StorageUnavailableError if fate else HTTPProblemError, match=r"away|were deleted"
        ):
            thumbnail(stored.open(), media)


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

    def test_a_box_is_as_long_as_its_head_at_least(self) -> None:
        """What seems to come behind a shorter one is its content."""
        head, moov, _ = split(CLIP)
        for size in range(4, 8):
            short = struct.pack(">I", size) + bytes(size - 4)
            assert cover(io.BytesIO(head + short + moov)) == b""

    @given(st.binary(max_size=200))
    @example(box(b"moov", b"")[:-1] + b"\xff")
    def test_any_bytes_have_none(self, noise: bytes) -> None:
        assert thumbnail_here(noise, Media.MP4) == b""
        cover(io.BytesIO(CLIP[:32] + noise))  # whatever it is, it comes back

    @given(st.integers(0, len(CLIP)), st.binary(min_size=1, max_size=24))
    def test_a_damaged_clip_gives_one_or_none(self, at: int, noise: bytes) -> None:
        """Never an error, and never more than there is."""
        damaged = CLIP[:at] + noise + CLIP[at + len(noise) :]
        assert len(cover(io.BytesIO(damaged))) <= len(damaged)
        assert isinstance(thumbnail_here(damaged, Media.MP4), bytes)

    @given(st.integers(0, len(CLIP) - 505))
    def test_a_clip_that_is_cut_off_has_none(self, end: int) -> None:
        """Its boxes do not fill it."""
        assert cover(io.BytesIO(CLIP[: min(end, CLIP.index(POSTER) + len(POSTER) - 1)])) == b""

    def test_no_file_makes_it_read_on_and_on(self) -> None:
        """A million boxes, each of them far from the next, end it early."""
        far = (
            struct.pack(">I4s", 1, b"free")
            + struct.pack(">Q", CHUNK_SIZE * 2)
            + bytes(CHUNK_SIZE * 2)
        )
        stored = Reads(
            b"".join([far[: CHUNK_SIZE * 2]] * (MAX_BOXES_BEFORE_COVER + 5)) + CLIP, Media.MP4
        )
        assert cover(stored.open()) == b""
        assert len(stored.seen) == MAX_BOXES_BEFORE_COVER
        assert cover(io.BytesIO(mp4(cover=bytes(MAX_COVER_BYTES + 1)))) == b""


class TestPreviewsOfRawPictures:
    def test_of_a_raw_picture_little_is_read(self) -> None:
        """Its first directory, and the preview that the Pi puts behind millions of bytes."""
        whole = with_preview(pi_dng(1, (1200, 900)))
        stored = Reads(whole, Media.DNG)
        assert preview(stored.open()) == (POSTER, 1)
        assert [first for first, _ in stored.seen] == [0, len(pi_dng(1, (1200, 900)))]
        small = Image.open(io.BytesIO(thumbnail(stored.open(), Media.DNG)))
        assert (small.format, small.size) == ("JPEG", (320, 180))

    def test_a_raw_picture_without_one_has_none(self) -> None:
        """Compressed as a JPEG or not: the sensor's own picture is no preview."""
        assert preview(io.BytesIO(pi_dng())) == (b"", 1)
        assert thumbnail(io.BytesIO(pi_dng()), Media.DNG) == b""
        assert preview(io.BytesIO(tiff([{254: 0, 259: 7}]))) == (b"", 1)

    def test_a_first_picture_in_plain_colours_will_do(self) -> None:
        """Its bytes may be anywhere, so the whole photo is fetched, at once."""
        stored = Reads(dng(3, size=(1200, 900)), Media.DNG)
        small = Image.open(io.BytesIO(thumbnail(stored.open(), Media.DNG)))
        assert (small.format, small.size) == ("JPEG", (8, 6))
        assert len(stored.seen) <= 3

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("way", ["first", "within", "next"])
    def test_it_is_found_wherever_cameras_put_it(self, order: str, way: str) -> None:
        """In the first directory, in one within it, or in the next; and turned as the first one
        says."""
        first, small = {254: 0, 274: 6}, {254: 1, 259: 7}
        directories = [small | {274: 6}] if way == "first" else [first, small]
        raw = tiff(directories, order, is_within=way == "within")
        assert preview(io.BytesIO(raw)) == (POSTER, 6)
        assert Image.open(io.BytesIO(thumbnail(io.BytesIO(raw), Media.DNG))).size == (180, 320)

    @given(st.binary(max_size=200))
    def test_any_bytes_have_none(self, noise: bytes) -> None:
        assert thumbnail_here(noise, Media.DNG) == b""
        for mark in (b"II*\0", b"MM\0*"):
            assert thumbnail_here(mark + noise, Media.DNG) == b""

    @given(st.integers(0, 900), st.binary(min_size=1, max_size=24), st.booleans())
    def test_a_damaged_one_gives_one_or_none(self, at: int, noise: bytes, at_end: bool) -> None:
        """Never an error, and never more than there is."""
        at = len(PI_DNG) - len(POSTER) - 900 + at if at_end else at
        for damaged in (PI_DNG[:at], PI_DNG[:at] + noise + PI_DNG[at + len(noise) :]):
            assert len(preview(io.BytesIO(damaged))[0]) <= len(damaged)
            assert isinstance(thumbnail_here(damaged, Media.DNG), bytes)

    def test_no_file_makes_it_read_on_and_on(self) -> None:
        """Directories in a ring, thousands of them, far from each other; endless ones."""
        ring = b"II*\0" + struct.pack("<IHI", 8, 0, 8)
        assert preview(io.BytesIO(ring)) == (b"", 1)
        gap = 2 * CHUNK_SIZE
        chain = b"".join(
            struct.pack("<HI", 0, gap * (number + 1)).ljust(gap, b"\0") for number in range(1, 40)
        )
        stored = Reads((b"II*\0" + struct.pack("<I", gap)).ljust(gap, b"\0") + chain, Media.DNG)
        assert preview(stored.open()) == (b"", 1)
        assert len(stored.seen) <= MAX_PREVIEW_DIRECTORIES + 1
        full = b"II*\0" + struct.pack("<IH", 8, 65535) + bytes(65535 * 12 + 4)
        stored = Reads(full, Media.DNG)
        assert preview(stored.open()) == (b"", 1)
        assert len(stored.seen) == 1
        tags = [struct.pack("<HHII", 700 + n, 1, 9, n * gap % 5_000_000) for n in range(190)]
        scattered = b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(tags) + bytes(5_000_000)
        stored = Reads(scattered, Media.DNG)
        assert thumbnail(stored.open(), Media.DNG) == b""
        assert len(stored.seen) <= 3
        huge = tiff([{254: 1, 259: 7}]).replace(struct.pack("<I", len(POSTER)), b"\xff" * 4)
        assert preview(io.BytesIO(huge)) == (b"", 1)


def with_preview(raw: bytes) -> bytes:
    file = io.BytesIO(raw)
    add_preview(file, POSTER, (320, 180))
    return file.getvalue()


PI_DNG = with_preview(pi_dng())


def tiff(directories: list[dict[int, int]], order: str = "<", is_within: bool = False) -> bytes:
    """A TIFF of directories with these numbers; the JPEG is that of the last one."""
    at, parts = 8, []
    for number, tags in enumerate(directories, 1):
        is_last = number == len(directories)
        behind = at + 2 + 12 * (len(tags) + (2 if is_last else is_within)) + 4
        further = {273: behind, 279: len(POSTER)} if is_last else {330: behind} if is_within else {}
        entries = sorted((tags | further).items())
        parts.append(struct.pack(order + "H", len(entries)))
        parts += [struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in entries]
        parts.append(struct.pack(order + "I", 0 if is_last or is_within else behind))
        at = behind
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "I", 8) + b"".join(parts) + POSTER


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
