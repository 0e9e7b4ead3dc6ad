"""What a device saw in a picture survives the way as HTTP headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.errors import WireError
from photo_wire.motion import (
    LABELS,
    MAX_LABELS,
    MOTION,
    Label,
    Motion,
    format_labels,
    parse_labels,
    parse_motion,
)
from tests.photo_wire.strategies import labels, motions


@given(motions)
def test_motion_survives_the_wire(motion: Motion) -> None:
    assert parse_motion(str(motion)) == motion


@given(st.lists(labels, min_size=1, max_size=MAX_LABELS, unique_by=lambda one: one.word))
def test_labels_survive_the_wire(found: list[Label]) -> None:
    assert parse_labels(format_labels(found)) == tuple(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "0,0,0,0",
        "0.5, 0.5, 0.6, 0.1",
        "0.1, 0.1, 0.1",
        "-0.1, 0, 1, 1",
        "nan, 0, 1, 1",
        "2, 0, 1, 1",
    ],
)
def test_malformed_motion_is_refused(text: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_motion(text)
    assert caught.value.field == MOTION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "person",
        "person=2",
        "Person=0.5",
        "a=0.1," * MAX_LABELS + "a=0.1",
        "a=nan",
        "<b>=0.5",
        "a=0.1, a=0.2",
    ],
)
def test_malformed_labels_are_refused(text: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_labels(text)
    assert caught.value.field == LABELS
