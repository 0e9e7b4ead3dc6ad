import pytest

from photo_wire.camera_state import CameraState, PinState, parse_camera
from photo_wire.errors import WireError
from photo_wire.members import Members

TRIANGLE = ((0.0, 0.0), (10.0, 0.0), (0.0, 10.5))


def test_a_state_without_members_is_unknown() -> None:
    assert parse_camera(Members({}, "cameras.gate")) == CameraState()


def test_the_pin_that_is_wrong_is_named() -> None:
    members = Members({"pins": [{"number": 17, "use": "pir_pin"}, {"use": "pin"}]}, "cameras.gate")
    with pytest.raises(WireError, match=r"^cameras\.gate\.pins\[1\]\.number: is missing$"):
        parse_camera(members)
    members = Members({"pins": [{"number": 17, "use": "pir_pin"}]}, "cameras.gate")
    assert parse_camera(members).pins == (PinState(17, "pir_pin"),)


def test_polygons_that_are_left_out_are_counted() -> None:
    """With those that were left out before; where there are none, nothing is said."""
    state = CameraState(zones=(TRIANGLE,), masks=(TRIANGLE, TRIANGLE), omitted_polygons=2)
    assert state.corners == 9
    assert state.without_polygons() == CameraState(omitted_polygons=5)
    assert CameraState().without_polygons() == CameraState()


def test_reasons_are_cut_and_others_stay() -> None:
    state = CameraState(failing="f" * 30, motion="m" * 30, source="s" * 30)
    assert state.with_short_reasons(25) == CameraState(
        failing="f" * 25, motion="m" * 25, source="s" * 30
    )
