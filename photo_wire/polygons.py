"""The zones and masks of a camera in a heartbeat: polygons in percent of the picture's width and
height, from its upper left corner. `[[[10, 20], [90, 20.5], [50, 80]]]` is one polygon."""

from typing import Any

from photo_wire.errors import WireError
from photo_wire.members import Members

Corner = tuple[float, float]  # percent from the left and from the top, with two decimals at most
Outline = tuple[Corner, ...]

MAX_POLYGONS = 20  # zones of a camera, and as many masks
MIN_CORNERS = 3
MAX_CORNERS = 50  # of a polygon


def parse_polygons(members: Members, name: str) -> tuple[Outline, ...]:
    """Return the polygons in a member; none if it is absent. Numbers are rounded to two decimals.
    Raises WireError, naming the polygon or the corner that is wrong."""
    return tuple(
        _parse_polygon(one, f"{members.path(name)}[{index}]")
        for index, one in enumerate(members.array(name, MAX_POLYGONS))
    )


def _parse_polygon(value: Any, where: str) -> Outline:
    if not isinstance(value, list) or not MIN_CORNERS <= len(value) <= MAX_CORNERS:
        raise WireError(where, f"is not a list of {MIN_CORNERS} to {MAX_CORNERS} corners")
    return tuple(_parse_corner(one, f"{where}[{index}]") for index, one in enumerate(value))


def _parse_corner(value: Any, where: str) -> Corner:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_percent, value)):
        raise WireError(where, "is not [X, Y] in percent, each from 0 to 100")
    x, y = value
    return round(float(x), 2), round(float(y), 2)


def _is_percent(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 100  # NaN is not
