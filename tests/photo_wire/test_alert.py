"""Alerts and their receipts survive the way as JSON, and nothing else passes for them."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.alert import (
    LOSS,
    Alert,
    AlertsReceipt,
    alerts_to_json,
    parse_alerts,
    parse_alerts_receipt,
)
from photo_wire.errors import WireError
from tests.photo_wire.strategies import names

word_texts = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)
printable = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=300
)
details = st.dictionaries(word_texts, printable | st.integers(-(2**53) + 1, 2**53 - 1), max_size=20)
alerts = st.builds(Alert, names, word_texts, printable, details)


@given(st.lists(alerts, min_size=1, max_size=5))
def test_every_alert_comes_back_from_its_json(sent: list[Alert]) -> None:
    assert parse_alerts(alerts_to_json(sent)) == sent


@given(st.frozensets(names.map(str), max_size=5), st.frozensets(names.map(str), max_size=5))
def test_every_receipt_comes_back_from_its_json(
    recorded: frozenset[str], stored: frozenset[str]
) -> None:
    receipt = AlertsReceipt(recorded, stored)
    assert parse_alerts_receipt(receipt.to_json()) == receipt


@given(st.binary())
def test_no_body_raises_anything_but_a_wire_error(body: bytes) -> None:
    for parse in (parse_alerts, parse_alerts_receipt):
        with contextlib.suppress(WireError):
            parse(body)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "../x"}, "alerts[0].id"),
        ({"kind": "Loss!"}, "alerts[0].kind"),
        ({"reason": ""}, "alerts[0].reason"),
        ({"reason": "line\nbreak"}, "alerts[0].reason"),
        ({"reason": None}, "alerts[0].reason"),
        ({"details": {"A b": 1}}, "alerts[0].details"),
        ({"details": {"size": 1.5}}, "alerts[0].details"),
        ({"details": {"size": 2**60}}, "alerts[0].details.size"),
        ({"details": []}, "alerts[0].details"),
        ({"details": {"of": "half a surrogate pair: \ud800"}}, "alerts[0].details"),
        ({"details": {f"d{n}": "\0" * 300 for n in range(20)}}, "alerts[0].details"),
    ],
)
def test_a_wrong_member_is_named(change: dict[str, object], field: str) -> None:
    whole = {
        "id": "entry-20261120T120134567Z-5f3a9c2e",
        "kind": LOSS,
        "reason": "no-room",
        "details": {"size": 12},
    }
    assert parse_alerts(json.dumps({"alerts": [whole]}).encode())[0].kind == LOSS
    with pytest.raises(WireError) as caught:
        parse_alerts(json.dumps({"alerts": [whole | change]}).encode())
    assert caught.value.field == field


def test_more_than_a_hundred_alerts_are_refused() -> None:
    """None at all are not: so a device tries its key."""
    assert parse_alerts(alerts_to_json([])) == []
    one = {"id": "entry-20261120T120134567Z-5f3a9c2e", "kind": LOSS, "reason": "torn"}
    assert len(parse_alerts(json.dumps({"alerts": [one] * 100}).encode())) == 100
    with pytest.raises(WireError, match="at most 100"):
        parse_alerts(json.dumps({"alerts": [one] * 101}).encode())
