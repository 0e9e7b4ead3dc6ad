"""Parameters: what they take, what a handler gets, and what a wrong value is told."""

import re
from datetime import UTC, date, datetime

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.http import parameters
from function_app.http.parameters import (
    BOOLEAN,
    CAMERA,
    CAMERA_NAME,
    DAY,
    LIMIT,
    MOMENT,
    NAME,
    PHOTO,
    PHOTO_NAME,
    TEXT,
    TIME,
    Kind,
    choice,
    defaulting,
    json_number,
    optional,
    photo_names,
    required,
    whole_number,
)
from function_app.http.route import Inputs
from photo_wire.errors import WireError
from tests.support.api import MOMENT as TAKEN_AT
from tests.support.api import name_of

ORDER = choice(("newest", "oldest"))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (whole_number(1, 200), "200", 200),
        (json_number(1, 200), 1, 1),
        (MOMENT, "2026-11-20T13:01:34.567 01:00", TAKEN_AT),  # a plus sign that arrived as a space
        (TIME, "2026-11-20T12:01:34.567Z", TAKEN_AT),
        (DAY, "2026-11-20", date(2026, 11, 20)),
        (ORDER, "oldest", "oldest"),
        (BOOLEAN, False, False),
        (TEXT, "", ""),
        (CAMERA_NAME, "gate", "gate"),
        (NAME, "vera.b_1", "vera.b_1"),
        (PHOTO_NAME, str(name_of("gate")), name_of("gate")),
        (photo_names(2), [str(name_of("gate"))] * 2, [name_of("gate")]),
        (photo_names(2), [], []),
    ],
)
def test_a_value_is_parsed(kind: Kind[object], value: object, expected: object) -> None:
    assert kind.parse(value, "it") == expected


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (whole_number(1, 200), "0", "it: must be a whole number from 1 to 200, not '0'"),
        (whole_number(1, 200), "1.5", "it: must be a whole number from 1 to 200, not '1.5'"),
        (
            whole_number(1, 200),
            "\u0663",
            "it: must be a whole number from 1 to 200, not '\\\\u0663'",
        ),
        (whole_number(1, 9, "a number of seconds"), "", "it: must be a number of seconds from"),
        (json_number(1, 200), 201, "it: must be a whole number from 1 to 200"),
        (json_number(1, 200), True, "it: must be a whole number from 1 to 200"),
        (json_number(1, 200), "5", "it: must be a whole number from 1 to 200"),
        (DAY, "today", "it: must be a day such as 2026-11-20, not 'today'"),
        (MOMENT, "yesterday", "it: 'yesterday' is not an RFC 3339 time"),
        (TIME, 5, "it: must be a string"),
        (ORDER, "random", "it: must be one of newest, oldest, not 'random'"),
        (ORDER, None, "it: must be one of newest, oldest, not null"),
        (BOOLEAN, "false", "it: must be true or false"),
        (TEXT, None, "it: must be a string"),
        (CAMERA_NAME, "Gate", "it: 'Gate' is not a camera's name"),
        (NAME, "Vera", "it: 'Vera' must be 1 to 32"),
        (PHOTO_NAME, ["x"], "it: must be a string"),
        (photo_names(2, minimum=1), [], "it: must be a list of 1 to 2 photos' ids"),
        (photo_names(2), [1, 2, 3], "it: must be a list of at most 2 photos' ids"),
        (photo_names(2), {"a": 1}, "it: must be a list of at most 2 photos' ids"),
    ],
)
def test_the_error_of_a_wrong_value_says_what_is_expected(
    kind: Kind[object], value: object, text: str
) -> None:
    with pytest.raises(WireError, match="^" + text.replace("(", "\\(")):
        kind.parse(value, "it")


def test_an_absent_parameter_has_its_default_or_is_an_error() -> None:
    values = {"other": "1"}
    assert LIMIT.read(values) == parameters.DEFAULT_LIMIT
    assert CAMERA.read(values) is None
    assert defaulting("flag", BOOLEAN, True).read(values) is True
    assert optional("flag", BOOLEAN).read(values) is None
    with pytest.raises(WireError, match=r"^camera: is missing; it must be a camera's name$"):
        required("camera", CAMERA_NAME).read(values)


def read(inputs: Inputs, query: dict[str, str], path: dict[str, str] | None = None) -> object:
    return inputs.read(
        func.HttpRequest("GET", "http://x/", params=query, route_params=path or {}, body=b"")
    )


def test_an_unknown_parameter_is_rejected_where_a_query_is_declared() -> None:
    """A route that declares none ignores the query."""
    with pytest.raises(WireError, match="unknown query parameter: 'page'; use camera, l"):
        read(Inputs(query=(CAMERA, LIMIT)), {"page": "2"})
    with pytest.raises(WireError, match=r"unknown query parameter: 'page'; there are none here$"):
        read(Inputs(query=()), {"page": "2"})
    read(Inputs(), {"page": "2"})


def test_the_handler_gets_values_by_their_parameters() -> None:
    """Two parameters of one name, in the path and in the query, are two."""
    in_query = optional("id", TEXT)
    inputs = Inputs(path=(PHOTO,), query=(in_query, LIMIT))
    name = name_of("gate")
    url = "http://x/"
    request = inputs.read(
        func.HttpRequest("GET", url, params={"id": "x"}, route_params={"id": str(name)}, body=b"")
    )
    assert (request[PHOTO], request[in_query], request[LIMIT]) == (name, "x", 50)
    assert (request.method, request.url, request.body) == ("GET", url, b"")


@given(st.text(), st.text())
def test_any_text_is_a_value_or_an_error(name: str, value: str) -> None:
    """Never another exception, whatever a client sends; the error names the parameter."""
    for kind in (whole_number(1, 200), MOMENT, DAY, ORDER, TEXT, CAMERA_NAME, NAME, PHOTO_NAME):
        fields = []
        try:
            kind.parse(value, name)
        except WireError as error:
            fields.append(error.field)
        assert fields in ([], [name])


@pytest.mark.parametrize("kind", [CAMERA_NAME, NAME])
@given(st.data())
def test_a_schema_allows_what_the_check_takes(kind: Kind[str], data: st.DataObject) -> None:
    pattern = kind.schema["pattern"].replace("$", "\\Z")
    allowed = data.draw(st.from_regex(pattern))
    assert kind.parse(allowed, "it") == allowed
    other = data.draw(st.text(max_size=40).filter(lambda text: not re.match(pattern, text)))
    with pytest.raises(WireError):
        kind.parse(other, "it")


def test_a_range_ends_after_it_begins() -> None:
    first = datetime(2026, 11, 20, tzinfo=UTC)
    for last in (first, None):
        parameters.check_range(first, last)
    parameters.check_range(None, first)
    with pytest.raises(WireError, match=r"^to: must not be before 'from'"):
        parameters.check_range(first, first.replace(day=19))
