"""The parts of the picture in which motion counts. Without numpy, for settings."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]  # shares of the picture: from the left, from the top
Polygon = tuple[Point, ...]

_SMALLEST = (320, 240)  # a zone must cover the centre of one of so many points, columns and rows


@dataclass(frozen=True, slots=True)
class Zones:
    """Motion counts within any of the polygons `watched`, or everywhere if there are none, but not
    within any of `masked`. Raises ValueError, which says which polygon is wrong."""

    watched: tuple[Polygon, ...] = ()
    masked: tuple[Polygon, ...] = ()

    def __post_init__(self) -> None:
        for polygon in self.watched + self.masked:
            _check(polygon)
        if not any(self.rasterized(*_SMALLEST)):
            raise ValueError("the masks leave nothing of the picture in which motion counts")

    def rasterized(self, width: int, height: int) -> bytearray:
        """Return 1 for each point in which motion counts and 0 for each other one, row by row, of
        a picture of `width` x `height` points."""
        points = bytearray(b"\x00" if self.watched else b"\x01") * (width * height)
        for polygons, value in ((self.watched, b"\x01"), (self.masked, b"\x00")):
            for polygon in polygons:
                for start, end in _spans(polygon, width, height):
                    points[start:end] = value * (end - start)
        return points


EVERYWHERE = Zones()


def _check(polygon: Polygon) -> None:
    shown = " ".join(f"{x:g},{y:g}" for x, y in polygon)
    if len(polygon) < 3:
        raise ValueError(f"a polygon needs at least three points: {shown}")
    if not all(0 <= share <= 1 for point in polygon for share in point):
        raise ValueError(f"the points of a polygon must be within the picture: {shown}")
    if not any(_spans(polygon, *_SMALLEST)):
        raise ValueError(f"a polygon must have an area: {shown}")


def _spans(polygon: Polygon, width: int, height: int) -> Iterator[tuple[int, int]]:
    """Yield where each run of points whose centres are inside the polygon starts and ends. Inside
    is what an odd number of its sides encloses."""
    for row in range(height):
        y = (row + 0.5) / height
        crossings = sorted(
            ax + (y - ay) / (by - ay) * (bx - ax)
            for (ax, ay), (bx, by) in pairwise((*polygon, polygon[0]))
            if (ay <= y) != (by <= y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            start, end = (min(width, max(0, round(x * width))) for x in (left, right))
            if start < end:
                yield row * width + start, row * width + end
