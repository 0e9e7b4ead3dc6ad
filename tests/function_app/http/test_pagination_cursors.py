"""Cursors of all lists: an encoded position, and nothing else is accepted."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from function_app.http.pagination import decode_cursor, encode_cursor
from function_app.storage import account_keys, row_keys
from photo_wire.alert import LOSS
from photo_wire.errors import WireError
from tests.support.api import MOMENT, Api, name_of

LISTS = ("photos", "alerts", "accesses")
INVALID = ("", "garbage", "zzz", "eno6", "AAAA", "zz:", "~", "%C3%A4", "0" * 15, "a" * 200)


def as_admin(api: Api, path: str) -> Any:
    return api.ask(path, {"Authorization": f"Bearer {api.backend.admin_token}"})


def pages(api: Api, path: str) -> Iterator[Any]:
    """The pages of a list."""
    cursor = ""
    while cursor is not None:
        reply = as_admin(api, path + (f"&cursor={cursor}" if cursor else ""))
        assert reply.status_code == 200, reply.text
        yield reply.json()
        cursor = reply.json()["next_cursor"]


@pytest.mark.parametrize("path", LISTS)
def test_an_invalid_cursor_is_refused(api: Api, path: str) -> None:
    """An empty one, a word, a position that is not encoded, or one of another list."""
    key = f"{'0' * 15}~5f3a9c2e"
    encoded = [encode_cursor(place) for place in ("", "zz:", "k~", key + "0", f"{key}\n")]
    others = [encode_cursor(key)] if path != "accesses" else [encode_cursor(f"{'0' * 15}~" * 2)]
    for cursor in (*INVALID, key, *encoded, *others):
        reply = as_admin(api, f"/api/{path}?cursor={cursor}")
        assert reply.status_code == 400, (cursor, reply.text)
        assert "cursor" in reply.json()["detail"]


def test_pages_of_the_access_log_follow_each_other(api: Api, camera: str) -> None:
    """Each page begins where the one before ended."""
    for number in range(5):
        token = {"name": f"{camera[:25]}-{number}", "scopes": ["read"]}
        bearer = {"Authorization": f"Bearer {api.backend.admin_token}"}
        assert api.ask("/api/tokens", bearer, "POST", json=token).status_code == 201
    walk = pages(api, "/api/accesses?limit=2")
    found = [one for _ in range(3) for one in next(walk)["accesses"]]
    assert found[:5] == as_admin(api, "/api/accesses?limit=5").json()["accesses"]
    assert [one["which"] for one in found[:5]] == [f"{camera[:25]}-{n}" for n in (4, 3, 2, 1, 0)]


def test_the_cursors_of_alerts_are_accepted(api: Api, camera: str) -> None:
    """Also one that stands for an alert's moments alone."""
    key = {"x-functions-key": api.backend.function_key}
    ids = [str(name_of(camera, MOMENT, f"{number:08x}")) for number in range(5)]
    content = {"alerts": [{"id": one, "kind": LOSS, "reason": "no-room"} for one in ids]}
    assert api.ask("/api/alerts", key, "POST", json=content).status_code == 200
    found = [
        one["id"]
        for page in pages(api, f"/api/alerts?limit=2&camera={camera}")
        for one in page["alerts"]
    ]
    assert sorted(found) == ids
    for place in ("0" * 15 + "~" + "9" * 15, "0" * 15 + "~" + "9" * 15 + "~~"):
        reply = as_admin(api, f"/api/alerts?limit=2&cursor={encode_cursor(place)}")
        assert reply.status_code == 200


@given(st.binary(max_size=60))
@example(f"{'0' * 15}~5f3a9c2e".encode())
def test_a_cursor_has_one_spelling(place: bytes) -> None:
    """Only the output of `encode_cursor` is accepted."""
    cursor = urlsafe_b64encode(place).decode().rstrip("=")
    for form in (row_keys.ALERT_KEY, account_keys.AUDIT_KEY):
        for spelled in (cursor, cursor + "=", f" {cursor}"):
            with suppress(WireError):
                assert encode_cursor(decode_cursor(spelled, form)) == spelled
