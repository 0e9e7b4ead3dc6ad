"""An MP4 with a poster: players and the backend find it, and the pictures are unchanged."""

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.inspection import inspect
from function_app.media.mp4 import cover
from photo_wire.media import Media
from pi_uploader.cameras.media.mp4 import add_poster, poster_in
from tests.support.pictures import box, jpeg, mp4

POSTER = jpeg(480, 270)
# How ffmpeg writes an MP4: with its own name in it or not, the description first or last.
OPTIONS = (
    "-movflags +faststart",
    "-movflags +faststart -fflags +bitexact -flags:v +bitexact",
    "-movflags 0 -metadata title=Gate",
)


def decode(clip: Path) -> list[str]:
    """Return time and checksum of each decoded picture."""
    decoded = ["-i", str(clip), "-map", "0:v:0", "-f", "framemd5", "-"]
    output = subprocess.run(
        ["ffmpeg", "-loglevel", "error", *decoded], stdout=subprocess.PIPE, check=True
    ).stdout
    return output.decode().splitlines()


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root")
@pytest.mark.parametrize("options", OPTIONS)
def test_the_poster_is_added_and_the_pictures_are_unchanged(tmp_path: Path, options: str) -> None:
    """ffmpeg lists the poster as an attached picture; the backend finds it, too."""
    plain, with_cover = tmp_path / "plain.mp4", tmp_path / "posted.mp4"
    drawn = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"]
    coded = ["-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", *options.split()]
    subprocess.run(["ffmpeg", "-loglevel", "error", *drawn, *coded, plain], check=True)
    with_cover.write_bytes(add_poster(plain.read_bytes(), POSTER))
    assert decode(with_cover) == decode(plain)
    assert len(decode(plain)) > 50
    assert inspect(with_cover.read_bytes()) is Media.MP4
    assert cover(io.BytesIO(with_cover.read_bytes())) == POSTER
    assert poster_in(with_cover.read_bytes()) == POSTER
    assert poster_in(plain.read_bytes()) is None
    shown = tmp_path / "shown.jpg"
    attached = ["-map", "0:v:1", "-c", "copy", "-f", "image2", "-update", "1"]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", with_cover, *attached, shown], check=True)
    assert shown.read_bytes() == POSTER


@given(st.lists(st.integers(0, 2**31 - 1)), st.booleans(), st.booleans(), st.booleans())
def test_offsets_behind_the_description_are_shifted(
    offsets: list[int], is_long: bool, is_last: bool, is_wide: bool
) -> None:
    """Offsets before it stay, in tables of 32 and of 64 bits. The first byte after the description
    counts as behind it."""
    size = 8 + is_wide * 8 + 28 + 2 * 48 + 2 * (len(offsets) + 3) * (8 if is_long else 4)
    offsets = [*offsets, 16 + size - 1, 16 + size, 16 + size + 8]
    letter, kind = ("Q", b"co64") if is_long else ("I", b"stco")
    table = struct.pack(f">4xI{len(offsets)}{letter}", len(offsets), *offsets)
    content = box(b"mvhd", bytes(20)) + track_with(box(kind, table)) + track_with(box(kind, table))
    moov = struct.pack(">I4sQ", 1, b"moov", 16 + len(content)) + content if is_wide else None
    moov = moov or box(b"moov", content)
    first, film = box(b"ftyp", b"isom\0\0\2\0"), box(b"mdat", bytes(100))
    whole = first + film + moov if is_last else first + moov + film
    first_shifted = whole.index(moov) + len(moov)
    assert is_last or first_shifted == 16 + size
    with_cover = add_poster(whole, POSTER)
    by = len(with_cover) - len(whole)
    shifted = [offset + by if offset >= first_shifted else offset for offset in offsets]
    expected = track_with(
        box(kind, struct.pack(f">4xI{len(shifted)}{letter}", len(shifted), *shifted))
    )
    assert box(b"mvhd", bytes(20)) + expected * 2 in with_cover
    assert film in with_cover
    assert cover(io.BytesIO(with_cover)) == POSTER


@given(st.integers(0, 999), st.binary(max_size=12))
def test_a_damaged_clip_has_a_poster_or_none(at: int, noise: bytes) -> None:
    """Nothing is raised, whatever is in it."""
    whole = add_poster(CLIP, POSTER)
    for clip in (whole[:at], whole[:at] + noise + whole[at + len(noise) :], noise):
        assert isinstance(poster_in(clip), bytes | None)


def track_with(table: bytes) -> bytes:
    """Return a track that has this table."""
    for kind in (b"stbl", b"minf", b"mdia", b"trak"):
        table = box(kind, table)
    return table


CLIP = mp4()


@given(st.integers(0, len(CLIP) - 1), st.binary(min_size=1, max_size=12))
def test_a_damaged_or_fragmented_clip_is_rejected(at: int, noise: bytes) -> None:
    """With the documented errors; unless the damaged clip can still be read."""
    for clip in (CLIP[:at], CLIP[:at] + noise + CLIP[at + len(noise) :]):
        try:
            with_cover = add_poster(clip, POSTER)
        except (ValueError, struct.error):
            continue
        assert len(with_cover) > len(clip)
    with pytest.raises(ValueError, match="for each of its fragments"):
        add_poster(CLIP + box(b"moof", b""), POSTER)


def test_offsets_that_no_longer_fit_are_rejected() -> None:
    """A clip whose tables of 32 bits would now need 64 bits."""
    table = box(b"stco", struct.pack(">4xII", 1, 2**32 - 1))
    clip = box(b"ftyp", bytes(8)) + box(b"moov", track_with(table)) + box(b"mdat", b"")
    with pytest.raises(struct.error):
        add_poster(clip, POSTER)
