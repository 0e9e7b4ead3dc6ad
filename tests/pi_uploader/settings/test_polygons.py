import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.polygons import MAX_CORNERS, MAX_POLYGONS
from pi_uploader.motion.zones import in_percent
from pi_uploader.settings import CaptureSettings, SettingsError, load_settings
from pi_uploader.settings.polygons import masks, zones

SQUARE = "0,0 10,0 10,10 0,10"
OUTSIDE = "outside of the picture: 0,0 is its upper left corner, and 100,100 the lower right one"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{SQUARE};", "has nothing as polygon 2: a ; only stands between two polygons"),
        (f"{SQUARE};;{SQUARE}", "has nothing as polygon 2: a ; only stands between two polygons"),
        (
            f"{SQUARE}; 0,0 10.125,0 0,10",
            "has '10.125,0' in polygon 2: two decimals at most, such as 12.25,40",
        ),
        ("0,0 10,20; 1,1", "has polygon 1 with fewer than 3 corners; such as 10,20 90,20 50,80 is"),
        ("0,0 100,0 101,50", f"has '101,50' in polygon 1, {OUTSIDE}"),
        ("0,0 -1,0 5,5", f"has '-1,0' in polygon 1, {OUTSIDE}"),
        ("0,0 1000000,0 5,5", f"has '1000000,0' in polygon 1, {OUTSIDE}"),
        ("0,0 10, 20 30,40", "has '10,' in polygon 1: a corner is X,Y such as 12.5,40"),
        ("0,0 10% 30,40", "has '10%' in polygon 1: a corner is X,Y such as 12.5,40"),
        ("0,0 nan,1 30,40", "has 'nan,1' in polygon 1: a corner is X,Y such as 12.5,40"),
        ("0,0 1" + "0" * 90 + " 1,1", "has '1" + "0" * 19 + "...' in polygon 1: a corner is"),
        ("0,0 50,50 99,99", "has polygon 1 without an area: its corners are on one line"),
        ("7,7 7,7 7,7", "has polygon 1 without an area: its corners are on one line"),
        (
            f"{SQUARE}; 0,0 0.1,0 0.1,0.1",
            "has polygon 2, which is too small: motion is looked for in 320 x 240 points, and it "
            "has the centre of none of them",
        ),
        (" ".join(["1,1"] * 51), "has polygon 1 with 51 corners: 50 are possible"),
        ("; ".join([SQUARE] * 21), "has 21 polygons: 20 are possible"),
    ],
)
@pytest.mark.parametrize("name", ["CAMERA_ZONES", "CAMERA_MASKS"])
def test_what_is_wrong_is_named_with_its_polygon(name: str, text: str, problem: str) -> None:
    environ = {"CAMERA_SOURCE": "simulated", "HOME": "/", name: text}
    with pytest.raises(SettingsError) as error:
        load_settings(CaptureSettings, environ)
    (found,) = error.value.problems
    assert found.startswith(f"{name}: must be ")
    assert problem in found


def test_the_most_polygons_and_corners_are_read() -> None:
    one = " ".join(f"{x},{y}" for x, y in [(0, 0), (10, 0), *[(10, 20)] * (MAX_CORNERS - 2)])
    found = zones("; ".join([one] * MAX_POLYGONS))
    assert [len(polygon) for polygon in found] == [MAX_CORNERS] * MAX_POLYGONS


def test_a_bow_tie_has_an_area() -> None:
    """Its halves cancel out in the area that surveyors compute."""
    assert masks("0,0 10,10 10,0 0,10")


HUNDREDTHS = st.integers(0, 10_000)
POLYGONS = st.lists(
    st.lists(st.tuples(HUNDREDTHS, HUNDREDTHS), min_size=3, max_size=8), min_size=1, max_size=4
)


@given(POLYGONS)
def test_what_is_read_is_what_the_text_says(polygons: list[list[tuple[int, int]]]) -> None:
    """Unless one has no area, or is too small."""
    text = "; ".join(" ".join(f"{x / 100:g},{y / 100:g}" for x, y in one) for one in polygons)
    with contextlib.suppress(ValueError):
        found = in_percent(zones(text))
        assert found == tuple(tuple((x / 100, y / 100) for x, y in one) for one in polygons)


@given(st.text("0123456789.,; -", max_size=40).filter(lambda text: re.search("[0-9]", text)))
def test_no_text_is_refused_without_a_reason(text: str) -> None:
    """A value without a digit is none of polygons, and what it must be is said anyway."""
    with contextlib.suppress(ValueError):
        zones(text)
        return
    with pytest.raises(ValueError, match=r"has .*polygon"):
        zones(text)
