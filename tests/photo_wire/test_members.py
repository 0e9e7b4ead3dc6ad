"""Members of JSON objects are of the expected type, or are named in the error."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.errors import WireError
from photo_wire.members import Members
from tests.photo_wire.strategies import json_values

READERS: list[Callable[[Members], object]] = [
    lambda members: members.text("one", 10),
    lambda members: members.flag("one"),
    lambda members: members.whole("one"),
    lambda members: members.number("one", -1, 1e9),
    lambda members: members.time("one"),
    lambda members: members.keywords("one", 3),
    lambda members: members.array("one", 3),
    lambda members: members.child("one"),
    lambda members: members.children("one", 3),
]


@given(value=json_values)
def test_every_value_is_read_or_named(value: object) -> None:
    for read in READERS:
        try:
            read(Members({"one": value}, "outer"))
        except WireError as error:
            assert error.field.startswith("outer.one")  # noqa: PT017 - one of two results


@pytest.mark.parametrize("read", READERS)
def test_what_is_absent_or_null_is_none_or_empty(read: Callable[[Members], object]) -> None:
    assert not read(Members({}))
    assert not read(Members({"one": None}))


@given(st.text())
def test_texts_become_printable_and_short(text: str) -> None:
    read = Members({"one": text}).text("one", 10)
    assert read is not None
    assert read.isprintable()
    assert len(read) <= 10


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-2", "true", '"1"'])
def test_odd_numbers_are_refused(number: str) -> None:
    members = Members(json.loads(f'{{"one": {number}}}'))
    with pytest.raises(WireError, match="one: is not a number from -1 to 5"):
        members.number("one", -1, 5)
    with pytest.raises(WireError, match="one: is not a whole number"):
        members.whole("one")


def test_an_object_is_required() -> None:
    values: tuple[object, ...] = (None, 1, "text", [])
    for value in values:
        with pytest.raises(WireError, match="pin: is not a JSON object"):
            Members(value, "pin")
