"""Replies to heartbeats survive the way as JSON, and nothing else passes for them."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.blob_link import BlobLink
from photo_wire.command import Command
from photo_wire.errors import WireError
from photo_wire.heartbeat_reply import HeartbeatReply, parse_reply
from photo_wire.moment import parse_time
from tests.photo_wire.strategies import command_ids, moments

commands = st.builds(Command, command_ids, st.just("photo"), moments)
links = st.builds(BlobLink, st.just("https://store.example/devices/a.json?sig=x"), moments)
replies = st.builds(
    HeartbeatReply,
    st.none() | links,
    st.lists(commands, max_size=3).map(tuple),
    st.lists(command_ids, max_size=3).map(tuple),
)


@given(replies | st.just(HeartbeatReply(is_recorded=False)))
def test_every_reply_comes_back_from_its_json_which_a_header_can_hold(sent: HeartbeatReply) -> None:
    body = sent.to_json()
    assert parse_reply(body) == sent
    assert body.isascii()
    assert body.decode().isprintable()


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_raise_anything_but_a_wire_error(body: bytes) -> None:
    with contextlib.suppress(WireError):
        parse_reply(body)


def test_an_address_is_in_no_message() -> None:
    link = {"url": "ftp://store.example/?sig=secret", "expires_at": "2026-11-20T12:01:34Z"}
    with pytest.raises(WireError) as caught:
        parse_reply(json.dumps({"link": link}).encode())
    reply = HeartbeatReply(
        BlobLink("https://store.example/?sig=secret", parse_time("2026-11-20T12:01:34Z"))
    )
    assert "secret" not in f"{caught.value} {reply}"
