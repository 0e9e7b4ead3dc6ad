"""The zones and masks of a camera, as the page of its live pictures draws them over the last photo,
and the values of the settings that say the same."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from function_app.devices.views import ShownState

Polygon = Sequence[Sequence[float]]  # corners in percent of the picture, as the API has them


class Drawn(NamedTuple):
    """A polygon: `zone` or `mask`, its number among those, its corners as SVG and settings have
    them, and where its number stands, in percent."""

    kind: str
    number: int
    corners: str
    x: str
    y: str


def describe_zones(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page needs of a camera's status (GET /api/cameras/{camera}/status)."""
    zones, masks = status["zones"], status["masks"]
    return {
        "drawn": [*_draw("zone", zones), *_draw("mask", masks)],
        "zones": "; ".join(map(_corners, zones)) or "all",
        "masks": "; ".join(map(_corners, masks)) or "none",
        "omitted": status["omitted_polygons"] or 0,
        "is_reported": status["state"] != ShownState.UNKNOWN,
        "is_used": status["motion"] is not None,
    }


def _draw(kind: str, polygons: Iterable[Polygon]) -> Iterable[Drawn]:
    for number, polygon in enumerate(polygons, 1):
        x, y = (sum(values) / len(polygon) for values in zip(*polygon, strict=True))
        yield Drawn(kind, number, _corners(polygon), f"{x:.4g}", f"{y:.4g}")


def _corners(polygon: Polygon) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in polygon)
