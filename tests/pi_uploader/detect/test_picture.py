"""The pixels of a photo, in the size of the model."""

from io import BytesIO

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photo_wire.media import Media
from photo_wire.motion import Box
from pi_uploader.detect.picture import BORDER, draw

SIDES = st.tuples(st.integers(1, 300), st.integers(1, 300))
MODEL_SIDES = st.tuples(st.integers(32, 80), st.integers(32, 80))


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, 999)), draw(st.integers(0, 999))
    width, height = draw(st.integers(1, 1000 - left)), draw(st.integers(1, 1000 - top))
    return Box(left / 1000, top / 1000, width / 1000, height / 1000)


def jpeg_of(picture: Image.Image) -> bytes:
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=95)
    return jpeg.getvalue()


@given(sides=SIDES, size=MODEL_SIDES, box=st.none() | boxes())
def test_the_picture_has_the_size_of_the_model(
    sides: tuple[int, int], size: tuple[int, int], box: Box | None
) -> None:
    """Whatever the photo's own size, and wherever the motion was."""
    photo = jpeg_of(Image.new("RGB", sides, "navy"))
    picture = draw(photo, Media.JPEG, box, size)
    assert (picture.size, picture.mode) == (size, "RGB")


def test_a_picture_of_another_shape_has_a_border() -> None:
    photo = jpeg_of(Image.new("RGB", (200, 100), "white"))
    picture = draw(photo, Media.JPEG, None, (64, 64))
    assert picture.getpixel((32, 2)) == BORDER
    assert picture.getpixel((32, 32)) == (255, 255, 255)


@given(box=boxes())
def test_the_part_around_the_motion_shows_its_middle(box: Box) -> None:
    """A white picture with a red point in the middle of the box: it is in the part."""
    photo = Image.new("RGB", (400, 300), "white")
    x, y = (box.left + box.width / 2) * 400, (box.top + box.height / 2) * 300
    photo.paste("red", (round(x) - 25, round(y) - 25, round(x) + 25, round(y) + 25))
    picture = draw(jpeg_of(photo), Media.JPEG, box, (64, 64))
    red, green, _ = (np.asarray(one) for one in picture.split())
    assert ((red > 200) & (green < 90)).any()


def test_a_raw_picture_shows_its_preview() -> None:
    raw = b"what a raw picture has" + jpeg_of(Image.new("RGB", (320, 240), "red"))
    picture = draw(raw, Media.DNG, None, (64, 64))
    pixel = picture.getpixel((32, 32))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert pixel[1] < 60


def test_a_grey_picture_gets_colours() -> None:
    photo = jpeg_of(Image.new("L", (100, 100), 200))
    assert draw(photo, Media.JPEG, None, (32, 32)).mode == "RGB"
