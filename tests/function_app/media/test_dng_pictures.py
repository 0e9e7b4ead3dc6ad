"""The check of a DNG: its pictures, by their strips and tiles."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.media.dng import redact as dng_redact
from function_app.media.errors import NotAPhotoError, TruncatedError
from function_app.media.inspection import inspect
from photo_wire.media import Media
from tests.support.pictures import dng, dng_with_preview, jpeg, pi_dng

RAW = 500  # where the directory of the raw picture begins in `dng()`; that of its preview is at 8
SHORT, LONG, SLONG = 3, 4, 9


def entry_of(data: bytes, number: int, parent: int = 8) -> int:
    """Return where the entry of a tag is in the directory at `parent`."""
    (tags,) = struct.unpack_from("<H", data, parent)
    return next(
        entry
        for entry in range(parent + 2, parent + 2 + 12 * tags, 12)
        if struct.unpack_from("<H", data, entry) == (number,)
    )


def with_entry(data: bytes, replaced: int, entry: tuple[int, ...], parent: int = 8) -> bytes:
    """Return a DNG with another entry in the place of a tag's: number, type, count, and value
    unless that stays."""
    changed = bytearray(data)
    at = entry_of(data, replaced, parent)
    struct.pack_into("<HHII"[: 1 + len(entry)], changed, at, *entry)
    return bytes(changed)


def with_tag(number: int, kind: int, count: int, value: int, parent: int = 8) -> bytes:
    """Return a DNG with one tag's entry rewritten."""
    return with_entry(dng(), number, (number, kind, count, value), parent)


def test_a_tiff_without_dng_version_is_rejected() -> None:
    """Without DNGVersion it may be a scan or a map."""
    data = dng().replace(struct.pack("<H", 50706), struct.pack("<H", 50000))
    with pytest.raises(NotAPhotoError, match="DNGVersion"):
        inspect(data)


@pytest.mark.parametrize("parent", [8, 500], ids=["preview", "raw"])
def test_strips_must_be_inside_the_file(parent: int) -> None:
    """In the first directory and in its sub-directories."""
    with pytest.raises(TruncatedError):
        inspect(with_tag(273, 4, 1 if parent == 8 else 2, 2400, parent))


@pytest.mark.parametrize("count", [10_001, 2**31, 2**32 - 1])
def test_giant_counts_are_rejected(count: int) -> None:
    """Before memory is allocated for them. Those of sizes that are not needed are ignored."""
    with pytest.raises((NotAPhotoError, TruncatedError)):
        inspect(with_tag(273, LONG, count, 400, RAW))
    assert inspect(with_tag(279, LONG, count, 400, RAW)) is Media.DNG


def test_a_directory_that_contains_itself_is_read_once() -> None:
    """A loop is harmless, and the picture is complete."""
    assert inspect(with_tag(330, 4, 1, 8)) is Media.DNG


def test_many_directories_are_rejected() -> None:
    """A photo has a few."""
    data = bytearray(with_tag(330, 4, 32, 1000).ljust(4000, b"\0"))
    struct.pack_into("<32I", data, 1000, *range(2000, 2032))
    with pytest.raises((NotAPhotoError, TruncatedError)):
        inspect(bytes(data))


def with_empty_strips(directories: int, strips: int) -> bytes:
    """Return a DNG with the picture of `dng()`, and with sub-directories of strips without content:
    all have the same table of zeros."""
    photo = bytearray(dng())
    table = len(photo)
    photo += bytes(4 * strips)
    (raw,) = struct.unpack_from("<I", photo, entry_of(bytes(photo), 330) + 8)
    children = len(photo)
    photo += bytes(4 * directories)
    struct.pack_into("<I", photo, children, raw)
    for number in range(1, directories):
        struct.pack_into("<I", photo, children + 4 * number, len(photo))
        entries = [struct.pack("<HHII", tag, LONG, strips, table) for tag in (273, 279)]
        photo += struct.pack("<H", 2) + b"".join(entries) + bytes(4)
    return with_entry(bytes(photo), 330, (330, LONG, directories, children))


def test_strips_without_content_are_few_too() -> None:
    """They are read, too, and a small file may have thirty directories with the same table."""
    assert inspect(with_empty_strips(3, 40_000)) is Media.DNG
    with pytest.raises(NotAPhotoError, match="more parts than a photo can have"):
        inspect(with_empty_strips(4, 40_000))


def test_offsets_of_a_wrong_type_are_rejected() -> None:
    """Offsets are integers of two or four bytes."""
    with pytest.raises(NotAPhotoError):
        inspect(with_tag(273, 12, 1, 400, RAW))


@pytest.mark.parametrize("number", [271, 50708, 50721])
def test_values_that_the_picture_does_not_need_may_be_missing(number: int) -> None:
    """The values of a maker's name or of a colour matrix, beyond the end of the file."""
    assert inspect(with_tag(number, 2, 5000, 2**31)) is Media.DNG


@pytest.mark.parametrize("exif", ["empty", "dangling", "at the end", "too long"])
def test_exif_is_not_checked(exif: str) -> None:
    """It has no picture."""
    data = with_tag(50778, 4, 1, 0).replace(
        struct.pack("<HHI", 50778, 4, 1), struct.pack("<HHI", 34665, 4, 1)
    )
    at = len(data)
    entry = data.index(struct.pack("<HHI", 34665, 4, 1)) + 8
    where = 2**32 - 1 if exif == "dangling" else at
    end = {"empty": bytes(6), "too long": b"\xff\xff"}.get(exif, b"")
    data = data[:entry] + struct.pack("<I", where) + data[entry + 4 :] + end
    assert inspect(data) is Media.DNG


def test_the_directory_may_come_last() -> None:
    """With nothing after it, not even the offset of the next one."""
    data = bytearray(dng())
    (tags,) = struct.unpack_from("<H", data, 8)
    size = 2 + 12 * tags
    struct.pack_into("<I", data, 4, len(data))
    assert inspect(bytes(data + data[8 : 8 + size])) is Media.DNG
    with pytest.raises(TruncatedError):
        inspect(bytes(data + data[8 : 7 + size]))


def test_a_preview_may_be_removed() -> None:
    """The directory stays, with a strip of no bytes that may be anywhere."""
    removed = with_tag(279, 4, 1, 0)
    offset, elsewhere = (struct.pack("<HHII", 273, 4, 1, at) for at in (800, 2**31))
    for data in (removed, removed.replace(offset, elsewhere)):
        assert inspect(data) is Media.DNG
    assert offset in removed
    with pytest.raises(NotAPhotoError, match="without a picture"):
        inspect(dng_with_preview(b""))


def test_a_dng_without_a_picture_is_rejected() -> None:
    """Directories alone are not a photo."""
    entry = struct.pack("<HHI4B", 50706, 1, 4, 1, 4, 0, 0)
    with pytest.raises(NotAPhotoError, match="without a picture"):
        inspect(b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4))


STRIPS = {
    "no sizes": with_entry(dng(), 279, (65000,), RAW),
    "no number of sizes": with_entry(dng(), 279, (279, LONG, 0, 0), RAW),
    "one size for two": with_tag(279, LONG, 1, 32 * 12 * 2, RAW),
    "sizes of zero": with_tag(279, LONG, 2, 24, RAW),
    "signed sizes": with_entry(dng(), 279, (279, SLONG, 2), RAW),
    "signed offsets": with_entry(dng(), 273, (273, SLONG, 2), RAW),
    "a tile without a size": with_entry(pi_dng(), 325, (65000,)),
    "a tile of size 0": with_entry(pi_dng(), 325, (325, LONG, 1, 0)),
    "a tile of any size": with_entry(pi_dng(), 325, (325, LONG, 1, 2**32 - 1)),
    "a tile of three bytes more": with_entry(pi_dng(), 325, (325, LONG, 1, 32 * 24 * 2 + 3)),
    "an offset without a number": with_entry(pi_dng(), 324, (324, LONG, 0)),
}


@pytest.mark.parametrize("kind", STRIPS)
def test_the_pixels_of_a_plain_picture_say_how_long_it_is(kind: str) -> None:
    """Where it is not compressed: raw converters do not look at the sizes then. One that is cut is
    detected by its pixels, too."""
    assert inspect(STRIPS[kind]) is Media.DNG
    with pytest.raises(TruncatedError):
        inspect(STRIPS[kind][:-1])


@pytest.mark.parametrize("compression", [7, 8])
def test_a_compressed_picture_needs_sizes(compression: int) -> None:
    """Unless it is in JPEGs, which say where they end."""
    with pytest.raises(NotAPhotoError, match="no sizes"):
        inspect(with_entry(with_tag(259, SHORT, 1, compression, RAW), 279, (65000,), RAW))


TILE = jpeg(32, 24, progressive=True)


def in_jpegs(*entry: int) -> bytes:
    """Return a DNG whose raw picture is in two JPEGs; with this entry in the place of that of their
    sizes."""
    data = with_tag(259, SHORT, 1, 7, RAW)
    (offsets,) = struct.unpack_from("<I", data, entry_of(data, 273, RAW) + 8)
    changed = bytearray(with_entry(data, 279, entry, RAW) + 2 * TILE)
    struct.pack_into("<II", changed, offsets, len(data), len(data) + len(TILE))
    return bytes(changed)


@pytest.mark.parametrize(
    "sizes",
    [
        (65000,),
        (279, LONG, 2, 2**31),
        (279, LONG, 1, len(TILE)),
        (279, SHORT, 2, 0),
        (279, 12, 2, 0),
        (279, LONG, 2**31, 0),
    ],
    ids=["missing", "outside", "of the first one", "none", "of a wrong type", "too many"],
)
def test_jpegs_need_no_sizes(sizes: tuple[int, ...]) -> None:
    """Raw converters read up to their ends. So what is shared has them whole."""
    photo = in_jpegs(*sizes)
    assert inspect(photo) is Media.DNG
    assert dng_redact(photo).endswith(2 * TILE)
    with pytest.raises(TruncatedError):
        inspect(photo[:-1])


def test_many_jpegs_without_sizes_are_found_quickly() -> None:
    """The time limit of the suite is the check: each begins, and none ends."""
    photo = with_entry(with_tag(259, SHORT, 1, 7, RAW), 279, (65000,), RAW)
    at = len(photo)
    table = struct.pack("<30000I", *range(at + 120_000, at + 180_000, 2))
    photo = with_entry(photo, 273, (273, LONG, 30_000, at), RAW) + table
    with pytest.raises(TruncatedError):
        inspect(photo + b"\xff\xd8" * 30_000 + bytes(30 << 20))


def test_the_ends_of_the_same_jpegs_are_not_searched_by_all_directories() -> None:
    """Thirty of them would search thirty megabytes each."""
    photo, count = dng(), 30
    table = len(photo)
    at = table + 4 * count
    tags = struct.pack("<HHHIIHHIII", 2, 259, SHORT, 1, 7, 273, LONG, 1, at + 1000, 0)
    children = struct.pack(f"<{count}I", *range(at, at + len(tags) * count, len(tags)))
    photo = with_entry(photo, 330, (330, LONG, count, table)) + children + tags * count
    with pytest.raises(NotAPhotoError, match="more parts"):
        inspect(photo.ljust(at + 1000, b"\0") + b"\xff\xd8" + bytes(30 << 20) + b"\xff\xd9")


@pytest.mark.parametrize("entry", [(279, 12, 1, 400), (279, LONG, 2**31, 400), (65000,)])
def test_a_preview_without_sizes_is_lost(entry: tuple[int, ...]) -> None:
    """Beside a whole picture; it is compressed."""
    photo = with_entry(with_tag(259, SHORT, 1, 7), 279, entry)
    assert inspect(photo) is Media.DNG


@pytest.mark.parametrize("parent", [8, RAW], ids=["preview", "raw"])
def test_a_jpeg_ends_where_it_says_itself(parent: int) -> None:
    """A size that extends beyond the file is wrong, if the end of the JPEG is in it."""
    data = with_tag(259, SHORT, 1, 7, parent)
    count = 1 if parent == 8 else 2
    sizes = len(data)
    data += struct.pack("<2I", 2**31, 2**31)
    photo = bytearray(with_entry(data, 279, (279, LONG, count, sizes), parent))
    if count == 1:
        struct.pack_into("<I", photo, entry_of(data, 279) + 8, 2**31)
    struct.pack_into("<HHII", photo, entry_of(data, 273, parent), 273, LONG, 1, len(photo))
    assert inspect(bytes(photo) + TILE + bytes(9)) is Media.DNG
    with pytest.raises(TruncatedError):
        inspect(bytes(photo) + TILE[:-1])


@pytest.mark.parametrize("entry", [(273, LONG, 2, 2**31), (279, LONG, 2, 2**31), (273, 12, 1, 0)])
def test_tables_of_a_preview_may_be_lost(entry: tuple[int, ...]) -> None:
    """Beside a whole picture."""
    assert inspect(with_entry(dng(), entry[0], entry)) is Media.DNG
    with pytest.raises((NotAPhotoError, TruncatedError)):
        inspect(with_entry(dng_with_preview(b"preview"), entry[0], entry))


@pytest.mark.parametrize("at", [2480, 50_000, 2**31, 2**32 - 1])
def test_a_preview_may_be_lost(at: int) -> None:
    """Beside a whole picture. One that begins in the file and ends outside was cut."""
    assert inspect(with_tag(273, LONG, 1, at)) is Media.DNG
    with pytest.raises(TruncatedError):
        inspect(with_tag(273, LONG, 1, 2479))
    with pytest.raises(TruncatedError):
        inspect(with_entry(dng_with_preview(b"preview"), 273, (273, LONG, 1, at)))


@pytest.mark.parametrize("subfile_type", [(254, LONG, 1, 0), (253, LONG, 1, 0)])
def test_a_preview_that_does_not_say_so_is_no_raw_picture(subfile_type: tuple[int, ...]) -> None:
    """So the raw picture, or the directory of it, may not be missing beside it."""
    data = with_entry(dng(), 254, subfile_type)
    assert inspect(data) is Media.DNG
    far = len(data) + 100
    with pytest.raises(TruncatedError):
        inspect(with_entry(data, 330, (330, LONG, 1, far)))


def test_without_the_bits_of_a_pixel_the_sizes_count() -> None:
    data = with_entry(dng(), 258, (65000,), RAW)
    assert inspect(data) is Media.DNG
    with pytest.raises(TruncatedError):
        inspect(data[:-1])


@pytest.mark.parametrize("at", [0, 2**31, 2**32 - 1])
@pytest.mark.parametrize("count", [1, 40])
def test_sub_directories_may_be_lost(at: int, count: int) -> None:
    """Beside a whole picture. The one that has the picture may not."""
    there = struct.pack("<I", at) * count
    whole = with_entry(pi_dng() + there, 34855, (330, LONG, count, at if count == 1 else 2536))
    assert inspect(whole) is Media.DNG
    with pytest.raises((NotAPhotoError, TruncatedError)):
        inspect(with_tag(330, LONG, 1, at))


@pytest.mark.parametrize("at", [2535, 2**31, 2**32 - 1])
def test_the_table_of_sub_directories_may_be_lost(at: int) -> None:
    """Beside a whole picture, all of it or a part."""
    assert inspect(with_entry(pi_dng(), 34855, (330, LONG, 2, at))) is Media.DNG
    with pytest.raises(TruncatedError):
        inspect(with_tag(330, LONG, 2, 2**31))


@pytest.mark.parametrize("kind", [2, 5, 7])
def test_sub_directories_of_a_wrong_type_do_not_count(kind: int) -> None:
    assert inspect(with_entry(pi_dng(), 34855, (330, kind, 1, 8))) is Media.DNG


@given(st.integers(0, 2**32 - 1), st.sampled_from([254, 256, 257, 258, 273, 277, 278, 279, 330]))
def test_any_number_in_a_tag_is_accepted_or_rejected(value: int, number: int) -> None:
    """In either directory, without another error."""
    for parent in (8, RAW):
        if parent == 8 or number != 330:
            data = with_tag(number, LONG, 1, value, parent)
            try:
                assert inspect(data) is Media.DNG
            except (NotAPhotoError, TruncatedError):
                continue
