"""Commands and results survive the way as JSON, and nothing else passes for them."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photo_wire.command import (
    MAX_OUTPUT_BYTES,
    Command,
    CommandResult,
    CommandState,
    cut_output,
    parse_command,
    parse_result,
)
from photo_wire.command_blob import parse_blob
from photo_wire.errors import WireError
from tests.photo_wire.strategies import command_ids, commands, json_values, names

sentences = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=300)
texts = st.text(st.characters(exclude_categories=["Cs"]))
results = st.builds(
    CommandResult,
    command_ids,
    st.sampled_from([state for state in CommandState if state is not CommandState.ASKED]),
    sentences,
    st.lists(names.map(str), max_size=5).map(tuple),
    texts,
)
ID = "0123456789abcdef0123456789abcdef"
COMMAND: dict[str, Any] = {"id": ID, "kind": "photo", "expires_at": "2026-11-20T12:00:00.000Z"}
RESULT: dict[str, Any] = {"id": ID, "state": "done"}


@given(commands)
def test_every_command_comes_back_from_its_json(command: Command) -> None:
    assert parse_command(json.loads(json.dumps(command.to_properties()))) == command


@given(results)
def test_every_result_comes_back_from_its_json(result: CommandResult) -> None:
    assert parse_result(json.loads(json.dumps(result.to_properties()))) == result


odd_members = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (*COMMAND, *RESULT, "lines", "until", "camera", "photo", "photos"), json_values
    ),
)


@given(json_values | odd_members, odd_members)
def test_no_value_raises_anything_but_a_wire_error(value: object, change: dict[str, Any]) -> None:
    for parse, whole in ((parse_command, COMMAND), (parse_result, RESULT)):
        for odd in (value, whole | change):
            with contextlib.suppress(WireError):
                parse(odd)
    for member in ("open", "looking_until", "live"):
        with contextlib.suppress(WireError):
            parse_blob(json.dumps({member: value}).encode())


@pytest.mark.parametrize(
    ("parse", "whole", "change", "field"),
    [
        (parse_command, COMMAND, {"id": "x"}, "command.id"),
        (parse_command, COMMAND, {"id": ID.upper()}, "command.id"),
        (parse_command, COMMAND, {"kind": "rm -rf /"}, "command.kind"),
        (parse_command, COMMAND, {"kind": None}, "command.kind"),
        (parse_command, COMMAND, {"camera": "../x"}, "command.camera"),
        (parse_command, COMMAND, {"until": "tomorrow"}, "command.until"),
        (parse_command, COMMAND, {"until": 5}, "command.until"),
        (parse_command, COMMAND, {"photo": "gate"}, "command.photo"),
        (parse_command, COMMAND, {"photo": 5}, "command.photo"),
        (parse_command, COMMAND, {"lines": 0}, "command.lines"),
        (parse_command, COMMAND, {"lines": True}, "command.lines"),
        (parse_command, COMMAND, {"lines": 1e9}, "command.lines"),
        (parse_command, COMMAND, {"expires_at": None}, "command.expires_at"),
        (parse_result, RESULT, {"id": ""}, "result.id"),
        (parse_result, RESULT, {"state": "asked"}, "result.state"),
        (parse_result, RESULT, {"state": "eaten"}, "result.state"),
        (parse_result, RESULT, {"detail": "x" * 301}, "result.detail"),
        (parse_result, RESULT, {"detail": "two\nlines"}, "result.detail"),
        (parse_result, RESULT, {"photos": ["../x"]}, "result.photos"),
        (parse_result, RESULT, {"photos": "x"}, "result.photos"),
        (parse_result, RESULT, {"photos": [f"a-20261120T120134567Z-{n:08x}" for n in range(33)]},
         "result.photos"),
        (parse_result, RESULT, {"output": "x" * MAX_OUTPUT_BYTES}, "result.output"),
        (parse_result, RESULT, {"output": "\x1b" * (MAX_OUTPUT_BYTES // 5)}, "result.output"),
        (parse_result, RESULT, {"output": "\ud800"}, "result.output"),
    ],
)  # fmt: skip
def test_a_wrong_member_is_named(
    parse: Callable[[object], object], whole: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    parse(whole)
    with pytest.raises(WireError) as caught:
        parse(whole | change)
    assert caught.value.field == field


def test_members_and_kinds_of_later_versions_are_no_error() -> None:
    later = {**COMMAND, "kind": "fly", "height": 3}
    blob = parse_blob(json.dumps({"open": [later], "song": "la"}).encode())
    assert [command.kind for command in blob.open] == ["fly"]


@settings(max_examples=settings().max_examples // 5)
@given(st.text(st.characters()), st.integers(1, 200_000))
def test_a_cut_output_fits_and_is_the_end_of_the_text(piece: str, count: int) -> None:
    text = (piece * (count // max(1, len(piece)) + 1))[:count]
    cut = cut_output(text)
    assert CommandResult(ID, CommandState.DONE, output=cut).output == cut
    assert text.encode(errors="replace").decode().endswith(cut)


@pytest.mark.parametrize("character", ["x", "\n", "\x1b", "é", "\U0001f3a5"])
def test_a_cut_output_is_as_long_as_it_may_be(character: str) -> None:
    cut = cut_output(character * 300_000)
    size = len(json.dumps(cut, ensure_ascii=False).encode())
    assert MAX_OUTPUT_BYTES - 6 < size <= MAX_OUTPUT_BYTES
    assert cut_output("one\ntwo") == "one\ntwo"
