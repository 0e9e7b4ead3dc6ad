"""The accounting of the drill: photos that are lost, stored twice or not reported are problems."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from photo_wire.alert import LOSS, Alert
from photo_wire.receipt import Receipt
from tests.drill.accounting import Balance, CardContents, Ledger
from tests.support.spool_photos import content, name
from tests.support.store import Store, Stored


def sha256(number: int) -> str:
    return hashlib.sha256(content(number)).hexdigest()


def world(
    *,
    answered: Sequence[int],
    in_progress: Sequence[int] = (),
    stored: Sequence[int] = (),
    waiting: Sequence[int] = (),
    quarantined: Sequence[int] = (),
    lost: Sequence[int] = (),
    alerts: Sequence[int] = (),
) -> Balance:
    """Return the account if these photos, by number, are in these places. A number that is listed
    twice in `stored` is stored under two ids."""
    store = Store()
    for turn, number in enumerate(stored):
        receipt = Receipt(name(turn), sha256(number), 96, datetime.now(UTC))
        store.photos[str(receipt.name)] = Stored(receipt)
    for number in alerts:
        alert = Alert(name(number), LOSS, "no-room", {"sha256": sha256(number)})
        store.alerts[str(alert.name)] = alert
    card = CardContents(*(set(map(sha256, numbers)) for numbers in (waiting, quarantined, lost)))
    ledger = Ledger(answered=set(map(sha256, answered)), in_progress=set(map(sha256, in_progress)))
    return Balance(ledger, card, store)


def test_all_that_was_captured_is_somewhere() -> None:
    result = world(
        answered=range(5),
        stored=[0, 1],
        quarantined=[2],
        lost=[3],
        alerts=[3, 4],
        in_progress=[8, 9],
    )
    assert str(result) == "captured 5 = stored 2 + spooled 0 + quarantined 1 + losses 2"
    assert (result.in_progress_found, result.untraced) == (0, 2)
    assert list(result.problems()) == []


def test_a_photo_in_progress_that_is_found_was_captured() -> None:
    result = world(answered=[0], in_progress=[1, 2], stored=[0, 1], lost=[2], alerts=[2])
    assert str(result) == "captured 3 = stored 2 + spooled 0 + quarantined 0 + losses 1"
    assert list(result.problems()) == []


def test_a_photo_that_is_nowhere_is_a_problem() -> None:
    result = world(answered=range(3), stored=[0, 1])
    assert str(result) == "captured 3 ≠ stored 2 + spooled 0 + quarantined 0 + losses 0"
    assert list(result.problems()) == ["1 photos are lost without a record"]


def test_a_photo_under_two_ids_is_a_problem() -> None:
    assert list(world(answered=[0], stored=[0, 0]).problems()) == ["1 photos are stored twice"]


def test_stored_bytes_of_no_camera_are_a_problem() -> None:
    result = world(answered=[0], stored=[0, 7])
    assert list(result.problems()) == ["1 stored files are none of the camera's photos"]


def test_a_loss_that_is_not_reported_is_a_problem() -> None:
    result = world(answered=[0, 1], stored=[0], lost=[1])
    assert list(result.problems()) == ["1 losses are not in the backend's alerts"]


def test_a_photo_that_still_waits_is_a_problem() -> None:
    assert list(world(answered=[0], waiting=[0]).problems()) == ["1 photos still wait"]


def test_a_photo_both_stored_and_lost_is_a_problem_and_counts_once() -> None:
    result = world(answered=[0], stored=[0], lost=[0], alerts=[0])
    assert str(result) == "captured 1 = stored 1 + spooled 0 + quarantined 0 + losses 0"
    assert list(result.problems()) == ["1 photos are in two places, such as stored and lost"]
