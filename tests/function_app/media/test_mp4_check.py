"""The check of an MP4: whether it is a whole movie."""

import struct
import subprocess
from pathlib import Path

import pytest

from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.inspection import inspect
from function_app.media.mp4_samples import PlayedSamples
from function_app.media.redaction import redact
from photo_wire.media import Media
from tests.support.pictures import box

FTYP = box(b"ftyp", b"isom\0\0\2\0")
MOOV = box(b"moov", box(b"trak", b""))


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
def test_boxes_may_be_in_any_order(data: bytes) -> None:
    """In the orders that recorders write."""
    assert inspect(data) is Media.MP4


@pytest.mark.parametrize(
    "data",
    [
        FTYP,
        FTYP + MOOV,
        FTYP + box(b"mdat", b"video"),
        FTYP + box(b"moov", b"") + box(b"mdat", b"video"),
        box(b"styp", b"msdh\0\0\0\0") + box(b"moof", b"") + box(b"mdat", b"video"),
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
        "fragments alone",
        "beyond",
        "far beyond",
        "rest",
        "head",
    ],
)
def test_an_incomplete_movie_is_truncated(data: bytes) -> None:
    """A recording that was interrupted has no description yet."""
    with pytest.raises(TruncatedError):
        inspect(data)


@pytest.mark.parametrize(
    "first", [b"", *(box(kind, bytes(8)) for kind in (b"free", b"skip", b"wide", b"styp"))]
)
def test_the_brand_may_be_missing_or_come_later(first: bytes) -> None:
    """Players play both. A picture in the same boxes is none the less rejected."""
    for order in (MOOV + box(b"mdat", b"video"), box(b"mdat", b"video") + MOOV):
        assert inspect(first + order) is Media.MP4
        assert inspect(first + FTYP + order) is Media.MP4
        with pytest.raises(NotAPhotoError):
            inspect(first + box(b"ftyp", b"heic\0\0\0\0mif1") + order)
        with pytest.raises(TruncatedError):
            inspect((first + order)[:-1])


@pytest.mark.parametrize("appended", [b"\n", bytes(4), bytes(9), b"behind", b"\xff\xff" * 500])
def test_bytes_after_a_whole_movie_are_allowed(appended: bytes) -> None:
    """Cameras pad their files, and servers append line ends."""
    for order in (MOOV + box(b"mdat", b"video"), box(b"mdat", b"video") + MOOV):
        assert inspect(FTYP + order + appended) is Media.MP4


@pytest.mark.parametrize("kind", [b"pnot", b"uuid", b"prft", b"sidx", b"thum", b"\0\0\0\0"])
def test_a_clip_may_begin_with_any_boxes(kind: bytes) -> None:
    """A preview of QuickTime's, a maker's own. A clip that is cut is recognized, too."""
    first = box(kind, bytes(20)) + box(b"PICT", bytes(20))
    for more in (FTYP, b""):
        for order in (MOOV + box(b"mdat", b"video"), box(b"mdat", b"video") + MOOV):
            clip = first + more + order
            assert inspect(clip) is Media.MP4
            for end in range(len(first) + 8, len(clip)):
                with pytest.raises(TruncatedError):
                    inspect(clip[:end])


def test_a_description_may_be_compressed() -> None:
    """As QuickTime wrote it."""
    assert inspect(FTYP + box(b"mdat", b"a") + box(b"moov", box(b"cmov", b""))) is Media.MP4


@pytest.mark.parametrize("text", [b"moremdat", b"mfmsmfm", b"    free", b"\r\n\r\nmo"])
def test_text_after_a_movie_is_no_box(text: bytes) -> None:
    """Whatever it says: as the length of a box, four of its bytes are too much."""
    assert inspect(FTYP + MOOV + box(b"mdat", b"video") + text) is Media.MP4


@pytest.mark.parametrize("brand", [b"hevc", b"jp2 ", b"jxl "])
def test_a_still_picture_is_named(brand: bytes) -> None:
    first = box(b"JXL ", b"\r\n\x87\n") if brand == b"jxl " else b""
    with pytest.raises(NotAPhotoError, match="still picture"):
        inspect(first + box(b"ftyp", brand + bytes(4)) + box(b"meta", bytes(40)))


def test_all_boxes_are_counted_together() -> None:
    """A few hundred descriptions of a few hundred boxes each are an attack as well."""
    moov = box(b"moov", box(b"free", b"") * 9_000)
    with pytest.raises(NotAPhotoError, match="more boxes"):
        inspect(FTYP + moov * 300 + box(b"mdat", b"video"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip of ffmpeg's: its description first, then eight bytes of `free`, then the samples."""
    clip = tmp_path_factory.mktemp("clip") / "clip.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1"]
    coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    subprocess.run(["ffmpeg", "-loglevel", "error", *source, *coded, str(clip)], check=True)
    return clip.read_bytes()


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        (b"mdat", struct.pack(">I4s", 2**31, b"mdat")),
        (b"mdat", struct.pack(">I4s", 7, b"mdat")),
        (b"mdat", struct.pack(">I4s", 2**32 - 1, b"mdat")),
        (b"free", struct.pack(">I4s", 2**31, b"free")),
        (b"free", struct.pack(">I4s", 0, b"free")),
        (b"free", bytes(8)),
        (b"free", b"\0\0\0\0\0\0"),
    ],
)
def test_a_clip_that_has_all_its_samples_is_whole(drawn: bytes, kind: bytes, header: bytes) -> None:
    """Whatever the boxes after its description are said to be. Shared links have the samples."""
    at = drawn.index(kind, drawn.index(b"stco")) - 4
    clip = drawn[:at] + header + drawn[at + len(header) :]
    assert inspect(clip) is Media.MP4
    shared = redact(clip, Media.MP4)
    ranges = PlayedSamples(clip).ranges
    assert ranges == PlayedSamples(shared).ranges
    assert all(clip[start:end] == shared[start:end] for start, end in ranges)
    with pytest.raises((TruncatedError, NotAPhotoError)):
        inspect(clip[: max(end for _, end in ranges) - 1])


@pytest.mark.parametrize("brand", [b"mif1", b"heic", b"hevc", b"avif"])
def test_a_clip_may_have_the_brand_of_a_still_picture(drawn: bytes, brand: bytes) -> None:
    """Players play it. Of a raw file of Canon's, which has such boxes, they play nothing."""
    assert inspect(drawn[:8] + brand + drawn[12:]) is Media.MP4
    with pytest.raises(NotAPhotoError, match="still picture"):
        inspect(drawn[:8] + b"crx " + drawn[12:])


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("tag", ["hvc1", "hev1"])
@pytest.mark.parametrize("flags", ["+faststart", "+frag_keyframe", "0"])
def test_every_codec_is_accepted(tmp_path: Path, codec: str, tag: str, flags: str) -> None:
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
def test_boxes_that_are_no_movie_are_rejected(data: bytes) -> None:
    """Still pictures, and attacks."""
    with pytest.raises(NotAPhotoError):
        inspect(data)


@pytest.mark.parametrize("kind", [b"free", b"skip", b"wide", b"udta", b"uuid"])
def test_a_box_after_all_samples_may_be_cut(tmp_path: Path, kind: bytes) -> None:
    """Such as padding, if the description says so: nothing of the movie is missing. Of fragments
    nobody knows how many there were."""
    for flags in ("+faststart", "0", "+frag_keyframe+empty_moov"):
        clip = tmp_path / "clip.mp4"
        drawn = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1"]
        coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", flags]
        subprocess.run(["ffmpeg", "-y", "-loglevel", "error", *drawn, *coded, clip], check=True)
        whole = clip.read_bytes()
        cut = whole + box(kind, bytes(40))[:-1]
        if flags.startswith("+frag"):
            with pytest.raises(TruncatedError):
                inspect(cut)
            index = whole.rindex(b"mfra") + 2  # it comes after all fragments
            assert all(inspect(whole[:end]) is Media.MP4 for end in range(index, len(whole)))
        else:
            assert inspect(cut) is Media.MP4
            with pytest.raises(TruncatedError):
                inspect(whole[:-1])
