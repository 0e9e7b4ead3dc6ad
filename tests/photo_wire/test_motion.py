"""What a device saw in a picture survives the way as HTTP headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.errors import WireError
from photo_wire.motion import (
    LABELS,
    MAX_LABELS,
    MAX_WORD,
    MOTION,
    TYPED_WORD,
    Label,
    Motion,
    format_labels,
    parse_labels,
    parse_motion,
    parse_typed_word,
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


@given(st.from_regex(TYPED_WORD, fullmatch=True))
def test_what_a_person_writes_is_a_label(text: str) -> None:
    """In capitals and with spaces, too; a label stays as it is."""
    if len(text) > MAX_WORD:
        with pytest.raises(WireError, match="label"):
            parse_typed_word(text, "label")
        return
    word = parse_typed_word(text, "label")
    assert parse_labels(f"{word}=1") == (Label(word, 1.0),)
    assert parse_typed_word(word, "label") == word


@given(labels)
def test_a_label_is_found_however_it_is_written(label: Label) -> None:
    assert parse_typed_word(label.word.upper(), "label") == label.word


def test_spaces_are_hyphens() -> None:
    assert parse_typed_word(" Cell  Phone ", "label") == "cell-phone"
    for text in ("", " ", "7up", "größe", "a,b", "-a", "\u212a", "a\n"):
        with pytest.raises(WireError):
            parse_typed_word(text, "label")
