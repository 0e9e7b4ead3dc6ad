"""A receipt proves just these bytes under just this name, and nothing else passes for one."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.errors import WireError, printable
from photo_wire.problem import Problem, parse_problem
from photo_wire.receipt import Receipt, parse_receipt
from tests.photo_wire.strategies import names, receipts


@given(receipts)
def test_every_receipt_comes_back_from_its_json(receipt: Receipt) -> None:
    assert parse_receipt(receipt.to_json().encode()) == receipt
    assert receipt.confirms(receipt.name, receipt.sha256, receipt.size)


@given(receipts, names)
def test_a_receipt_confirms_no_other_photo(receipt: Receipt, other: object) -> None:
    other_hash = "0" * 64 if receipt.sha256 != "0" * 64 else "1" * 64
    assert not receipt.confirms(receipt.name, other_hash, receipt.size)
    assert not receipt.confirms(receipt.name, receipt.sha256, receipt.size + 1)
    if other != receipt.name:
        assert not replace(receipt, name=other).confirms(  # type: ignore[arg-type]
            receipt.name, receipt.sha256, receipt.size
        )


@given(receipts, st.data())
def test_a_receipt_cut_short_or_with_a_member_missing_is_none(
    receipt: Receipt, data: st.DataObject
) -> None:
    text = receipt.to_json()
    with pytest.raises(WireError):
        parse_receipt(text[: data.draw(st.integers(0, len(text) - 1))].encode())
    members = json.loads(text)
    del members[data.draw(st.sampled_from(sorted(members)))]
    with pytest.raises(WireError):
        parse_receipt(json.dumps(members).encode())


@given(st.binary())
def test_no_body_raises_anything_but_a_wire_error(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_receipt(body)


@pytest.mark.parametrize(
    "change",
    [
        {"size": True},
        {"size": -1},
        {"size": "12"},
        {"sha256": "ABC"},
        {"camera": "exit"},
        {"captured_at": "2020-01-01T00:00:00Z"},
        {"id": None},
    ],
)
def test_a_receipt_with_a_wrong_member_is_refused(change: dict[str, object]) -> None:
    whole = {
        "id": "entry-20261120T120134567Z-5f3a9c2e",
        "camera": "entry",
        "sha256": "ab" * 32,
        "size": 12,
        "captured_at": "2026-11-20T12:01:34.567Z",
        "received_at": "2026-11-20T12:01:35.000Z",
    }
    assert parse_receipt(json.dumps(whole | {"new": 1}).encode()).size == 12
    with pytest.raises(WireError):
        parse_receipt(json.dumps(whole | change).encode())


@given(st.sampled_from([400, 401, 404, 409, 411, 413, 415, 422, 503]), st.text())
def test_a_problem_comes_back_from_its_json(status: int, detail: str) -> None:
    """As text that a log may show."""
    read = parse_problem(status, Problem(status, detail).to_json().encode())
    assert read == Problem(status, printable(detail))
    assert read.detail == detail or not detail.isprintable()


@given(st.binary())
def test_a_body_that_is_no_problem_gives_one_without_a_detail(body: bytes) -> None:
    assert parse_problem(401, body).status == 401
    assert parse_problem(401, b"") == Problem(401, "")
