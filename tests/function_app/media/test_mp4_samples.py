"""Where a clip's samples are, by its tables."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.errors import NotRedactableError
from function_app.media.mp4 import TooManyBoxesError
from function_app.media.mp4_samples import MAX_NUMBERS, PlayedSamples
from tests.support.pictures import box

SIZES = (5, 6, 7, 8, 9)


def table(kind: bytes, letter: str, *values: int, fields: int = 1) -> bytes:
    """Return a box with a table of rows of `fields` numbers."""
    count = len(values) // fields
    return box(kind, struct.pack(f">4xI{len(values)}{letter}", count, *values))


def sizes(bits: int) -> bytes:
    """Return the table of SIZES, each in `bits`."""
    if bits == 32:
        return box(b"stsz", struct.pack(">4xII5I", 0, len(SIZES), *SIZES))
    packed = {4: bytes((0x56, 0x78, 0x90)), 8: bytes(SIZES), 16: struct.pack(">5H", *SIZES)}[bits]
    return box(b"stz2", struct.pack(">4xII", bits, len(SIZES)) + packed)


CHUNKS = table(b"stsc", "I", 1, 2, 1, 3, 1, 1, fields=3)  # two with two samples, then one
OFFSETS = table(b"stco", "I", 100, 200, 300)


def clip(*tables: bytes, kind: bytes = b"vide", more: bytes = b"", number: int = 7) -> bytes:
    header = box(b"tkhd", struct.pack(">12xI68x", number))
    media = box(b"hdlr", bytes(8) + kind + bytes(12))
    media += box(b"minf", box(b"stbl", b"".join(tables)))
    return box(b"moov", box(b"trak", header + box(b"mdia", media)) + more)


@pytest.mark.parametrize("bits", [4, 8, 16, 32])
@pytest.mark.parametrize("offsets", [OFFSETS, table(b"co64", "Q", 100, 200, 300)])
def test_samples_follow_each_other_in_chunks(bits: int, offsets: bytes) -> None:
    found = PlayedSamples(clip(CHUNKS, offsets, sizes(bits)))
    assert found.ranges == [(100, 111), (200, 215), (300, 309)]
    assert found.tracks == {7}


def test_samples_of_one_size() -> None:
    found = PlayedSamples(clip(CHUNKS, OFFSETS, box(b"stsz", struct.pack(">4xII", 10, 5))))
    assert found.ranges == [(100, 120), (200, 220), (300, 310)]


@pytest.mark.parametrize(
    ("kind", "version", "bits", "more", "lengths"),
    [
        (b"sowt", 0, 16, b"", (8, 8, 4)),
        (b"ulaw", 0, 16, b"", (4, 4, 2)),
        (b"alaw", 0, 16, b"", (4, 4, 2)),
        (b"in24", 1, 16, struct.pack(">4I", 1, 3, 6, 2), (12, 12, 6)),
        (b"ima4", 1, 16, struct.pack(">4I", 64, 34, 68, 2), (68, 68, 68)),
        (b"lpcm", 2, 16, struct.pack(">IdIIIIII", 72, 8000, 2, 0, 24, 0, 6, 1), (12, 12, 6)),
    ],
)
def test_the_description_says_how_long_sound_is(
    kind: bytes, version: int, bits: int, more: bytes, lengths: tuple[int, ...]
) -> None:
    """In two channels. QuickTime states that the size of a sample is 1, and for some formats bits
    that are not theirs."""
    fields = struct.pack(">HH6xHH2xHI", 1, version, 2, bits, 0, 8000 << 16)
    described = box(b"stsd", struct.pack(">4xI", 1) + box(kind, bytes(6) + fields + more))
    for stated in (1, 5):
        size = box(b"stsz", struct.pack(">4xII", stated, 5))
        found = PlayedSamples(clip(CHUNKS, OFFSETS, size, described, kind=b"soun")).ranges
        expected = lengths if stated == 1 else (10, 10, 5)
        assert [end - start for start, end in found] == list(expected)


def test_other_tracks_are_not_played() -> None:
    found = PlayedSamples(clip(CHUNKS, OFFSETS, sizes(32), kind=b"meta"))
    assert (found.ranges, found.tracks, found.boxes) == ([], set(), set())


def test_overlaps_are_merged() -> None:
    offsets = table(b"stco", "I", 100, 105, 102)
    assert list(PlayedSamples(clip(CHUNKS, offsets, sizes(32))).merged()) == [
        (100, 111),
        (111, 120),
    ]


@pytest.mark.parametrize(
    ("flags", "fields", "base"),
    [
        (0x20000, b"", 0),  # from the fragment's beginning
        (0, b"", 0),
        (0x1, struct.pack(">Q", 5000), 5000),
        (0x3A, struct.pack(">III", 1, 2, 40), 0),  # with other fields before the size
    ],
)
def test_runs_of_fragments(flags: int, fields: bytes, base: int) -> None:
    """The sizes are in the run, or else in its fragment, or else in the description."""
    described = clip(more=box(b"mvex", box(b"trex", struct.pack(">4x5I", 7, 1, 0, 40, 0))))
    header = box(b"tfhd", struct.pack(">II", flags, 7) + fields)
    runs = box(b"trun", struct.pack(">IIiIIII", 0x301, 2, 60, 1, 11, 1, 12))
    runs += box(b"trun", struct.pack(">II", 0, 3))
    other = box(b"traf", box(b"tfhd", struct.pack(">II", 0x20000, 8)) + runs)
    fragment = box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", header + runs) + other)
    start = base or len(described)
    found = PlayedSamples(described + fragment)
    assert found.ranges == [(start + 60, start + 83), (start + 83, start + 203)]


@pytest.mark.parametrize(
    "tables",
    [
        (CHUNKS, OFFSETS),
        (CHUNKS, OFFSETS, box(b"stsz", sizes(32)[8:-1])),
        (CHUNKS, OFFSETS, box(b"stsz", struct.pack(">4xII", 0, MAX_NUMBERS + 1))),
        (CHUNKS, box(b"stco", struct.pack(">4xI", 2**32 - 1)), sizes(32)),
        (CHUNKS, box(b"stco", b""), sizes(32)),
        (CHUNKS, OFFSETS, box(b"stz2", struct.pack(">4xII", 5, 1))),
    ],
    ids=["no sizes", "cut", "too many", "too many chunks", "empty", "odd bits"],
)
def test_tables_that_cannot_be_read_are_an_error(tables: tuple[bytes, ...]) -> None:
    with pytest.raises(NotRedactableError):
        PlayedSamples(clip(*tables))


@given(st.data())
def test_damage_raises_nothing_else(draw: st.DataObject) -> None:
    """No range begins after its end."""
    runs = box(b"trun", struct.pack(">IIiIIII", 0x301, 2, 60, 1, 11, 1, 12))
    header = box(b"tfhd", struct.pack(">II", 0x20000, 7))
    whole = clip(CHUNKS, OFFSETS, sizes(32)) + box(b"moof", box(b"traf", header + runs))
    damaged = bytearray(whole)
    for _ in range(draw.draw(st.integers(1, 8))):
        damaged[draw.draw(st.integers(0, len(whole) - 1))] = draw.draw(st.integers(0, 255))
    try:
        found = PlayedSamples(bytes(damaged))
    except (NotRedactableError, TooManyBoxesError):
        return
    assert all(start <= end for start, end in found.ranges)
    assert sorted(found.merged()) == list(found.merged())
