"""The sprites of the simulated camera: who passes by, each drawn looking to the right."""

import math

from PIL import Image, ImageDraw

LAMP = (255, 208, 132)
BLACK = (14, 17, 26)
OVERSAMPLING = 4  # sprites are drawn larger and reduced at the end, which smooths their edges

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Sprite:
    """A transparent sheet of `width` x `height` pixels to draw on."""

    def __init__(self, width: int, height: int) -> None:
        self._sheet = Image.new("RGBA", (width * OVERSAMPLING, height * OVERSAMPLING))
        self._pen = ImageDraw.Draw(self._sheet)

    def blob(self, box: tuple[float, float, float, float], colour: Colour) -> None:
        """Draw an ellipse that fills the box (left, top, right, bottom)."""
        self._pen.ellipse([edge * OVERSAMPLING for edge in box], colour)

    def shape(self, corners: list[Point], colour: Colour) -> None:
        """Draw a filled polygon."""
        self._pen.polygon([(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in corners], colour)

    def limb(self, start: Point, end: Point, width: float, colour: Colour) -> None:
        """Draw a line with round ends."""
        (ax, ay), (bx, by), half = start, end, width / 2
        line = [one * OVERSAMPLING for one in (ax, ay, bx, by)]
        self._pen.line(line, colour, int(width * OVERSAMPLING))
        for x, y in (start, end):
            self.blob((x - half, y - half, x + half, y + half), colour)

    def smoothed(self) -> Image.Image:
        """Return the finished picture."""
        return self._sheet.reduce(OVERSAMPLING)


def fox(stride: float) -> Image.Image:
    """Draw a trotting fox; `stride` from 0 to 1 is one cycle of the legs."""
    fur, dark, pale = (190, 98, 48), (44, 32, 34), (226, 206, 184)
    sprite = Sprite(230, 130)
    swing = math.sin(stride * math.tau) * 15
    bob = math.cos(stride * math.tau * 2) * 1.5
    for hip, reach in ((92, -swing), (150, swing)):  # the far legs
        sprite.limb((hip, 84 + bob), (hip + reach, 126), 9, (112, 58, 34))
    sprite.limb((72, 66 + bob), (36, 76 + swing / 4), 20, fur)  # the brush and its tip
    sprite.blob((6, 64 + swing / 4, 52, 88 + swing / 4), fur)
    sprite.blob((2, 67 + swing / 4, 24, 83 + swing / 4), pale)
    sprite.blob((64, 50 + bob, 166, 92 + bob), fur)
    sprite.blob((132, 44 + bob, 176, 86 + bob), fur)
    for hip, reach in ((84, swing), (158, -swing)):
        sprite.limb((hip, 84 + bob), (hip + reach, 126), 10, fur)
        sprite.limb((hip + reach * 0.6, 110), (hip + reach, 126), 9, dark)
    sprite.blob((158, 26 + bob, 196, 60 + bob), fur)
    sprite.shape([(184, 34 + bob), (222, 53 + bob), (180, 58 + bob)], fur)  # the muzzle
    sprite.shape([(180, 51 + bob), (216, 54 + bob), (172, 62 + bob)], pale)
    sprite.blob((216, 49 + bob, 224, 56 + bob), dark)
    sprite.shape([(162, 34 + bob), (160, 8 + bob), (177, 28 + bob)], fur)  # the ears
    sprite.shape([(174, 30 + bob), (181, 8 + bob), (189, 34 + bob)], dark)
    sprite.blob((184, 37 + bob, 190, 43 + bob), (250, 236, 170))
    return sprite.smoothed()


def person(stride: float) -> Image.Image:
    """Draw a walking person in a long coat with a lantern; `stride` as of the fox."""
    coat, dark, skin, hat = (58, 66, 92), (30, 32, 46), (206, 166, 140), (96, 78, 70)
    sprite = Sprite(120, 200)
    swing = math.sin(stride * math.tau) * 20
    for reach in (swing, -swing):
        sprite.limb((56, 130), (56 + reach, 192), 15, dark)
        sprite.limb((56 + reach, 194), (66 + reach, 194), 10, (20, 20, 28))
    sprite.shape([(44, 52), (70, 52), (82, 158), (34, 158)], coat)
    sprite.blob((40, 42, 74, 76), coat)
    sprite.limb((50, 60), (40 - swing / 3, 112), 12, (46, 53, 76))
    sprite.limb((62, 60), (90, 98), 12, coat)
    sprite.blob((44, 12, 72, 44), skin)
    sprite.shape([(40, 22), (46, 6), (68, 6), (74, 22)], hat)
    sprite.limb((38, 23), (80, 23), 4, hat)
    sprite.limb((92, 98), (92, 108), 2, (20, 20, 28))
    sprite.shape([(85, 108), (99, 108), (102, 130), (82, 130)], LAMP)
    sprite.limb((82, 131), (102, 131), 4, (40, 34, 30))
    return sprite.smoothed()


def nightjar(beat: float) -> Image.Image:
    """Draw a nightjar in flight; `beat` from 0 to 1 is one beat of the wings."""
    sprite = Sprite(120, 80)
    lift = 24 * math.sin(beat * math.tau)
    for tip in (14, 94):
        sprite.shape([(46, 40), (62, 40), (tip, 40 - lift), (tip + 12, 34 - lift)], BLACK)
    sprite.blob((28, 36, 80, 46), BLACK)
    sprite.shape([(32, 40), (6, 36), (6, 46)], BLACK)
    return sprite.smoothed()


def pedestrian(stride: float, coat: Colour, legs: Colour) -> Image.Image:
    """Draw a walking person without a lantern; `stride` as of the fox."""
    skin, hair = (206, 166, 140), (60, 48, 42)
    sprite = Sprite(100, 200)
    swing = math.sin(stride * math.tau) * 22
    for reach in (-swing, swing):
        sprite.limb((48, 112), (48 + reach * 0.6, 152), 17, legs)
        sprite.limb((48 + reach * 0.6, 152), (48 + reach, 192), 13, legs)
        sprite.limb((48 + reach, 194), (58 + reach, 194), 10, BLACK)
    sprite.limb((48, 56), (44 + swing * 0.7, 106), 11, coat)  # the far arm
    sprite.shape([(34, 46), (62, 46), (64, 122), (34, 122)], coat)
    sprite.blob((33, 38, 63, 66), coat)
    sprite.limb((50, 56), (52 - swing * 0.7, 106), 12, coat)
    sprite.blob((36, 8, 62, 40), skin)
    sprite.blob((34, 4, 62, 26), hair)
    return sprite.smoothed()


def quadruped(stride: float, fur: Colour) -> Image.Image:
    """Draw a walking cat or dog, by its size; `stride` as of the fox."""
    sprite = Sprite(200, 120)
    dark = (fur[0] * 3 // 4, fur[1] * 3 // 4, fur[2] * 3 // 4)
    swing = math.sin(stride * math.tau) * 16
    for hip, reach in ((58, -swing), (134, swing)):
        sprite.limb((hip, 70), (hip + reach, 114), 9, dark)
    sprite.limb((46, 52), (10, 28 + swing / 3), 9, fur)  # the tail
    sprite.blob((40, 36, 150, 82), fur)
    for hip, reach in ((52, swing), (142, -swing)):
        sprite.limb((hip, 70), (hip + reach, 114), 11, fur)
    sprite.limb((142, 50), (162, 34), 20, fur)
    sprite.blob((146, 14, 188, 52), fur)
    sprite.shape([(152, 22), (154, 4), (166, 18)], dark)
    return sprite.smoothed()


def car(paint: Colour, are_lights_on: bool) -> Image.Image:
    """Draw a car from the side."""
    glass, tyre = (58, 70, 84), (24, 24, 28)
    sprite = Sprite(460, 150)
    sprite.shape([(110, 60), (160, 12), (290, 12), (352, 60)], paint)
    sprite.shape([(126, 58), (166, 20), (222, 20), (222, 58)], glass)
    sprite.shape([(232, 58), (232, 20), (284, 20), (334, 58)], glass)
    sprite.blob((10, 54, 110, 122), paint)
    sprite.blob((350, 56, 452, 122), paint)
    sprite.shape([(40, 56), (416, 58), (440, 118), (22, 118)], paint)
    for centre in (104, 350):
        sprite.blob((centre - 34, 80, centre + 34, 148), tyre)
        sprite.blob((centre - 16, 98, centre + 16, 130), (120, 122, 126))
    if are_lights_on:
        sprite.blob((426, 72, 454, 94), (255, 255, 240))
        sprite.blob((12, 72, 28, 90), (200, 40, 40))
    return sprite.smoothed()
