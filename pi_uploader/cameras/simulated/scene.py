"""The scene of the simulated camera: a drive, a garden gate, the moon, and visitors.

The picture depends on the time alone. The backdrop is drawn once, each photo adds what moves.
Usually somebody is always in the picture. In the scene of a camera whose frames are watched, visits
have pauses between them, and nothing else moves by which motion would be detected: no bird flies,
and the fireflies are at the hedge.
"""

import math
import random
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from pi_uploader.cameras.simulated.visitors import (
    BLACK,
    LAMP,
    Colour,
    Sprite,
    fox,
    nightjar,
    person,
)

WIDTH, HEIGHT = 1280, 720
HORIZON = 400
CROSSING_SECONDS = 20.0  # of a visitor, from one edge to the other
VISIT_EVERY = 40.0  # seconds, in the watched scene, where visitors are faster:
WATCHED_PERSON_SECONDS, WATCHED_FOX_SECONDS = 8.0, 5.0  # a slower fox is taken for a branch
_MARGIN = 130  # pixels beside the picture, in which a crossing begins and ends

SKY: list[tuple[float, Colour]] = [
    (0.0, (16, 22, 48)),
    (0.5, (44, 52, 92)),
    (0.8, (118, 92, 122)),
    (1.0, (214, 148, 118)),
]
HILLS, TREES, HEDGE = (52, 50, 80), (27, 33, 52), (20, 29, 37)
LAWN, DRIVE, STONE = (30, 42, 44), (74, 72, 82), (62, 62, 76)


@dataclass(frozen=True, slots=True)
class Visit:
    """A fox on two of three visits, a person with a lantern on the third; each comes from the other
    side than the one before. `progress` is the part of the way that is done, from 0 to 1."""

    number: int
    progress: float

    @property
    def is_person(self) -> bool:
        return _is_person(self.number)

    @property
    def goes_right(self) -> bool:
        return self.number % 2 == 0

    @property
    def x(self) -> int:
        """The middle of the visitor, in pixels."""
        way = self.progress if self.goes_right else 1 - self.progress
        return int(way * (WIDTH + 2 * _MARGIN)) - _MARGIN

    @property
    def feet(self) -> int:
        """Where the visitor stands, in pixels from the top."""
        return 560 if self.is_person else 640


def find_visit(seconds: float, is_watched: bool) -> Visit | None:
    """Return who crosses the picture at a Unix time; None in a pause."""
    if not is_watched:
        number, progress = divmod(seconds / CROSSING_SECONDS, 1)
        return Visit(int(number), progress)
    number, since = divmod(seconds, VISIT_EVERY)
    duration = WATCHED_PERSON_SECONDS if _is_person(int(number)) else WATCHED_FOX_SECONDS
    return Visit(int(number), since / duration) if since < duration else None


def _is_person(number: int) -> bool:
    return number % 3 == 2


def draw(time: datetime, camera: str, is_watched: bool = False) -> Image.Image:
    """Return the scene at a time (UTC), with that time and the camera's name in a corner."""
    photo = draw_backdrop().copy()
    seconds = time.timestamp()
    if not is_watched:
        _draw_bird(photo, seconds)
    _draw_fireflies(photo, seconds, (500, 120) if not is_watched else (400, 50))
    if visit := find_visit(seconds, is_watched):
        _draw_visitor(photo, seconds, visit)
    _draw_caption(photo, f"{camera}   {time:%Y-%m-%d %H:%M:%S} UTC")
    return photo


# --- moving objects


def _draw_visitor(photo: Image.Image, seconds: float, visit: Visit) -> None:
    x, feet = visit.x, visit.feet
    stride = seconds * (1.1 if visit.is_person else 1.8) % 1
    sprite = person(stride) if visit.is_person else fox(stride)
    if visit.is_person:
        _add_glow(photo, (x + (34 if visit.goes_right else -34), feet - 84), 120, LAMP, 0.55)
    _draw_shadow(photo, x, feet, sprite.width // 3)
    if not visit.goes_right:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    photo.paste(sprite, (x - sprite.width // 2, feet - sprite.height), sprite)


def _draw_bird(photo: Image.Image, seconds: float) -> None:
    progress = seconds / 33 % 1
    x = int(progress * (WIDTH + 300)) - 150
    y = int(170 + 50 * math.sin(progress * math.tau * 2))
    sprite = nightjar(seconds * 0.64 % 1)
    photo.paste(sprite, (x, y), sprite)


def _draw_fireflies(photo: Image.Image, seconds: float, band: tuple[int, int]) -> None:
    """Draw a few lights, each with its own path and rhythm, in a band (its top and height)."""
    top, height = band
    for number in range(9):
        x = 80 + number * 140 + 40 * math.sin(seconds / 3 + number * 2.4)
        y = top + number * 53 % height + 18 * math.sin(seconds / 2 + number)
        brightness = max(0.0, math.sin(seconds * 0.9 + number * 1.7))
        _add_glow(photo, (int(x), int(y)), 14, (222, 226, 130), brightness)


def _draw_caption(photo: Image.Image, text: str) -> None:
    font = _font()
    pen = ImageDraw.Draw(photo, "RGBA")
    box = pen.textbbox((0, 0), text, font=font)
    left, top = 24, HEIGHT - 56
    pen.rounded_rectangle((left - 10, top - 4, left + box[2] + 12, top + 34), 6, (8, 10, 18, 150))
    pen.text((left, top), text, font=font, fill=(232, 230, 222))


# --- the backdrop


@lru_cache(maxsize=1)
def draw_backdrop() -> Image.Image:
    """Return the scene without what moves. It is cached: draw on a copy."""
    picture = _draw_sky()
    rng = random.Random(7)  # noqa: S311  the same stars and leaves every time
    pen = ImageDraw.Draw(picture)
    for _ in range(110):
        x, y = rng.randrange(WIDTH), int(rng.random() ** 1.6 * 290)
        shine = rng.randrange(120, 235)
        pen.point((x, y), (shine, shine, min(255, shine + 12)))
    _draw_moon(picture)
    _draw_hills(picture, rng)
    _draw_ground(picture, rng)
    _draw_gate(picture)
    return picture


def _draw_sky() -> Image.Image:
    column = Image.new("RGB", (1, HEIGHT))
    for y in range(HEIGHT):
        column.putpixel((0, y), _gradient_colour(SKY, min(1.0, y / HORIZON)))
    return column.resize((WIDTH, HEIGHT))


def _draw_moon(picture: Image.Image) -> None:
    _add_glow(picture, (1010, 128), 190, (232, 226, 206), 0.5)
    sprite = Sprite(92, 92)
    sprite.blob((2, 2, 90, 90), (240, 234, 214))
    for box in ((24, 20, 46, 42), (50, 44, 76, 66), (30, 56, 42, 68), (58, 18, 68, 28)):
        sprite.blob(box, (221, 213, 192))
    moon = sprite.smoothed()
    picture.paste(moon, (964, 82), moon)


def _draw_hills(picture: Image.Image, rng: random.Random) -> None:
    pen = ImageDraw.Draw(picture)
    line = [(x, 352 + 24 * math.sin(x / 190) + 12 * math.sin(x / 71)) for x in range(0, 1281, 8)]
    pen.polygon([*line, (WIDTH, HEIGHT), (0, HEIGHT)], HILLS)
    for x in range(-20, WIDTH + 20, 17):  # trees, lower towards the drive
        high = 34 + 46 * abs(x - 640) / 640 + rng.random() * 26
        pen.ellipse((x - 26, 424 - high, x + 26, 470), TREES)


def _draw_ground(picture: Image.Image, rng: random.Random) -> None:
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 440, WIDTH, HEIGHT), LAWN)
    for x in range(-10, WIDTH + 10, 11):  # the hedge
        if not 470 < x < 810:
            pen.ellipse((x - 17, 396 - rng.random() * 14, x + 17, 470), HEDGE)
    pen.polygon([(520, 452), (760, 452), (1010, HEIGHT), (270, HEIGHT)], DRIVE)
    for _ in range(1700):  # gravel
        y = 452 + (HEIGHT - 452) * rng.random() ** 0.7
        half = 120 + (y - 452) * 0.94
        x, shade = 640 + (rng.random() * 2 - 1) * half, rng.randrange(-16, 18)
        pen.ellipse((x, y, x + 3, y + 1), (DRIVE[0] + shade, DRIVE[1] + shade, DRIVE[2] + shade))
    for _ in range(2600):  # grass
        x, y = rng.randrange(WIDTH), 452 + (HEIGHT - 452) * rng.random()
        if abs(x - 640) > 128 + (y - 452) * 0.95:
            shade, long = rng.randrange(-9, 16), 3 + (y - 452) / 40
            blade = (LAWN[0] + shade, LAWN[1] + shade, LAWN[2] + shade // 2)
            pen.line((x, y, x + rng.randrange(-3, 4), y - long), blade)


def _draw_gate(picture: Image.Image) -> None:
    pen = ImageDraw.Draw(picture)
    for left in (470, 762):
        pen.rectangle((left, 330, left + 48, 468), STONE)
        for y in range(348, 468, 24):
            pen.line((left, y, left + 48, y), (50, 50, 64))
        pen.rectangle((left - 6, 320, left + 54, 332), (76, 76, 90))
    for x in range(526, 760, 13):  # bars that rise to the middle
        top = 372 - 26 * math.cos((x - 640) / 120 * math.pi / 2)
        pen.line((x, top, x, 456), BLACK, 3)
        pen.polygon([(x - 3, top), (x + 1, top - 10), (x + 5, top)], BLACK)
    for y in (388, 448):
        pen.line((520, y, 760, y), BLACK, 5)
    pen.line((641, 350, 641, 458), BLACK, 6)
    for x in (494, 786):
        pen.rectangle((x - 7, 296, x + 7, 318), LAMP)
        pen.polygon([(x - 11, 296), (x, 285), (x + 11, 296)], BLACK)
        _add_glow(picture, (x, 308), 100, LAMP, 0.6)


def _add_glow(
    picture: Image.Image, centre: tuple[int, int], radius: int, colour: Colour, strength: float
) -> None:
    """Add light that fades out towards `radius`; `strength` is from 0 to 1."""
    left, top = centre[0] - radius, centre[1] - radius
    box = (max(0, left), max(0, top), min(WIDTH, left + 2 * radius), min(HEIGHT, top + 2 * radius))
    if box[0] >= box[2] or box[1] >= box[3]:
        return
    light = Image.composite(
        Image.new("RGB", (2 * radius, 2 * radius), tuple(int(c * strength) for c in colour)),
        Image.new("RGB", (2 * radius, 2 * radius)),
        _fading_disc(radius),
    )
    under = picture.crop(box)
    lit = light.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
    picture.paste(ImageChops.screen(under, lit), box)


@lru_cache(maxsize=8)
def _fading_disc(radius: int) -> Image.Image:
    disc = ImageChops.invert(Image.radial_gradient("L")).resize((2 * radius, 2 * radius))
    return disc.point([int((max(0, level - 74) / 181) ** 2 * 255) for level in range(256)])


def _draw_shadow(photo: Image.Image, x: int, feet: int, half: int) -> None:
    sheet = Image.new("L", (half * 2 + 40, 40))
    ImageDraw.Draw(sheet).ellipse((20, 12, half * 2 + 20, 28), 120)
    photo.paste((8, 10, 16), (x - half - 20, feet - 22), sheet.filter(ImageFilter.GaussianBlur(6)))


@lru_cache(maxsize=1)
def _font() -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    return ImageFont.load_default(24)


def _gradient_colour(stops: list[tuple[float, Colour]], position: float) -> Colour:
    """Return the colour at a position from 0 to 1 of a gradient."""
    for (before, first), (after, second) in pairwise(stops):
        if position <= after:
            share = (position - before) / (after - before)
            r, g, b = (int(a + (z - a) * share) for a, z in zip(first, second, strict=True))
            return r, g, b
    return stops[-1][1]
