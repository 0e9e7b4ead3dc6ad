import math
from typing import Any

import pytest
from hypothesis import given

from photo_wire.errors import WireError
from photo_wire.members import Members
from photo_wire.polygons import MAX_CORNERS, MAX_POLYGONS, parse_polygons
from tests.photo_wire.strategies import json_values

CORNER = [10, 20.5]
TRIANGLE = [[0, 0], [100, 0], [33.333, 66.666]]


def parse(value: Any) -> object:
    return parse_polygons(Members({"zones": value}, "cameras.gate"), "zones")


def test_polygons_are_read_with_two_decimals() -> None:
    assert parse([TRIANGLE]) == (((0, 0), (100, 0), (33.33, 66.67)),)
    assert parse(None) == parse([]) == ()
    assert parse([[CORNER] * MAX_CORNERS] * MAX_POLYGONS)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("10,20 30,40", "cameras.gate.zones: is not a list of at most 20"),
        ([TRIANGLE] * 21, "cameras.gate.zones: is not a list of at most 20"),
        ([TRIANGLE, [CORNER] * 2], "cameras.gate.zones[1]: is not a list of 3 to 50 corners"),
        ([[CORNER] * 10_000], "cameras.gate.zones[0]: is not a list of 3 to 50 corners"),
        ([{"0": CORNER}], "cameras.gate.zones[0]: is not a list of 3 to 50 corners"),
        *[
            (
                [[CORNER, CORNER, wrong]],
                "cameras.gate.zones[0][2]: is not [X, Y] in percent, each from 0 to 100",
            )
            for wrong in (
                *([10], [10, 20, 30], 10, None, "10,20", {"x": 1, "y": 2}, [10, "20"]),
                *([10, None], [True, 20], [[10], 20], [10, -0.01], [100.01, 0], [10**400, 0]),
                *([10, math.nan], [math.inf, 10], [1e308, 10]),
            )
        ],
    ],
)
def test_what_is_no_polygon_is_named(value: Any, problem: str) -> None:
    with pytest.raises(WireError) as error:
        parse(value)
    assert str(error.value) == problem


@given(json_values)
def test_no_value_raises_anything_but_a_wire_error(value: Any) -> None:
    for polygons in (value, [value], [[value] * 3], [[[value, value]] * 3]):
        try:
            found = parse(polygons)
        except WireError:
            continue
        assert isinstance(found, tuple)
