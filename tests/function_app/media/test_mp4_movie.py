"""What the description of a clip states of its time and its place."""

import struct
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from function_app.media.mp4_movie import Movie
from function_app.media.redaction import redact
from function_app.media.sources import bytes_source
from photo_wire.media import Media
from photo_wire.moment import parse_time
from tests.support.pictures import box, mp4


def movie(clip: bytes) -> Movie:
    return Movie(bytes_source(clip), len(clip))


def capture_time(clip: bytes) -> datetime | None:
    return movie(clip).capture_time()


@pytest.mark.parametrize(
    ("version", "seconds", "expected"),
    [
        (0, 3_878_020_894, "2026-11-20T12:01:34Z"),
        (1, 3_878_020_894, "2026-11-20T12:01:34Z"),
        (0, 1_795_183_294, "2026-11-20T14:01:34Z"),  # counted from 1970
        (0, 0, None),
        (1, 2**64 - 1, None),
        (2, 3_878_020_894, None),
    ],
)
def test_the_time_is_that_of_the_header(version: int, seconds: int, expected: str | None) -> None:
    layout = ">B3xQ" if version == 1 else ">B3xI"
    header = struct.pack(layout, version, seconds).ljust(100, b"\0")
    clip = mp4().replace(box(b"mvhd", bytes(100)), box(b"mvhd", header))
    assert capture_time(clip) == (parse_time(expected) if expected else None)


@pytest.mark.parametrize("content", [b"", bytes(4), b"\0\0\0\0\xe7", b"\1" + bytes(10)])
def test_a_header_may_be_too_short(content: bytes) -> None:
    moov = box(b"moov", box(b"mvhd", content) + box(b"trak", b""))
    assert capture_time(moov + box(b"mdat", b"")) is None


def test_a_clip_may_have_no_time() -> None:
    assert capture_time(box(b"mdat", b"a")) is None
    assert capture_time(box(b"free", b"") * 20_000) is None


def test_ffmpeg_writes_the_time(tmp_path: Path) -> None:
    """As everybody reads it."""
    clip = tmp_path / "clip.mp4"
    drawn = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1"]
    stated = ["-metadata", "creation_time=2026-11-20T12:01:34Z"]
    subprocess.run(["ffmpeg", "-loglevel", "error", *drawn, *stated, clip], check=True)
    assert capture_time(clip.read_bytes()) == parse_time("2026-11-20T12:01:34Z")


TIME, PLACE = "com.apple.quicktime.creationdate", "com.apple.quicktime.location.ISO6709"
TEXTS = {
    "com.apple.quicktime.make": "Apple",
    TIME: "2026-11-20T14:01:34+0200",
    PLACE: "+52.5-013.4/",
}


def with_items(texts: dict[str, str], version: bytes = b"") -> bytes:
    """Return a clip with these items of Apple's metadata. MP4's have a version."""
    keys = b"".join(box(b"mdta", key.encode()) for key in texts)
    items = b"".join(
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0) + text.encode()))
        for number, text in enumerate(texts.values(), 1)
    )
    metadata = box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    metadata += box(b"keys", struct.pack(">II", 0, len(texts)) + keys) + box(b"ilst", items)
    parts = box(b"mvhd", bytes(100)) + box(b"meta", version + metadata) + box(b"trak", b"")
    return box(b"ftyp", b"qt  \0\0\0\0") + box(b"moov", parts) + box(b"mdat", b"")


@pytest.mark.parametrize("version", [b"", bytes(4)], ids=["QuickTime", "MP4"])
def test_an_iphone_states_time_and_place_in_items(version: bytes) -> None:
    """In their zone. No shared link shows them."""
    found = movie(with_items(TEXTS, version))
    assert found.capture_time() == parse_time("2026-11-20T12:01:34Z")
    assert found.place() == (52.5, -13.4)
    assert b"+52.5" not in redact(with_items(TEXTS, version), Media.MP4)


@pytest.mark.parametrize("text", ["", "yesterday", "+91.0+013.4/", "2026-99-99T14:01:34"])
def test_an_item_may_be_anything(text: str) -> None:
    found = movie(with_items({TIME: text, PLACE: text}))
    assert (found.capture_time(), found.place()) == (None, None)


def test_items_may_be_cut() -> None:
    """At each of their bytes, nothing is raised; and the time of the header counts."""
    clip = with_items(TEXTS)
    for end in range(clip.index(b"meta"), clip.index(b"mdat")):
        cut = box(b"moov", clip[clip.index(b"mvhd") - 4 : end])
        assert movie(cut).capture_time() in (None, parse_time("2026-11-20T12:01:34Z"))
