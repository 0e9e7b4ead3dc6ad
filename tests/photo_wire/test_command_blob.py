"""The blob that a device polls: what one side writes, the other reads, and nothing else."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.blob_link import BlobLink
from photo_wire.command import MAX_OPEN, Command
from photo_wire.command_blob import MAX_BLOB_BYTES, CommandBlob, parse_blob
from photo_wire.errors import WireError
from tests.photo_wire.strategies import cameras, commands, json_values, moments

links = st.builds(BlobLink, st.just("https://store.example/devices/live/a.jpg?sig=x"), moments)
blobs = st.builds(
    CommandBlob,
    st.lists(commands, max_size=3).map(tuple),
    st.dictionaries(cameras, moments, max_size=3),
    st.dictionaries(cameras, links, max_size=3),
)
ID = "0123456789abcdef0123456789abcdef"
COMMAND: dict[str, Any] = {"id": ID, "kind": "photo", "expires_at": "2026-11-20T12:00:00.000Z"}
LINK = {"url": "https://store.example/a.jpg?sig=secret", "expires_at": "2026-11-20T12:00:00Z"}


@given(blobs)
def test_every_blob_comes_back_from_its_bytes(blob: CommandBlob) -> None:
    assert parse_blob(blob.to_json()) == blob


@given(st.binary() | json_values.map(lambda one: json.dumps(one).encode()))
def test_no_blob_raises_anything_but_a_wire_error(body: bytes) -> None:
    with contextlib.suppress(WireError):
        parse_blob(body)


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


def test_a_full_blob_is_within_its_limit() -> None:
    """20 commands, and 32 cameras at which somebody looks."""
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    camera = "c" * 29
    command = Command(ID, "d" * 32, moment, camera, moment, 1000)
    several = [f"{camera}{number:03}" for number in range(32)]
    link = BlobLink("https://store.example/" + "x" * 700, moment)
    blob = CommandBlob(
        (command,) * MAX_OPEN, dict.fromkeys(several, moment), dict.fromkeys(several, link)
    )
    assert len(blob.to_json()) <= MAX_BLOB_BYTES
    assert parse_blob(blob.to_json()) == blob
    with pytest.raises(WireError):
        parse_blob(b" " * (MAX_BLOB_BYTES + 1))


def test_no_repr_contains_the_address() -> None:
    link = BlobLink(LINK["url"], datetime(2026, 11, 20, tzinfo=UTC))
    assert "secret" not in repr(CommandBlob(live={"gate": link}))
