from typing import Any

from function_app.web.zones import Drawn, describe_zones

STATUS: dict[str, Any] = {
    "state": "ready",
    "motion": "watching",
    "zones": [],
    "masks": [],
    "omitted_polygons": None,
}


def test_polygons_are_numbered_within_their_kind() -> None:
    """Their numbers stand amid their corners; the values are those of the settings."""
    zone = [[0.0, 0.0], [100.0, 0.0], [50.0, 99.99]]
    masks = [[[10.25, 20.0], [30.0, 20.0], [20.5, 40.0], [12.0, 30.0]], zone]
    found = describe_zones({**STATUS, "zones": [zone], "masks": masks})
    assert found["drawn"] == [
        Drawn("zone", 1, "0,0 100,0 50,99.99", "50", "33.33"),
        Drawn("mask", 1, "10.25,20 30,20 20.5,40 12,30", "18.19", "27.5"),
        Drawn("mask", 2, "0,0 100,0 50,99.99", "50", "33.33"),
    ]
    assert found["zones"] == "0,0 100,0 50,99.99"
    assert found["masks"] == "10.25,20 30,20 20.5,40 12,30; 0,0 100,0 50,99.99"


def test_a_camera_without_polygons_has_the_values_of_the_defaults() -> None:
    found = describe_zones(STATUS)
    assert (found["drawn"], found["zones"], found["masks"]) == ([], "all", "none")
    assert (found["omitted"], found["is_reported"], found["is_used"]) == (0, True, True)
    unknown = describe_zones({**STATUS, "state": "unknown", "motion": None})
    assert (unknown["is_reported"], unknown["is_used"]) == (False, False)
