"""The longest alerts that may be reported."""

import json

import pytest

from function_app import services as store_side
from function_app.storage.models import StoredAlert
from photo_wire.alert import MAX_DETAILS, MAX_REASON, Alert
from tests.support.api import MOMENT, Api, name_of

LETTERS = {"kana": "\u3042", "emoji": "\U0001f600", "quotes": '"', "backslashes": "\\"}


def longest(letter: str) -> dict[str, str | int]:
    return {f"{'d' * 30}{n}": letter * MAX_REASON for n in range(10, 10 + MAX_DETAILS)}


@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS)
def test_every_store_accepts_the_longest_alert(empty: store_side.Services, letter: str) -> None:
    """And returns it unchanged."""
    kept = StoredAlert(Alert(name_of("gate"), "x", letter * MAX_REASON, longest(letter)), MOMENT)
    empty.alerts.add([kept])
    assert empty.alerts.newest(2, None) == [kept]


def test_a_loss_reported_with_a_long_alert_is_recorded(api: Api, camera: str) -> None:
    """A row that was too long once made storage "unavailable" for everything reported with it."""
    reported = [
        {"id": str(name_of(camera, tag=f"0000000{n}")), "kind": "loss", "reason": "torn"}
        for n in range(3)
    ]
    for letter, one in zip((*LETTERS.values(),)[:2], reported, strict=False):
        one["details"] = longest(letter)  # type: ignore[assignment]
    key = {"x-functions-key": api.backend.function_key}
    body = json.dumps({"alerts": reported}, ensure_ascii=False).encode()
    reply = api.ask("/api/alerts", key, "POST", data=body)
    assert (reply.status_code, len(reply.json()["recorded"])) == (200, 3)


@pytest.mark.parametrize("detail", ["half of a pair: \\ud800", "\\u0000" * MAX_REASON])
def test_an_alert_too_long_for_a_row_is_refused(api: Api, camera: str, detail: str) -> None:
    """With a sentence, not as if storage were unavailable."""
    details = ",".join(f'"d{n}": "{detail}"' for n in range(MAX_DETAILS))
    one = f'{{"id": "{name_of(camera)}", "kind": "x", "reason": "r", "details": {{{details}}}}}'
    key = {"x-functions-key": api.backend.function_key}
    reply = api.ask("/api/alerts", key, "POST", data=f'{{"alerts": [{one}]}}'.encode())
    assert reply.status_code == 400
    assert "details" in reply.json()["detail"]
