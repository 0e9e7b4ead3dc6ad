"""The parts of the picture in which motion counts. Without numpy, for settings."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from photo_wire.polygons import Outline

Point = tuple[float, float]  # shares of the picture: from the left, from the top
Polygon = tuple[Point, ...]

GRID = (320, 240)  # columns and rows; a polygon must contain the centre of one of these points


@dataclass(frozen=True, slots=True)
class Zones:
    """Motion counts within any of the polygons `watched`, or everywhere if there are none, but not
    within any of `masked`. Raises ValueError, which says which polygon is wrong."""

    watched: tuple[Polygon, ...] = ()
    masked: tuple[Polygon, ...] = ()

    def __post_init__(self) -> None:
        for polygon in self.watched + self.masked:
            _check(polygon)
        if not any(self.rasterized(*GRID)):
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


def in_percent(polygons: tuple[Polygon, ...]) -> tuple[Outline, ...]:
    """Return polygons as settings and heartbeats have them, in percent."""
    return tuple(tuple((round(100 * x, 2), round(100 * y, 2)) for x, y in one) for one in polygons)


def _check(polygon: Polygon) -> None:
    shown = " ".join(f"{x:g},{y:g}" for x, y in polygon)
    if len(polygon) < 3:
        raise ValueError(f"a polygon needs at least three points: {shown}")
    if not all(0 <= share <= 1 for point in polygon for share in point):
        raise ValueError(f"the points of a polygon must be within the picture: {shown}")
    if not is_visible(polygon):
        raise ValueError(f"a polygon must have an area: {shown}")


def has_area(polygon: Polygon) -> bool:
    """Return whether the corners of a polygon are not all on one line."""
    (ax, ay), *others = polygon
    farthest = max(others, key=lambda one: abs(one[0] - ax) + abs(one[1] - ay))
    bx, by = farthest[0] - ax, farthest[1] - ay
    return any(abs(bx * (y - ay) - by * (x - ax)) > 1e-9 for x, y in others)


def is_visible(polygon: Polygon) -> bool:
    """Return whether a polygon contains any of the points in which motion is looked for."""
    return any(_spans(polygon, *GRID))


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
