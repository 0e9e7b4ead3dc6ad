import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.motion.zones import EVERYWHERE, Polygon, Zones

LEFT_HALF: Polygon = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
TOP_HALF: Polygon = ((0, 0), (1, 0), (1, 0.5), (0, 0.5))
BOTTOM_HALF: Polygon = ((0, 0.5), (1, 0.5), (1, 1), (0, 1))
SHARES = st.floats(0, 1)
POLYGONS = st.lists(st.tuples(SHARES, SHARES), min_size=3, max_size=6).map(tuple)


def test_without_polygons_motion_counts_everywhere() -> None:
    assert EVERYWHERE.rasterized(4, 2) == bytes([1] * 8)


@pytest.mark.parametrize(
    ("zones", "rows"),
    [
        (Zones(watched=(LEFT_HALF,)), ["1100", "1100"]),
        (Zones(masked=(LEFT_HALF,)), ["0011", "0011"]),
        (Zones(watched=(TOP_HALF,), masked=(LEFT_HALF,)), ["0011", "0000"]),
        (Zones(watched=(TOP_HALF, LEFT_HALF)), ["1111", "1100"]),
    ],
)
def test_masks_are_taken_out_of_what_is_watched(zones: Zones, rows: list[str]) -> None:
    points = zones.rasterized(4, 2)
    assert ["".join(map(str, points[start : start + 4])) for start in (0, 4)] == rows


def test_a_concave_polygon_leaves_its_notch_out() -> None:
    notched: Polygon = (
        (0, 0),
        (0.25, 0),
        (0.25, 0.5),
        (0.75, 0.5),
        (0.75, 0),
        (1, 0),
        (1, 1),
        (0, 1),
    )
    points = Zones(watched=(notched,)).rasterized(4, 2)
    assert list(points) == [1, 0, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("watched", "masked", "reason"),
    [
        ([((0, 0), (1, 1))], [], "a polygon needs at least three points: 0,0 1,1"),
        ([((0, 0), (1.5, 0), (1, 1))], [], "must be within the picture: 0,0 1.5,0 1,1"),
        ([((0, 0), (float("nan"), 0), (1, 1))], [], "must be within the picture"),
        ([], [((0, 0), (0.5, 0.5), (1, 1))], "must have an area: 0,0 0.5,0.5 1,1"),
        ([], [TOP_HALF, BOTTOM_HALF], "the masks leave nothing of the picture"),
        ([TOP_HALF], [TOP_HALF], "the masks leave nothing of the picture"),
    ],
)
def test_what_is_wrong_is_named(watched: list[Polygon], masked: list[Polygon], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Zones(tuple(watched), tuple(masked))


@given(polygon=POLYGONS, width=st.integers(1, 50), height=st.integers(1, 50))
def test_a_mask_is_what_watching_leaves_out(polygon: Polygon, width: int, height: int) -> None:
    try:
        watched, masked = Zones(watched=(polygon,)), Zones(masked=(polygon,))
    except ValueError:
        return  # without an area, or the whole picture
    inside = watched.rasterized(width, height)
    outside = masked.rasterized(width, height)
    assert len(inside) == len(outside) == width * height
    assert all(a + b == 1 for a, b in zip(inside, outside, strict=True))
