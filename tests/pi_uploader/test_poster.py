"""A poster put into a clip: what players, the backend and the film itself find afterwards."""

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.inspection import inspect
from function_app.media.mp4_cover import cover
from photo_wire.media import Media
from pi_uploader.cameras.poster import with_poster
from tests.support.pictures import box, jpeg, mp4

POSTER = jpeg(480, 270)
# ffmpeg's ways to write an MP4: with its own name in it or not, the description first or last.
WAYS = (
    "-movflags +faststart",
    "-movflags +faststart -fflags +bitexact -flags:v +bitexact",
    "-movflags 0 -metadata title=Gate",
)


def film(clip: Path) -> list[str]:
    """Each picture's time and checksum, decoded."""
    decoded = ["-i", str(clip), "-map", "0:v:0", "-f", "framemd5", "-"]
    told = subprocess.run(
        ["ffmpeg", "-loglevel", "error", *decoded], stdout=subprocess.PIPE, check=True
    ).stdout
    return told.decode().splitlines()


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root")
@pytest.mark.parametrize("way", WAYS)
def test_the_film_is_the_same_and_the_poster_is_there(tmp_path: Path, way: str) -> None:
    """For ffmpeg, which lists it as an attached picture, and for the backend."""
    plain, posted = tmp_path / "plain.mp4", tmp_path / "posted.mp4"
    drawn = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"]
    coded = ["-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", *way.split()]
    subprocess.run(["ffmpeg", "-loglevel", "error", *drawn, *coded, plain], check=True)
    posted.write_bytes(with_poster(plain.read_bytes(), POSTER))
    assert film(posted) == film(plain)
    assert len(film(plain)) > 50
    assert inspect(posted.read_bytes()) is Media.MP4
    assert cover(io.BytesIO(posted.read_bytes())) == POSTER
    shown = tmp_path / "shown.jpg"
    attached = ["-map", "0:v:1", "-c", "copy", "-f", "image2", "-update", "1"]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", posted, *attached, shown], check=True)
    assert shown.read_bytes() == POSTER


@given(st.lists(st.integers(0, 2**31 - 1)), st.booleans(), st.booleans(), st.booleans())
def test_what_points_behind_the_description_moves_with_it(
    offsets: list[int], is_long: bool, is_last: bool, is_wide: bool
) -> None:
    """And what points before it stays, in tables of 32 and of 64 bits. The byte right behind it is
    behind it."""
    size = 8 + is_wide * 8 + 28 + 2 * 48 + 2 * (len(offsets) + 3) * (8 if is_long else 4)
    offsets = [*offsets, 16 + size - 1, 16 + size, 16 + size + 8]
    letter, kind = ("Q", b"co64") if is_long else ("I", b"stco")
    table = struct.pack(f">4xI{len(offsets)}{letter}", len(offsets), *offsets)
    content = box(b"mvhd", bytes(20)) + tracked(box(kind, table)) + tracked(box(kind, table))
    moov = struct.pack(">I4sQ", 1, b"moov", 16 + len(content)) + content if is_wide else None
    moov = moov or box(b"moov", content)
    first, film = box(b"ftyp", b"isom\0\0\2\0"), box(b"mdat", bytes(100))
    whole = first + film + moov if is_last else first + moov + film
    behind = whole.index(moov) + len(moov)
    assert is_last or behind == 16 + size
    posted = with_poster(whole, POSTER)
    by = len(posted) - len(whole)
    moved = [offset + by if offset >= behind else offset for offset in offsets]
    expected = tracked(box(kind, struct.pack(f">4xI{len(moved)}{letter}", len(moved), *moved)))
    assert box(b"mvhd", bytes(20)) + expected * 2 in posted
    assert film in posted
    assert cover(io.BytesIO(posted)) == POSTER


def tracked(table: bytes) -> bytes:
    """A track that has this table."""
    for kind in (b"stbl", b"minf", b"mdia", b"trak"):
        table = box(kind, table)
    return table


CLIP = mp4()


@given(st.integers(0, len(CLIP) - 1), st.binary(min_size=1, max_size=12))
def test_a_clip_that_is_not_understood_is_refused(at: int, noise: bytes) -> None:
    """With errors that are expected, or it is taken as it is; a clip in fragments always is."""
    for clip in (CLIP[:at], CLIP[:at] + noise + CLIP[at + len(noise) :]):
        try:
            posted = with_poster(clip, POSTER)
        except (ValueError, struct.error):
            continue
        assert len(posted) > len(clip)
    with pytest.raises(ValueError, match="for each of its pieces"):
        with_poster(CLIP + box(b"moof", b""), POSTER)


def test_offsets_that_no_longer_fit_are_refused() -> None:
    """A film of 4 GB has tables of 64 bits; one that would need them now is left alone."""
    table = box(b"stco", struct.pack(">4xII", 1, 2**32 - 1))
    clip = box(b"ftyp", bytes(8)) + box(b"moov", tracked(table)) + box(b"mdat", b"")
    with pytest.raises(struct.error):
        with_poster(clip, POSTER)
