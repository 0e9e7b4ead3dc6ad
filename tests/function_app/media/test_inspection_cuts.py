"""Truncated photos are rejected: at 1,000 places of twenty files of all formats."""

import random
from pathlib import Path

import pytest

from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.inspection import inspect
from local.processes import ROOT
from tests.support.pictures import (
    box,
    dng,
    dng_with_preview,
    jpeg,
    jpeg_with_thumbnail,
    many_scans,
    mp4,
    pi_dng,
)

CUTS = 50  # of each file
CASES = ROOT / "tests" / "cases"
HEAD = box(b"ftyp", b"isom\0\0\2\0")
MOOV = box(b"moov", box(b"trak", bytes(90)))
MDAT = box(b"mdat", random.Random(3).randbytes(900))


def case(name: str) -> bytes:
    return Path(CASES / name).read_bytes()


FILES = {
    "baseline": jpeg(),
    "large": jpeg(1600, 1200, quality=95),
    "progressive": jpeg(progressive=True),
    "restart markers": jpeg(restart_marker_blocks=2),
    "every colour": jpeg(subsampling=0),
    "thumbnail in EXIF": jpeg_with_thumbnail(),
    "forty scans": many_scans(40).partition(b"\xff\xd9")[0] + b"\xff\xd9",
    "junk between segments": case("jpeg-ff00-between-segments.jpg"),
    "a byte too much": case("jpeg-one-byte-before-dqt.jpg"),
    "odd EXIF": case("exif-make-float.jpg"),
    "odder EXIF": case("exif-xresolution-ascii.jpg"),
    "dng": dng(),
    "dng of Motorola": dng(order=">"),
    "dng of a Pi": pi_dng(),
    "packed dng of a Pi": pi_dng(bits=12),
    "dng with a preview": dng_with_preview(jpeg()),
    "clip": mp4(),
    "clip with a poster": mp4(cover=jpeg()),
    "clip, description last": HEAD + MDAT + MOOV,
    "clip, two descriptions": HEAD + MOOV + MDAT + box(b"free", bytes(90)) + MDAT,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_truncated_photo_is_rejected(kind: str) -> None:
    """The whole one is accepted. A clip that ends after a box at its top counts as whole, also with
    up to four more bytes, which may be padding."""
    whole = FILES[kind]
    inspect(whole)
    for length in random.Random(kind).sample(range(len(whole)), CUTS):
        try:
            inspect(whole[:length])
        except (TruncatedError, NotAPhotoError):
            continue
        assert kind == "clip, two descriptions"
        assert any(0 <= length - end <= 4 for end in tops(whole)), length


def tops(clip: bytes) -> list[int]:
    """Return where the boxes at the top of a clip end."""
    ends, at = [], 0
    while at < len(clip):
        at += int.from_bytes(clip[at : at + 4], "big")
        ends.append(at)
    return ends
