"""JSON bodies: one declaration of the fields gives the check and the schema."""

import json

import pytest

from function_app.http.parameters import BOOLEAN, TEXT, defaulting, json_number, optional, required
from function_app.http.request import MAX_BODY_BYTES, FormBody, JSONBody
from function_app.problems import HTTPProblemError
from photo_wire.errors import WireError

NAME, HOURS, FORCE = (
    required("name", TEXT),
    defaulting("hours", json_number(1, 24), 8),
    optional("force", BOOLEAN),
)
BODY = JSONBody("Thing", (NAME, HOURS, FORCE))


def test_the_fields_are_read() -> None:
    """An absent one has its default."""
    assert BODY.read(b'{"name": "x", "hours": 2}') == {NAME: "x", HOURS: 2, FORCE: None}
    assert BODY.read(b'{"name": "x", "force": true}') == {NAME: "x", HOURS: 8, FORCE: True}


def test_the_schema_says_what_is_read() -> None:
    assert BODY.schema == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "hours": {"type": "integer", "minimum": 1, "maximum": 24},
            "force": {"type": "boolean"},
        },
        "additionalProperties": False,
        "required": ["name"],
    }


def test_the_schema_of_an_object_of_two_forms() -> None:
    """Each form requires its own fields, and has the shared ones, too."""
    one, other = optional("one", TEXT), optional("other", TEXT)
    body = JSONBody("Thing", (one, other, HOURS), variants=((one,), (other,)))
    forms = body.schema["anyOf"]
    assert [form["required"] for form in forms] == [["one"], ["other"]]
    assert [list(form["properties"]) for form in forms] == [["one", "hours"], ["other", "hours"]]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"name"', b"\xff", b'{"name": "\\ud800"}', b"[" * 16_000]
)
def test_what_is_not_a_json_object_is_refused(body: bytes) -> None:
    """The sentence names the fields."""
    with pytest.raises(HTTPProblemError) as caught:
        BODY.read(body)
    problem = caught.value.problem
    assert (problem.status, problem.detail) == (400, "Send a JSON object with name, hours, force.")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(WireError, match="unknown field: 'nme'; use name, hours, force"):
        BODY.read(b'{"nme": "x"}')


def test_a_large_body_is_not_parsed() -> None:
    with pytest.raises(HTTPProblemError) as caught:
        BODY.read(json.dumps({"name": "x" * MAX_BODY_BYTES}).encode())
    assert caught.value.problem.status == 413


def test_a_body_that_may_be_left_out() -> None:
    """Nothing, and an object without fields, mean the defaults."""
    body = JSONBody("Options", (HOURS,), is_required=False)
    assert body.read(b"") == body.read(b"{}") == {HOURS: 8}
    with pytest.raises(HTTPProblemError):
        body.read(b"[]")


def test_check_boxes_of_one_name_give_all_their_values() -> None:
    """Of other fields the last one counts."""
    ids = required("ids", TEXT)
    form = FormBody((NAME,), (ids,))
    assert form.read(b"ids=a+b&name=x&ids=c&name=y&other=z") == {NAME: "y", ids: "a b c"}
    with pytest.raises(WireError, match="ids"):
        form.read(b"name=x")
