"""The query for stored photos: both lists arrive, and another body is an error."""

import json

import pytest

from photo_wire.errors import WireError
from photo_wire.known import KnownPhotos, ids_to_json, parse_known

IDS = ["entry-20261120T120134567Z-5f3a9c2e", "gate-20261120T120134567Z-00000001"]


def test_the_request_holds_the_ids() -> None:
    assert json.loads(ids_to_json(IDS)) == {"ids": IDS}


def test_the_response_has_two_lists() -> None:
    body = json.dumps({"known": IDS[:1], "missing": IDS[1:]}).encode()
    assert parse_known(body) == KnownPhotos(frozenset(IDS[:1]), frozenset(IDS[1:]))


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"[" * 100_000,
        b'{"known": []}',
        b'{"known": [], "missing": "x"}',
        b'{"known": [1], "missing": []}',
    ],
)
def test_another_body_is_an_error(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_known(body)
