"""The drill's own books: whatever goes missing, comes twice or is not reported shows in them."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from photo_wire.alert import LOSS, Alert
from photo_wire.receipt import Receipt
from tests.drill.accounting import Balance, Ledger, OnCard, balance
from tests.pi_uploader.spool.photos import content, name
from tests.support.store import Store, Stored


def sha256(number: int) -> str:
    return hashlib.sha256(content(number)).hexdigest()


def world(
    *,
    answered: Sequence[int],
    in_hand: Sequence[int] = (),
    stored: Sequence[int] = (),
    waiting: Sequence[int] = (),
    quarantined: Sequence[int] = (),
    lost: Sequence[int] = (),
    alerts: Sequence[int] = (),
) -> Balance:
    """The balance where these photos, by their numbers, are in these places. A number that is
    stored again is stored under another id."""
    store = Store()
    for turn, number in enumerate(stored):
        receipt = Receipt(name(turn), sha256(number), 96, datetime.now(UTC))
        store.photos[str(receipt.name)] = Stored(receipt)
    for number in alerts:
        alert = Alert(name(number), LOSS, "no-room", {"sha256": sha256(number)})
        store.alerts[str(alert.name)] = alert
    card = OnCard(*(set(map(sha256, numbers)) for numbers in (waiting, quarantined, lost)))
    ledger = Ledger(answered=set(map(sha256, answered)), in_hand=set(map(sha256, in_hand)))
    return balance(ledger, card, store)


def test_all_that_was_captured_is_somewhere() -> None:
    told = world(
        answered=range(5), stored=[0, 1], quarantined=[2], lost=[3], alerts=[3, 4], in_hand=[8, 9]
    )
    assert str(told) == "captured 5 = stored 2 + spooled 0 + quarantined 1 + losses 2"
    assert (told.in_hand_found, told.without_trace) == (0, 2)
    assert list(told.problems()) == []


def test_a_photo_in_hand_that_is_found_was_captured() -> None:
    told = world(answered=[0], in_hand=[1, 2], stored=[0, 1], lost=[2], alerts=[2])
    assert str(told) == "captured 3 = stored 2 + spooled 0 + quarantined 0 + losses 1"
    assert list(told.problems()) == []


def test_a_photo_that_is_nowhere_shows() -> None:
    told = world(answered=range(3), stored=[0, 1])
    assert str(told) == "captured 3 ≠ stored 2 + spooled 0 + quarantined 0 + losses 0"
    assert list(told.problems()) == ["1 photos are lost without a word"]


def test_a_photo_under_two_ids_shows() -> None:
    assert list(world(answered=[0], stored=[0, 0]).problems()) == ["1 photos are stored twice"]


def test_bytes_that_no_camera_gave_show() -> None:
    told = world(answered=[0], stored=[0, 7])
    assert list(told.problems()) == ["1 stored files are none of the camera's photos"]


def test_a_loss_that_the_cloud_does_not_know_of_shows() -> None:
    told = world(answered=[0, 1], stored=[0], lost=[1])
    assert list(told.problems()) == ["1 losses are not in the cloud's alerts"]


def test_a_photo_that_is_left_over_shows() -> None:
    assert list(world(answered=[0], waiting=[0]).problems()) == ["1 photos still wait"]


def test_a_photo_that_is_stored_and_on_record_as_lost_shows_and_is_counted_once() -> None:
    told = world(answered=[0], stored=[0], lost=[0], alerts=[0])
    assert str(told) == "captured 1 = stored 1 + spooled 0 + quarantined 0 + losses 0"
    assert list(told.problems()) == ["1 photos are in two places, such as stored and lost"]
