"""Where a clip is filmed: the simulated camera's drive, a garden, a street, and a yard.

All have the same perspective, which scale() describes: a camera 2.5 m above flat ground, whose
horizon is in the middle of the picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from bench.motion.canvas import COLUMNS, ROWS, Light, smooth, to_light
from bench.motion.clips import HEIGHT, WIDTH
from pi_uploader.cameras.simulated import scene

HORIZON = HEIGHT // 2
FOCAL_LENGTH = 277  # pixels: 60 degrees from side to side
CAMERA_HEIGHT = 2.5  # metres
_SIZE = (WIDTH, HEIGHT)


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What does not move. `day` is the light that it reflects by day, `infrared` at night in the
    camera's own infrared light. `foliage`: where leaves are, as pixels (x, y)."""

    name: str
    day: Light
    infrared: Light
    foliage: tuple[tuple[int, int], ...]


def scale(distance: float) -> float:
    """Return how many pixels a metre has at a distance in metres."""
    return FOCAL_LENGTH / distance


def feet(distance: float) -> float:
    """Return the row of what stands on the ground at a distance in metres."""
    return HORIZON + scale(distance) * CAMERA_HEIGHT


def draw_backdrop(rng: np.random.Generator) -> Backdrop:
    """Return one of the four places, mirrored and lit in a random way."""
    name = str(rng.choice(list(_PLACES)))
    grey, foliage = _PLACES[name](rng)
    if rng.random() < 0.5:
        grey = ImageOps.mirror(grey)
        foliage = [(WIDTH - x, y) for x, y in foliage]
    contrast = float(rng.uniform(0.75, 1.0))
    light = to_light(grey.filter(ImageFilter.GaussianBlur(0.6)))
    light *= np.float32(contrast) * (1 + np.float32(0.06) * (smooth(_SIZE, 2, rng) - 0.5))
    return Backdrop(name, light, _in_infrared(light, rng), tuple(foliage))


def _in_infrared(day: Light, rng: np.random.Generator) -> Light:
    """Return the picture in the light of the camera's own lamp: bright in the middle and near, and
    plants are bright, while the sky and what is far is black."""
    flat = 0.12 + 0.5 * day + np.float32(0.08) * smooth(_SIZE, 24, rng)
    distance = CAMERA_HEIGHT * FOCAL_LENGTH / np.maximum(ROWS - HORIZON, 23)  # up to 30 m
    near = np.minimum(1.2, np.square(9 / np.maximum(distance, 6)))
    cone = np.exp(-np.square((COLUMNS - WIDTH / 2) / (WIDTH * 0.42)))
    lit: Light = (flat * (0.06 + near) * cone).astype(np.float32)
    return lit


Place = tuple[Image.Image, list[tuple[int, int]]]


def _drive(rng: np.random.Generator) -> Place:
    """The simulated camera's scene, brighter than at its night."""
    night = scene.draw_backdrop().convert("L").resize(_SIZE, Image.Resampling.BOX)
    gain = float(rng.uniform(1.3, 1.9))
    bright = night.point([min(255, int(40 + value * gain)) for value in range(256)])
    return bright, [(20, 125), (60, 130), (270, 128), (305, 122)]


def _garden(rng: np.random.Generator) -> Place:
    picture = Image.new("L", _SIZE, 190)
    pen = ImageDraw.Draw(picture)
    _texture(picture, (0, 0, WIDTH, 90), 178, 30, rng)
    _texture(picture, (0, 132, WIDTH, HEIGHT), 92, 46, rng)  # the lawn
    for x in range(0, WIDTH, 12):  # a fence of planks
        pen.rectangle((x, 78, x + 10, 136), fill=int(rng.integers(95, 130)))
    pen.rectangle((0, 90, WIDTH, 93), fill=80)
    pen.rectangle((226, 52, 306, 140), fill=120)  # a shed, its roof, window and door
    pen.polygon([(218, 54), (266, 26), (314, 54)], fill=70)
    pen.rectangle((238, 74, 258, 94), fill=50)
    pen.rectangle((272, 72, 296, 140), fill=96)
    pen.rectangle((52, 30, 64, 150), fill=62)  # a tree
    for _ in range(260):
        across, down = rng.normal(58, 26), rng.normal(34, 18)
        pen.ellipse((across - 5, down - 4, across + 5, down + 4), fill=int(rng.integers(48, 110)))
    pen.polygon([(130, HEIGHT), (150, 136), (172, 136), (215, HEIGHT)], fill=150)  # a path
    return picture, [(58, 34), (30, 50), (90, 50), (140, 120), (200, 122)]


def _street(rng: np.random.Generator) -> Place:
    picture = Image.new("L", _SIZE, 150)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, WIDTH, 136), fill=int(rng.integers(120, 170)))  # a facade
    for y in range(0, 136, 5):
        pen.line((0, y, WIDTH, y), fill=int(rng.integers(110, 165)))
    for x in (18, 84, 176, 250):
        pen.rectangle((x, 20, x + 40, 72), fill=56)
        pen.rectangle((x - 2, 18, x + 42, 74), outline=200)
        pen.line((x + 20, 20, x + 20, 72), fill=180)
    pen.rectangle((132, 40, 164, 136), fill=66)  # a door
    _texture(picture, (0, 136, WIDTH, 160), 140, 20, rng)  # the pavement
    pen.line((0, 160, WIDTH, 160), fill=190, width=2)
    _texture(picture, (0, 162, WIDTH, HEIGHT), 84, 24, rng)  # the road
    for x in range(-10, WIDTH, 60):
        pen.polygon([(x, 204), (x + 30, 204), (x + 32, 208), (x, 208)], fill=200)
    pen.rectangle((292, 60, 297, 170), fill=50)  # a lamp post
    return picture, [(8, 110), (310, 100), (120, 128)]


def _yard(rng: np.random.Generator) -> Place:
    picture = Image.new("L", _SIZE, 120)
    pen = ImageDraw.Draw(picture)
    _texture(picture, (0, 0, WIDTH, 128), 132, 16, rng)  # a wall
    for y in range(0, 128, 9):
        pen.line((0, y, WIDTH, y), fill=104)
        for x in range((y * 7) % 22, WIDTH, 22):
            pen.line((x, y, x, y + 9), fill=108)
    _texture(picture, (0, 128, WIDTH, HEIGHT), 118, 50, rng)  # gravel
    pen.rectangle((40, 40, 120, 140), fill=84)  # a garage door
    for y in range(46, 140, 12):
        pen.line((40, y, 120, y), fill=70)
    for x in (212, 240):  # bins
        pen.rectangle((x, 96, x + 22, 146), fill=48)
        pen.rectangle((x - 2, 92, x + 24, 98), fill=64)
    for _ in range(120):  # a bush
        across, down = rng.normal(296, 12), rng.normal(132, 12)
        pen.ellipse((across - 5, down - 4, across + 5, down + 4), fill=int(rng.integers(40, 100)))
    return picture, [(296, 130), (284, 120), (308, 138)]


_PLACES: dict[str, Callable[[np.random.Generator], Place]] = {
    "drive": _drive,
    "garden": _garden,
    "street": _street,
    "yard": _yard,
}


def _texture(
    picture: Image.Image,
    box: tuple[int, int, int, int],
    middle: int,
    range_: int,
    rng: np.random.Generator,
) -> None:
    """Fill a box with grass, gravel or plaster: values around a middle, coarse and fine."""
    size = (box[2] - box[0], box[3] - box[1])
    values = 0.5 * smooth(size, 3, rng) + 0.5 * smooth(size, 14, rng) - 0.5
    grey = np.clip(middle + range_ * values, 0, 255).astype(np.uint8)
    picture.paste(Image.fromarray(grey), box[:2])
