"""A small picture with a clear ground, its edges smooth."""

from PIL import Image, ImageDraw

FINE = 4  # it is drawn so much larger, and made smaller at the end

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Sprite:
    """A sheet of `width` x `height` pixels to draw on."""

    def __init__(self, width: int, height: int) -> None:
        self._sheet = Image.new("RGBA", (width * FINE, height * FINE))
        self._pen = ImageDraw.Draw(self._sheet)

    def blob(self, box: tuple[float, float, float, float], colour: Colour) -> None:
        """An ellipse that fills the box (left, top, right, bottom)."""
        self._pen.ellipse([edge * FINE for edge in box], colour)

    def shape(self, corners: list[Point], colour: Colour) -> None:
        """What lies between the corners."""
        self._pen.polygon([(x * FINE, y * FINE) for x, y in corners], colour)

    def limb(self, start: Point, end: Point, width: float, colour: Colour) -> None:
        """A line with round ends."""
        (ax, ay), (bx, by), half = start, end, width / 2
        self._pen.line((ax * FINE, ay * FINE, bx * FINE, by * FINE), colour, int(width * FINE))
        for x, y in (start, end):
            self.blob((x - half, y - half, x + half, y + half), colour)

    def smoothed(self) -> Image.Image:
        """The finished picture."""
        return self._sheet.reduce(FINE)
