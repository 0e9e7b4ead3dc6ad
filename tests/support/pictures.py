"""Photos for the tests: real JPEGs from Pillow, and the smallest complete DNGs and MP4s."""

import io
import random
import struct
from functools import lru_cache
from typing import Any

from PIL import Image

_Entry = tuple[int, int, tuple[int, ...]]  # a TIFF tag's number, its kind, its values

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_LETTERS = {_BYTE: "B", _ASCII: "B", _SHORT: "H", _LONG: "I", _RATIONAL: "I", _SRATIONAL: "i"}

Tags = dict[int, object]
"""EXIF tags: values by their numbers."""

LOCATION = b"52.520008N 13.404954E"
_GPS = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 17.0), 29: LOCATION.decode()}


@lru_cache(maxsize=64)  # thousands of tests ask for the same few
def jpeg(width: int = 64, height: int = 48, seed: int = 0, **options: Any) -> bytes:
    """Return a JPEG with some grain, so that it has the size of a camera's. The same seed gives the
    same bytes. `options` are Pillow's, such as progressive=True."""
    grain = Image.frombytes("L", (width, height), random.Random(seed).randbytes(width * height))
    slope = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge(
        "RGB", (Image.blend(slope, grain, 0.1), slope, Image.blend(slope, grain, 0.2))
    )
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


def jpeg_with_exif(
    exif: Tags, gps: Tags | None = None, first: Tags | None = None, seed: int = 0
) -> bytes:
    """Return a JPEG with these tags in EXIF's directories. `first` is the one that contains the
    others."""
    written = Image.Exif()
    written.update(first or {})
    written.get_ifd(0x8769).update(exif)
    written.get_ifd(0x8825).update(gps or {})
    file = io.BytesIO()
    Image.open(io.BytesIO(jpeg(seed=seed))).save(file, "JPEG", exif=written)
    return file.getvalue()


def located_jpeg(seed: int = 0, **options: Any) -> bytes:
    """A JPEG on its side, with LOCATION in EXIF, XMP, IPTC, a comment, and after its end."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = LOCATION.decode()
    exif.get_ifd(0x8825).update(_GPS)
    file = io.BytesIO()
    plain = Image.open(io.BytesIO(jpeg(80, 48, seed)))
    plain.save(file, "JPEG", exif=exif, comment=LOCATION, quality=95, **options)
    whole = file.getvalue()
    notes = b""
    for marker, signature in (
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
        (0xED, b"Photoshop 3.0\0"),
        (0xE2, b"MPF\0"),
        (0xEB, b"maker"),
    ):
        content = signature + LOCATION
        notes += struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
    scan = whole.rindex(b"\xff\xda") if options.get("progressive") else len(whole) - 2
    comment = struct.pack(">BBH", 0xFF, 0xFE, len(LOCATION) + 2) + LOCATION
    return whole[:2] + notes + whole[2:scan] + comment + whole[scan:] + b"\xff\xd8" + LOCATION


def many_scans(scans: int, size: tuple[int, int] = (8000, 8000), seed: int = 0) -> bytes:
    """Return a progressive JPEG of a few bytes that states this size and repeats its last scan.

    Each scan makes a decoder go through the whole picture. The noise after the end depends on the
    seed.
    """
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 60)).save(file, "JPEG", progressive=True)
    small = bytearray(file.getvalue())
    frame = small.index(b"\xff\xc2")
    struct.pack_into(">HH", small, frame + 5, size[1], size[0])
    last = small.rindex(b"\xff\xda")
    again = bytes(small[last:-2]) * (scans - small.count(b"\xff\xda"))
    return bytes(small[:-2]) + again + b"\xff\xd9" + random.Random(seed).randbytes(8).hex().encode()


def dng_with_preview(preview: bytes) -> bytes:
    """Return the smallest DNG with this JPEG as its preview."""
    tags: list[_Entry] = [
        (254, _LONG, (1,)),
        (259, _SHORT, (7,)),
        (273, _LONG, (200,)),
        (279, _LONG, (len(preview),)),
        (50706, _BYTE, (1, 4, 0, 0)),
    ]
    head = struct.pack("<2sHI", b"II", 42, 8) + _directory("<", 8, tags)
    return head.ljust(200, b"\0") + preview


def jpeg_with_thumbnail(seed: int = 0) -> bytes:
    """Return a JPEG with another one, its end marker included, in its EXIF, as cameras do."""
    inner = jpeg(16, 16, seed)
    tags: list[_Entry] = [
        (0x0103, _SHORT, (6,)),
        (0x0201, _LONG, (50,)),
        (0x0202, _LONG, (len(inner),)),
    ]
    tiff = struct.pack("<2sHI", b"II", 42, 8) + _directory("<", 8, tags)
    segment = b"Exif\0\0" + tiff + inner
    whole = jpeg(seed=seed + 1)
    return whole[:2] + struct.pack(">2sH", b"\xff\xe1", len(segment) + 2) + segment + whole[2:]


def jpeg_with_preview(
    preview: bytes, photo: bytes, order: str = "<", orientation: int = 1, **wrong: int
) -> bytes:
    """Return the photo with this preview in its EXIF: in the directory after the first one.

    `wrong` values replace the right ones: the `offset` and `size` of the preview, where the first
    directory says that the `next` is, and the second one its `follower`.
    """
    first, second, at = 8, 26, 56
    values = {"offset": at, "size": len(preview), "next": second, "follower": 0, **wrong}
    mark = b"II" if order == "<" else b"MM"
    tiff = struct.pack(f"{order}2sHI", mark, 42, first)
    tiff += struct.pack(f"{order}HHHIHHI", 1, 0x0112, _SHORT, 1, orientation, 0, values["next"])
    tiff += struct.pack(f"{order}HHHII", 2, 0x0201, _LONG, 1, values["offset"])
    tiff += struct.pack(f"{order}HHII", 0x0202, _LONG, 1, values["size"])
    tiff += struct.pack(f"{order}I", values["follower"])
    content = b"Exif\0\0" + tiff + preview
    return photo[:2] + struct.pack(">2sH", b"\xff\xe1", len(content) + 2) + content + photo[2:]


def dng(seed: int = 0, order: str = "<", size: tuple[int, int] = (32, 24)) -> bytes:
    """A DNG 1.4 of a camera's shape, which raw converters open: a preview in the first directory,
    and the sensor's raw picture in its sub-directory. `order` is `<` for Intel's bytes and `>` for
    Motorola's, `size` the sensor's, in pixels."""
    rng = random.Random(seed)
    width, height = size
    preview = rng.randbytes(8 * 6 * 3)
    raw = struct.pack(
        f"{order}{width * height}H", *(rng.randrange(4096) for _ in range(width * height))
    )
    first, second, preview_at = 8, 500, 800  # the directories, then their pictures
    raw_at = preview_at + len(preview)
    half = len(raw) // 2
    mark = b"II" if order == "<" else b"MM"
    parts = {
        0: struct.pack(f"{order}2sHI", mark, 42, first),
        first: _directory(
            order,
            first,
            [
                (254, _LONG, (1,)),  # a preview
                (256, _SHORT, (8,)),
                (257, _SHORT, (6,)),
                (258, _SHORT, (8, 8, 8)),
                (259, _SHORT, (1,)),  # not compressed
                (262, _SHORT, (2,)),  # RGB
                (271, _ASCII, tuple(b"Nightjar\0")),
                (272, _ASCII, tuple(b"Drawn\0")),
                (273, _LONG, (preview_at,)),
                (274, _SHORT, (1,)),
                (277, _SHORT, (3,)),
                (278, _SHORT, (6,)),
                (279, _LONG, (len(preview),)),
                (330, _LONG, (second,)),
                (50706, _BYTE, (1, 4, 0, 0)),
                (50708, _ASCII, tuple(b"Nightjar Drawn\0")),
                (50721, _SRATIONAL, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)),
                (50728, _RATIONAL, (1, 2, 1, 1, 1, 2)),  # neutral as shot
                (50778, _SHORT, (21,)),  # daylight
            ],
        ),
        second: _directory(
            order,
            second,
            [
                (254, _LONG, (0,)),
                (256, _SHORT, (width,)),
                (257, _SHORT, (height,)),
                (258, _SHORT, (16,)),
                (259, _SHORT, (1,)),
                (262, _SHORT, (32803,)),  # colour filter array
                (273, _LONG, (raw_at, raw_at + half)),  # two strips
                (277, _SHORT, (1,)),
                (278, _SHORT, (height // 2,)),
                (279, _LONG, (half, half)),
                (33421, _SHORT, (2, 2)),
                (33422, _BYTE, (0, 1, 1, 2)),
                (50714, _SHORT, (0,)),  # black
                (50717, _SHORT, (4095,)),  # white
            ],
        ),
        preview_at: preview,
        raw_at: raw,
    }
    whole = bytearray(raw_at + len(raw))
    for at, part in parts.items():
        whole[at : at + len(part)] = part
    return bytes(whole)


def pi_dng(seed: int = 0, size: tuple[int, int] = (32, 24), bits: int = 16) -> bytes:
    """A DNG as the Pi's own camera gives it (PiDNG 4.0.9): one directory, one tile with the raw
    picture behind it, and no preview. `bits` for each of its pixels are 12 or 16."""
    width, height = size
    ones = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
    raw = random.Random(seed).randbytes(width * height * bits // 8)
    raw_at = 1000
    tags: list[_Entry] = [
        (254, _LONG, (0,)),
        (256, _LONG, (width,)),
        (257, _LONG, (height,)),
        (258, _SHORT, (bits,)),
        (259, _SHORT, (1,)),
        (262, _SHORT, (32803,)),
        (271, _ASCII, tuple(b"RaspberryPi\0")),
        (272, _ASCII, tuple(b"PiDNG / PiCamera2\0")),
        (274, _SHORT, (1,)),
        (277, _SHORT, (1,)),
        (305, _ASCII, tuple(b"PiDNG\0")),
        (322, _SHORT, (width,)),
        (323, _SHORT, (height,)),
        (324, _LONG, (raw_at,)),
        (325, _LONG, (len(raw),)),
        (33421, _SHORT, (2, 2)),
        (33422, _BYTE, (0, 1, 1, 2)),
        (33434, _RATIONAL, (1, 100)),
        (34855, _SHORT, (200,)),
        (50706, _BYTE, (1, 4, 0, 0)),
        (50707, _BYTE, (1, 0, 0, 0)),
        (50713, _SHORT, (2, 2)),
        (50714, _SHORT, (256, 256, 256, 256)),
        (50717, _SHORT, ((1 << bits) - 1,)),
        (50721, _SRATIONAL, ones),
        (50723, _SRATIONAL, ones),
        (50724, _SRATIONAL, ones),
        (50728, _RATIONAL, (1, 2, 1, 1, 1, 2)),
        (50730, _SRATIONAL, (1, 1)),
        (50778, _SHORT, (21,)),
        (50936, _ASCII, tuple(b"PiDNG / PiCamera2 Profile\0")),
        (50941, _LONG, (3,)),
    ]
    head = struct.pack("<2sHI", b"II", 42, 8) + _directory("<", 8, tags)
    return head.ljust(raw_at, b"\0") + raw


def mp4(seed: int = 0, cover: bytes = b"") -> bytes:
    """Return an MP4 with correct boxes and noise as its video; with a cover if bytes are given."""
    content = box(b"mvhd", bytes(100)) + box(b"trak", box(b"tkhd", bytes(84)))
    if cover:
        data = box(b"data", struct.pack(">II", 13, 0) + cover)
        items = box(b"ilst", box(b"covr", data))
        content += box(b"udta", box(b"meta", bytes(4) + box(b"hdlr", bytes(25)) + items))
    return (
        box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
        + box(b"moov", content)
        + box(b"mdat", random.Random(seed).randbytes(500))
    )


def box(kind: bytes, content: bytes) -> bytes:
    """Return one box of an MP4."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _directory(order: str, at: int, tags: list[_Entry]) -> bytes:
    """A TIFF directory at `at`, followed by the values that do not fit into its entries."""
    entries, outside = b"", b""
    outside_at = at + 2 + 12 * len(tags) + 4
    for number, kind, values in tags:
        packed = struct.pack(f"{order}{len(values)}{_LETTERS[kind]}", *values)
        count = len(values) // 2 if kind in (_RATIONAL, _SRATIONAL) else len(values)
        if len(packed) > 4:
            offset, outside = outside_at + len(outside), outside + packed
            packed = struct.pack(f"{order}I", offset)
        entries += struct.pack(f"{order}HHI", number, kind, count) + packed.ljust(4, b"\0")
    return struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + outside
