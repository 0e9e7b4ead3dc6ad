"""A few bytes that unfold to a huge picture: their thumbnail takes no more memory than others."""

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from function_app.media.dng import MAX_TIFF_PIXELS
from photo_wire.media import Media
from tests.function_app.api import Api, name_of, photo_headers
from tests.function_app.decoding import thumbnail

DNG = "image/x-adobe-dng"
_TILE = 8_000  # pixels, on a side


def compressed(side: int) -> bytes:
    """A "DNG" whose one picture has this many pixels on a side, and a thousandth of the bytes."""
    return _tiff(side, "tiff_adobe_deflate")


def tiled() -> bytes:
    """One whose picture is 64 pixels wide by its own word, and its only tile 8,000."""
    tile = zlib.compress(bytes(_TILE * _TILE), 9)
    at = 500
    tags = {254: 0, 256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1}
    tags |= {322: _TILE, 323: _TILE, 324: at, 325: len(tile), 50706: 0x401}
    entries = b"".join(
        struct.pack("<HHII", tag, 1 if tag == 50706 else 4, 4 if tag == 50706 else 1, value)
        for tag, value in sorted(tags.items())
    )
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return (b"II*\0" + struct.pack("<I", 8) + directory).ljust(at, b"\0") + tile


def _tiff(side: int, compression: str) -> bytes:
    file, version = io.BytesIO(), {50706: b"\1\4\0\0"}
    Image.new("RGB", (side, side)).save(file, "TIFF", compression=compression, tiffinfo=version)
    return file.getvalue()


@pytest.mark.parametrize("made", [lambda: compressed(3000), lambda: compressed(1000), tiled])
def test_a_bomb_has_no_thumbnail(api: Api, camera: str, made: Callable[[], bytes]) -> None:
    """It is stored like any photo, and is not unfolded."""
    bomb, name = made(), name_of(camera)
    assert api.put(bomb, {**photo_headers(name), "Content-Type": DNG}).status_code == 201
    assert api.thumbnail(name).status_code == 404
    assert api.read(f"/api/photos/{name}/content").content == bomb


def test_a_first_picture_in_plain_colours_is_a_small_one() -> None:
    """Up to four million pixels, which are copied three times."""
    side = int(MAX_TIFF_PIXELS**0.5)
    assert thumbnail(io.BytesIO(_tiff(side, "raw")), Media.DNG)
    assert not thumbnail(io.BytesIO(_tiff(side + 1, "raw")), Media.DNG)
