"""A few bytes that unfold to a huge picture: their thumbnail takes no more memory than others."""

import io
import struct
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from PIL import Image, ImageOps

from function_app.gallery.thumbnails import MOST_PIXELS, thumbnail
from photo_wire.media import Media
from tests.function_app.api import Api, name_of, photo_headers
from tests.pictures import jpeg

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
    assert api.read(f"/api/photos/{name}/thumbnail").status_code == 404
    assert api.read(f"/api/photos/{name}/content").content == bomb


def test_a_first_picture_in_plain_colours_is_a_small_one() -> None:
    """Up to four million pixels, which are copied three times."""
    side = int(MOST_PIXELS["TIFF"] ** 0.5)
    assert thumbnail(io.BytesIO(_tiff(side, "raw")), Media.DNG)
    assert not thumbnail(io.BytesIO(_tiff(side + 1, "raw")), Media.DNG)


def test_one_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are asked for: two never meet while they are in the decoder."""
    meeting, met, turn = threading.Barrier(2), [], ImageOps.exif_transpose

    def decode(picture: Image.Image) -> Image.Image:
        with suppress(threading.BrokenBarrierError):
            met.append(meeting.wait(timeout=0.5))
        return turn(picture)

    monkeypatch.setattr(ImageOps, "exif_transpose", decode)
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: thumbnail(io.BytesIO(jpeg()), Media.JPEG), range(2)))
    assert all(made)
    assert not met
