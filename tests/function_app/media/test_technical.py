"""What a photo's file says of itself, and that nothing odd in it is an error."""

import io
import random

import pytest
from PIL.TiffImagePlugin import IFDRational

from function_app.media.technical import TechnicalData, read_technical_data
from photo_wire.media import Media
from tests.support.pictures import dng, jpeg, jpeg_with_exif, located_jpeg, mp4, pi_dng


def read(content: bytes, media: Media = Media.JPEG) -> TechnicalData:
    return read_technical_data(io.BytesIO(content), len(content), media)


def test_the_exif_of_a_jpeg() -> None:
    fractions = {
        0x829A: IFDRational(1, 120),
        0x829D: IFDRational(28, 10),
        0x920A: IFDRational(474, 100),
    }
    found = read(
        jpeg_with_exif(
            {**fractions, 0x8827: 400, 0xA434: "wide"},
            {1: "S", 2: (33.0, 30.0, 0.0), 3: "W", 4: (70.0, 45.0, 36.0)},
            {0x010F: "Raspberry Pi", 0x0110: "imx708", 0x0131: "<b>&", 0x0112: 6},
        )
    )
    assert found.values == {
        "maker": "Raspberry Pi",
        "model": "imx708",
        "software": "<b>&",
        "lens": "wide",
        "exposure": "1/120 s",
        "aperture": "f/2.8",
        "iso": "400",
        "focal_length": "4.74 mm",
    }
    assert found.place == pytest.approx((-33.5, -70.76))
    assert (found.width, found.height) == (48, 64)  # it lies on its side


def test_a_picture_on_its_side_has_the_size_in_which_it_is_shown() -> None:
    found = read(located_jpeg())
    assert (found.width, found.height) == (48, 80)
    assert found.place


def test_a_plain_jpeg_has_its_size_alone() -> None:
    assert read(jpeg(640, 360)) == TechnicalData(640, 360)


def test_a_raw_picture_has_the_size_of_its_largest_picture() -> None:
    found = read(pi_dng(1, size=(640, 480)), Media.DNG)
    assert (found.width, found.height) == (640, 480)
    found = read(dng(size=(320, 240)), Media.DNG)
    assert (found.width, found.height) == (320, 240)


def test_a_clip_without_a_track_of_pictures_has_no_size() -> None:
    assert read(mp4(), Media.MP4) == TechnicalData()


@pytest.mark.parametrize("media", Media)
def test_damaged_files_raise_nothing(media: Media) -> None:
    """Each with bytes changed, and cut."""
    whole = {
        Media.JPEG: located_jpeg(),
        Media.DNG: dng(),
        Media.MP4: mp4(cover=jpeg()),
    }[media]
    source = random.Random(7)
    for _ in range(300):
        damaged = bytearray(whole[: source.randrange(len(whole))])
        for _ in range(source.randrange(8)):
            if damaged:
                damaged[source.randrange(min(len(damaged), 400))] = source.randrange(256)
        read(bytes(damaged), media)
