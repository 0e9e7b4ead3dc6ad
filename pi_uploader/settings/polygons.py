"""Parsers of polygons: the parts of a camera's picture in which motion counts, or does not."""

import re

from photo_wire.errors import quoted
from photo_wire.polygons import MAX_CORNERS, MAX_POLYGONS, MIN_CORNERS
from pi_uploader.motion.zones import GRID, Point, Polygon, has_area, is_visible

_EXAMPLE = "10,20 90,20 50,80"
_PERCENT = r"-?[0-9]+(?:\.[0-9]+)?"
_CORNER = re.compile(f"({_PERCENT}),({_PERCENT})")


def zones(text: str) -> tuple[Polygon, ...]:
    """Return the polygons in which motion counts; none for `all`. Raises ValueError, which says
    which polygon is wrong and why."""
    return () if text == "all" else _polygons(text)


def masks(text: str) -> tuple[Polygon, ...]:
    """Return the polygons in which motion does not count; none for `none`. Raises ValueError as
    `zones` does."""
    return () if text == "none" else _polygons(text)


def _polygons(text: str) -> tuple[Polygon, ...]:
    """Return polygons of shares, from `10,20 30,40 50,60; ...` in percent."""
    if not re.search("[0-9]", text):
        raise ValueError
    parts = text.split(";")
    if len(parts) > MAX_POLYGONS:
        raise ValueError(f"has {len(parts)} polygons: {MAX_POLYGONS} are possible")
    return tuple(_polygon(part, f"polygon {count}") for count, part in enumerate(parts, 1))


def _polygon(text: str, name: str) -> Polygon:
    corners = text.split()
    if not corners:
        raise ValueError(f"has nothing as {name}: a ; only stands between two polygons")
    polygon = tuple(_corner(corner, name) for corner in corners)
    if len(polygon) < MIN_CORNERS:
        raise ValueError(
            f"has {name} with fewer than {MIN_CORNERS} corners; such as {_EXAMPLE} is right"
        )
    if len(polygon) > MAX_CORNERS:
        raise ValueError(f"has {name} with {len(polygon)} corners: {MAX_CORNERS} are possible")
    if not has_area(polygon):
        raise ValueError(f"has {name} without an area: its corners are on one line")
    if not is_visible(polygon):
        columns, rows = GRID
        raise ValueError(
            f"has {name}, which is too small: motion is looked for in {columns} x {rows} points, "
            "and it has the centre of none of them"
        )
    return polygon


def _corner(text: str, name: str) -> Point:
    match = _CORNER.fullmatch(text)
    if match is None:
        raise ValueError(f"has {quoted(text, 20)} in {name}: a corner is X,Y such as 12.5,40")
    if any(len(number.partition(".")[2]) > 2 for number in match.groups()):
        raise ValueError(
            f"has {quoted(text, 20)} in {name}: two decimals at most, such as 12.25,40"
        )
    x, y = (float(number) for number in match.groups())
    if not (0 <= x <= 100 and 0 <= y <= 100):
        raise ValueError(
            f"has {quoted(text, 20)} in {name}, outside of the picture: 0,0 is its upper left "
            "corner, and 100,100 the lower right one"
        )
    return x / 100, y / 100
