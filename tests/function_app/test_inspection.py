"""The bytes alone say what kind of photo they are, and whether they are all there."""

import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.inspection import inspect
from photo_wire.media import Media
from tests.support.pictures import box, dng, jpeg, jpeg_with_thumbnail, mp4

WHOLE = {
    "baseline": (jpeg(), Media.JPEG),
    "progressive": (jpeg(progressive=True), Media.JPEG),
    "restart markers": (jpeg(restart_marker_blocks=2), Media.JPEG),
    "thumbnail": (jpeg_with_thumbnail(), Media.JPEG),
    "intel": (dng(), Media.DNG),
    "motorola": (dng(order=">"), Media.DNG),
    "movie": (mp4(), Media.MP4),
}
PICTURES = [data for data, _ in WHOLE.values()]
FTYP = box(b"ftyp", b"isom\0\0\2\0")
MOOV = box(b"moov", box(b"trak", b""))


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_photo_is_known(kind: str) -> None:
    """Whichever way cameras write it."""
    data, media = WHOLE[kind]
    assert inspect(data) is media


def test_a_camera_s_own_size_is_known() -> None:
    """A picture as large as the first seed's."""
    assert inspect(jpeg(4608, 2592)) is Media.JPEG


@given(st.sampled_from(PICTURES), st.data())
def test_no_beginning_of_a_photo_is_one(data: bytes, draw: st.DataObject) -> None:
    """Wherever a transfer or a crash cuts it off."""
    length = draw.draw(st.integers(0, len(data) - 1))
    with pytest.raises((TruncatedError, NotAPhotoError)):
        inspect(data[:length])


@pytest.mark.parametrize("kind", WHOLE)
def test_a_photo_cut_in_half_is_called_cut_short(kind: str) -> None:
    """The sender learns that the rest is missing, not that this is no photo."""
    data, _ = WHOLE[kind]
    with pytest.raises(TruncatedError):
        inspect(data[: len(data) // 2])


@given(st.binary(max_size=2000))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    """A kind or a refusal; nothing else is ever raised."""
    try:
        inspect(data)
    except (TruncatedError, NotAPhotoError):
        return


@given(st.sampled_from(PICTURES), st.data())
def test_any_damaged_photo_gets_an_answer(data: bytes, draw: st.DataObject) -> None:
    """Also where a structure begins right and turns wrong further on."""
    damaged = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 8))):
        damaged[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        inspect(bytes(damaged))
    except (TruncatedError, NotAPhotoError):
        return


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"<!doctype html><title>Sign in</title>",
        b"GIF89a" + bytes(100),
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(100),
        bytes(40 << 20),
    ],
    ids=["nothing", "png", "html", "gif", "webp", "40 MB of zeros"],
)
def test_other_things_are_no_photos(data: bytes) -> None:
    """Whatever the client called them."""
    with pytest.raises(NotAPhotoError):
        inspect(data)


class TestJpeg:
    def test_bytes_behind_the_end_are_allowed(self) -> None:
        """Cameras append previews and notes."""
        assert inspect(jpeg() + b"behind the end \xff\xd8") is Media.JPEG

    @pytest.mark.parametrize(
        "junk", [b"\0", b"\xff\0", b"junk", b"\xff\xff\xff", b"\xff\0\xff\0ab"]
    )
    def test_what_is_no_marker_is_passed_over(self, junk: bytes) -> None:
        """Between any two segments, as every viewer does; and a cut is noticed all the same."""
        data = jpeg()
        for marker in (b"\xff\xdb", b"\xff\xc0", b"\xff\xc4", b"\xff\xda"):
            at = data.index(marker)
            odd = data[:at] + junk + data[at:]
            assert inspect(odd) is Media.JPEG
            with pytest.raises(TruncatedError):
                inspect(odd[:-1])

    @given(st.sampled_from([jpeg(), jpeg(progressive=True)]), st.data())
    def test_damage_inside_a_scan_is_passed_over(self, data: bytes, draw: st.DataObject) -> None:
        """Viewers show what is left; a cut is noticed all the same."""
        at = draw.draw(st.integers(data.rindex(b"\xff\xda") + 14, len(data) - 8))
        noise = draw.draw(
            st.binary(min_size=1, max_size=6).filter(lambda some: b"\xd9" not in some)
        )
        damaged = data[:at] + noise + data[at + len(noise) :]
        assert inspect(damaged) is Media.JPEG
        with pytest.raises(TruncatedError):
            inspect(damaged[:-1])

    def test_a_thumbnail_s_end_is_not_the_picture_s(self) -> None:
        """The end marker inside EXIF does not make a cut picture whole."""
        data = jpeg_with_thumbnail()
        inner_end = data.index(b"\xff\xd9") + 2
        assert inner_end < len(data)
        for length in (inner_end, len(data) - 1):
            with pytest.raises(TruncatedError):
                inspect(data[:length])

    @pytest.mark.parametrize(
        "data",
        [
            b"\xff\xd8\xff\xd9",
            b"\xff\xd8\xff\xe0\0\x04ab\xff\xd9",
            b"\xff\xd8\xff\xda\0\x02\xff\xd9",
            b"\xff\xd8\xff\xc0\0\x02\xff\xda\0\x02\xff\xd9",
            b"\xff\xd8\xff\xe0\0\0\xff\xd9",
            b"\xff\xd8\xff\xe0\0\x02ab\xff\xd9",
            b"\xff\xd8\xff\xff\xd8\xff\xd9",
        ],
        ids=["empty", "no scan", "no frame", "short frame", "no length", "no marker", "twice"],
    )
    def test_markers_alone_are_no_picture(self, data: bytes) -> None:
        """A frame header and a scan belong to it, in this order."""
        with pytest.raises(NotAPhotoError):
            inspect(data)

    @pytest.mark.parametrize(
        "filling", [b"\xff", b"\xff\xe1\0\2", b"\xff\xd0", b"\xff\0", b"\0"], ids=repr
    )
    def test_hostile_filling_is_refused(self, filling: bytes) -> None:
        """Millions of fill bytes, segments or markers; the suite's time limit is the proof."""
        head = jpeg()[: jpeg().index(b"\xff\xda") + 14]
        for begin in (b"\xff\xd8", head):
            with pytest.raises((NotAPhotoError, TruncatedError)):
                inspect(begin + filling * ((16 << 20) // len(filling)))


class TestDng:
    @staticmethod
    def with_tag(number: int, kind: int, count: int, value: int, parent: int = 8) -> bytes:
        """A DNG with one tag's entry rewritten."""
        data = bytearray(dng())
        (tags,) = struct.unpack_from("<H", data, parent)
        for entry in range(parent + 2, parent + 2 + 12 * tags, 12):
            if struct.unpack_from("<H", data, entry) == (number,):
                struct.pack_into("<HHII", data, entry, number, kind, count, value)
                return bytes(data)
        raise AssertionError(f"no tag {number}")

    def test_a_tiff_is_no_dng(self) -> None:
        """Without DNGVersion it is some scan or map."""
        data = dng().replace(struct.pack("<H", 50706), struct.pack("<H", 50000))
        with pytest.raises(NotAPhotoError, match="DNGVersion"):
            inspect(data)

    @pytest.mark.parametrize("parent", [8, 500], ids=["preview", "raw"])
    def test_strips_lie_inside_the_file(self, parent: int) -> None:
        """In the first directory and in its sub-directories."""
        with pytest.raises(TruncatedError):
            inspect(self.with_tag(273, 4, 1 if parent == 8 else 2, 2500, parent))

    @pytest.mark.parametrize("count", [0, 10_001, 2**31, 2**32 - 1])
    def test_giant_counts_are_refused(self, count: int) -> None:
        """Before any memory is taken for them."""
        with pytest.raises((NotAPhotoError, TruncatedError)):
            inspect(self.with_tag(279, 4, count, 400))

    def test_a_directory_that_contains_itself_ends(self) -> None:
        """Each directory is read once, so a loop is harmless; the picture is all there."""
        assert inspect(self.with_tag(330, 4, 1, 8)) is Media.DNG

    def test_many_directories_are_refused(self) -> None:
        """A photo has a few."""
        data = bytearray(self.with_tag(330, 4, 32, 1000).ljust(4000, b"\0"))
        struct.pack_into("<32I", data, 1000, *range(2000, 2032))
        with pytest.raises((NotAPhotoError, TruncatedError)):
            inspect(bytes(data))

    def test_values_of_an_odd_kind_are_refused(self) -> None:
        """Offsets are whole numbers of two or four bytes."""
        with pytest.raises(NotAPhotoError):
            inspect(self.with_tag(273, 12, 1, 400))

    @pytest.mark.parametrize("number", [271, 50708, 50721])
    def test_what_the_picture_does_not_need_may_be_missing(self, number: int) -> None:
        """The values of a maker's name or of a colour matrix, beyond the end of the file."""
        assert inspect(self.with_tag(number, 2, 5000, 2**31)) is Media.DNG

    @pytest.mark.parametrize("exif", ["empty", "dangling", "at the end", "too long"])
    def test_exif_is_not_looked_at(self, exif: str) -> None:
        """It holds no picture."""
        data = self.with_tag(50778, 4, 1, 0).replace(
            struct.pack("<HHI", 50778, 4, 1), struct.pack("<HHI", 34665, 4, 1)
        )
        at = len(data)
        entry = data.index(struct.pack("<HHI", 34665, 4, 1)) + 8
        where = 2**32 - 1 if exif == "dangling" else at
        behind = {"empty": bytes(6), "too long": b"\xff\xff"}.get(exif, b"")
        data = data[:entry] + struct.pack("<I", where) + data[entry + 4 :] + behind
        assert inspect(data) is Media.DNG

    def test_its_directory_may_come_last(self) -> None:
        """With nothing behind it, not even where the next one is."""
        data = bytearray(dng())
        (tags,) = struct.unpack_from("<H", data, 8)
        size = 2 + 12 * tags
        struct.pack_into("<I", data, 4, len(data))
        assert inspect(bytes(data + data[8 : 8 + size])) is Media.DNG
        with pytest.raises(TruncatedError):
            inspect(bytes(data + data[8 : 7 + size]))

    def test_a_dng_without_a_picture_is_refused(self) -> None:
        """Directories alone are no photo."""
        entry = struct.pack("<HHI4B", 50706, 1, 4, 1, 4, 0, 0)
        with pytest.raises(NotAPhotoError, match="without a picture"):
            inspect(b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4))


class TestMp4:
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
    def test_boxes_may_be_arranged_freely(self, data: bytes) -> None:
        """As recorders write them."""
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
    def test_a_movie_that_is_not_whole_is_cut_short(self, data: bytes) -> None:
        """A recording that was broken off has no description yet."""
        with pytest.raises(TruncatedError):
            inspect(data)

    @pytest.mark.parametrize("appended", [b"\n", bytes(4), bytes(9), b"behind", b"\xff\xff" * 500])
    def test_bytes_behind_a_whole_movie_are_allowed(self, appended: bytes) -> None:
        """Cameras pad their files, and servers append line ends."""
        for order in (MOOV + box(b"mdat", b"video"), box(b"mdat", b"video") + MOOV):
            assert inspect(FTYP + order + appended) is Media.MP4

    def test_all_boxes_are_counted_together(self) -> None:
        """A few hundred descriptions with a few hundred boxes each are an attack, too."""
        moov = box(b"moov", box(b"free", b"") * 9_000)
        with pytest.raises(NotAPhotoError, match="more boxes"):
            inspect(FTYP + moov * 300 + box(b"mdat", b"video"))

    @pytest.mark.parametrize("codec", ["libx264", "libx265"])
    @pytest.mark.parametrize("tag", ["hvc1", "hev1"])
    @pytest.mark.parametrize("flags", ["+faststart", "+frag_keyframe", "0"])
    def test_a_clip_s_codec_is_not_asked(
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
    def test_boxes_that_make_no_movie_are_refused(self, data: bytes) -> None:
        """Stills of other kinds, and attacks."""
        with pytest.raises(NotAPhotoError):
            inspect(data)
