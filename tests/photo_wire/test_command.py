"""Commands, results and the blob survive the way as JSON, and nothing else passes for them."""

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photo_wire.command import (
    MAX_BLOB_BYTES,
    MAX_OPEN,
    MAX_OUTPUT_BYTES,
    Command,
    CommandBlob,
    CommandResult,
    CommandState,
    Kind,
    LiveLink,
    cut_output,
    parse_blob,
    parse_command,
    parse_result,
)
from photo_wire.errors import WireError
from tests.photo_wire.strategies import cameras, moments, names

ids = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
kinds = st.sampled_from([kind.value for kind in Kind]) | st.from_regex(
    r"[a-z][a-z0-9_-]{0,31}", fullmatch=True
)
commands = st.builds(
    Command,
    ids,
    kinds,
    moments,
    st.none() | cameras,
    st.none() | moments,
    st.none() | st.integers(1, 1000),
    st.none() | names,
)
sentences = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=300)
texts = st.text(st.characters(exclude_categories=["Cs"]))
results = st.builds(
    CommandResult,
    ids,
    st.sampled_from([state for state in CommandState if state is not CommandState.ASKED]),
    sentences,
    st.lists(names.map(str), max_size=5).map(tuple),
    texts,
)
links = st.builds(LiveLink, st.just("https://store.example/devices/live/a.jpg?sig=x"), moments)
blobs = st.builds(
    CommandBlob,
    st.lists(commands, max_size=3).map(tuple),
    st.dictionaries(cameras, moments, max_size=3),
    st.dictionaries(cameras, links, max_size=3),
)
ID = "0123456789abcdef0123456789abcdef"
COMMAND: dict[str, Any] = {"id": ID, "kind": "photo", "expires_at": "2026-11-20T12:00:00.000Z"}
RESULT: dict[str, Any] = {"id": ID, "state": "done"}
LINK = {"url": "https://store.example/a.jpg?sig=secret", "expires_at": "2026-11-20T12:00:00Z"}


@given(commands)
def test_every_command_comes_back_from_its_json(command: Command) -> None:
    assert parse_command(json.loads(json.dumps(command.to_properties()))) == command


@given(results)
def test_every_result_comes_back_from_its_json(result: CommandResult) -> None:
    assert parse_result(json.loads(json.dumps(result.to_properties()))) == result


@given(blobs)
def test_every_blob_comes_back_from_its_bytes(blob: CommandBlob) -> None:
    assert parse_blob(blob.to_json()) == blob


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
odd_members = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (*COMMAND, *RESULT, "lines", "until", "camera", "photo", "photos"), anything
    ),
)


@given(st.binary() | anything.map(lambda one: json.dumps(one).encode()))
def test_no_blob_raises_anything_but_a_wire_error(body: bytes) -> None:
    with contextlib.suppress(WireError):
        parse_blob(body)


@given(anything | odd_members, odd_members)
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


@pytest.mark.parametrize(
    ("member", "value", "field"),
    [
        ("open", [COMMAND] * (MAX_OPEN + 1), "open"),
        ("open", [COMMAND, {**COMMAND, "id": 1}], "open[1].id"),
        ("looking_until", {"gate": 1}, "looking_until.gate"),
        ("looking_until", {"../gate": "2026-11-20T12:00:00Z"}, "looking_until"),
        ("looking_until", [], "looking_until"),
        ("live", {"gate": "https://x"}, "live.gate"),
        ("live", {"gate": {**LINK, "url": "file:///etc/passwd?sig=secret"}}, "live.gate.url"),
        ("live", {"gate": {**LINK, "url": "https://a\r\nsecret: x"}}, "live.gate.url"),
        ("live", {"gate": {**LINK, "url": "https://secret/" + "x" * 2048}}, "live.gate.url"),
        ("live", {"gate": {**LINK, "expires_at": 7}}, "live.gate.expires_at"),
        ("live", {f"c{n}": LINK for n in range(33)}, "live"),
    ],
)
def test_a_wrong_member_of_the_blob_is_named_and_no_address_shown(
    member: str, value: object, field: str
) -> None:
    with pytest.raises(WireError) as caught:
        parse_blob(json.dumps({member: value}).encode())
    assert caught.value.field == field
    assert "secret" not in str(caught.value)


def test_members_and_kinds_of_later_versions_are_no_error() -> None:
    later = {**COMMAND, "kind": "fly", "height": 3}
    blob = parse_blob(json.dumps({"open": [later], "song": "la"}).encode())
    assert [command.kind for command in blob.open] == ["fly"]


def test_a_full_blob_is_within_its_limit() -> None:
    """20 commands, and 32 cameras at which somebody looks."""
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    camera = "c" * 29
    command = Command(ID, "d" * 32, moment, camera, moment, 1000)
    several = [f"{camera}{number:03}" for number in range(32)]
    link = LiveLink("https://store.example/" + "x" * 700, moment)
    blob = CommandBlob(
        (command,) * MAX_OPEN, dict.fromkeys(several, moment), dict.fromkeys(several, link)
    )
    assert len(blob.to_json()) <= MAX_BLOB_BYTES
    assert parse_blob(blob.to_json()) == blob
    with pytest.raises(WireError):
        parse_blob(b" " * (MAX_BLOB_BYTES + 1))


def test_no_repr_contains_the_address() -> None:
    link = LiveLink(LINK["url"], datetime(2026, 11, 20, tzinfo=UTC))
    assert "secret" not in repr(CommandBlob(live={"gate": link}))


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
