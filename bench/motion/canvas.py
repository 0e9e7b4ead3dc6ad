"""Pictures of light: arrays of floats on which sprites and light are drawn.

A value is a share of the light that white reflects in full daylight: 0 is black, 1 is white.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bench.motion.clips import HEIGHT, WIDTH

Light = NDArray[np.float32]
ROWS, COLUMNS = (axis.astype(np.float32) for axis in np.mgrid[0:HEIGHT, 0:WIDTH])  # of each pixel


@dataclass(frozen=True, slots=True)
class Layer:
    """Something to paste: how much light it reflects, and how much it covers (0 to 1)."""

    light: Light
    cover: Light


def to_light(grey: Image.Image) -> Light:
    """Return the light of a picture; its tone curve is a square root."""
    return np.square(np.asarray(grey.convert("L"), np.float32) / 255)


def to_grey(light: Light) -> Light:
    """Return the values of pixels, from 0 to 255 as far as the sensor is not saturated."""
    return np.sqrt(np.maximum(light, 0)) * np.float32(255)


def layer(sprite: Image.Image, size: tuple[int, int], blur: float = 0) -> Layer:
    """Return a sprite (RGBA) in a size. `blur`: pixels that it moves to the side while the shutter
    is open."""
    wide, high = max(1, size[0]), max(1, size[1])
    margin = int(blur / 2) + 1 if blur >= 1 else 0
    sheet = Image.new("RGBa", (wide + 2 * margin, high))
    # premultiplied, so that the transparent part's colour does not bleed into the edges
    scaled = sprite.convert("RGBa").resize((wide, high), Image.Resampling.BOX)
    sheet.paste(scaled, (margin, 0))
    if margin:
        sheet = sheet.filter(ImageFilter.BoxBlur((blur / 2, 0)))
    cover = np.asarray(sheet.getchannel("a"), np.float32) / np.float32(255)
    return Layer(to_light(sheet.convert("RGBA").convert("L")), cover)


def paste(picture: Light, layer: Layer, left: float, top: float) -> None:
    """Draw a layer on a picture. What is outside of the picture is left out."""
    x, y = round(left), round(top)
    high, wide = layer.cover.shape
    rows = slice(max(0, y), min(HEIGHT, y + high))
    columns = slice(max(0, x), min(WIDTH, x + wide))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    part = (
        slice(rows.start - y, rows.stop - y),
        slice(columns.start - x, columns.stop - x),
    )
    under = picture[rows, columns]
    under += layer.cover[part] * (layer.light[part] - under)


def shifted(picture: Light, across: float, down: float) -> Light:
    """Return a picture that is moved by a few pixels, also by parts of one; its edges repeat."""
    x, y = int(np.floor(across)), int(np.floor(down))
    fx, fy = np.float32(across - x), np.float32(down - y)
    rows = np.clip(np.arange(-1, picture.shape[0]) - y, 0, picture.shape[0] - 1)
    columns = np.clip(np.arange(-1, picture.shape[1]) - x, 0, picture.shape[1] - 1)
    whole = picture[rows][:, columns]
    lines = whole[1:] * (1 - fy) + whole[:-1] * fy
    moved = lines[:, 1:] * (1 - fx) + lines[:, :-1] * fx
    return moved.astype(np.float32)


def spot(x: float, y: float, width: float, height: float) -> Light:
    """Return a soft spot of light whose middle is 1; `width` and `height` are standard deviations
    in pixels."""
    across = np.exp(-0.5 * np.square((COLUMNS[0] - np.float32(x)) / np.float32(width)))
    down = np.exp(-0.5 * np.square((ROWS[:, :1] - np.float32(y)) / np.float32(height)))
    lit: Light = down * across
    return lit


def smooth(size: tuple[int, int], grain: int, rng: np.random.Generator) -> Light:
    """Return smooth random values from 0 to 1, with a detail of about `grain` pixels."""
    wide, high = size
    coarse = rng.random((high // grain + 2, wide // grain + 2)).astype(np.float32)
    picture = Image.fromarray(coarse).resize((wide + grain, high + grain), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(picture, np.float32)[:high, :wide], 0, 1)
