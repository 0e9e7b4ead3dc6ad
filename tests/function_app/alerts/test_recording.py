"""A loss and its photo arrive in any order, and either is stopped anywhere: in the end a stored
photo is listed, and its loss is not on record."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

import pytest

from function_app.alerts.recording import record_alerts
from function_app.ingest.intake import Upload, receive
from function_app.maintenance.repair import reconcile
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.models import UNKNOWN, Photo, Sender, StoredAlert
from photo_wire.alert import LOSS, Alert, AlertsReceipt
from photo_wire.headers import PhotoHeaders
from photo_wire.media import Media
from tests.support.api import Api, name_of, photo_headers
from tests.support.interruptions import StoppedError, fragile
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg
from tests.support.turns import Turns

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
BODY = jpeg()
SHA256 = hashlib.sha256(BODY).hexdigest()
NAME = name_of("gate", NOW)
PHOTO = Photo(NAME, Media.JPEG, SHA256, len(BODY), NOW)
REPORTED: dict[str, str | int] = {"content_type": "image/jpeg", "sha256": SHA256, "size": len(BODY)}


def upload(backend: Services) -> None:
    headers = PhotoHeaders(name=NAME)
    receive(Upload(BODY, headers), backend.photo_store, NOW)


def sent(details: dict[str, str | int]) -> StoredAlert:
    """Return the loss as it arrives now."""
    return StoredAlert(Alert(NAME, LOSS, "no-room", details), NOW)


def report(backend: Services) -> set[str]:
    """Report the loss; return the photos that the response calls stored."""
    return set(record_alerts([sent(REPORTED)], backend, NOW).stored)


def is_lost(backend: Services) -> bool:
    """Return whether the loss is on record, in the list and in the counts alike."""
    shown = backend.alerts.newest_of("gate", 10, None) != []
    for now in (NOW, LATER, LATER):  # as it is counted, and from what was saved
        counted = sum(backend.loss_counts.count(now).get("gate", {}).values())
        assert counted == shown
    return shown


def test_a_stored_photo_is_listed_before_its_loss_is_refused(empty: Services) -> None:
    """Its bytes were written, its rows were not, and its device gave it up."""
    empty.blobs.add(PHOTO, BODY)
    assert report(empty) == {str(NAME)}
    assert empty.index.get(NAME) == PHOTO
    assert not is_lost(empty)


@pytest.mark.parametrize("is_counted", [False, True])
def test_an_upload_takes_the_loss_back(empty: Services, is_counted: bool) -> None:
    """Also a loss that was counted long ago; reported again, it stays taken back."""
    assert report(empty) == set()
    if is_counted:
        assert sum(empty.loss_counts.count(LATER)["gate"].values()) == 1
    upload(empty)
    assert not is_lost(empty)
    assert empty.index.get(NAME)
    assert report(empty) == {str(NAME)}
    assert not is_lost(empty)


def test_a_repair_that_lists_the_photo_takes_the_loss_back(empty: Services) -> None:
    """Its upload stopped after its bytes were written and its loss was reported."""
    report(empty)
    empty.blobs.add(PHOTO, BODY)
    assert reconcile(empty, LATER).listed == 1
    assert empty.index.get(NAME) == PHOTO
    assert not is_lost(empty)


def test_the_loss_of_other_bytes_stays(empty: Services) -> None:
    """Under the id of a stored photo."""
    upload(empty)
    other = sent({**REPORTED, "sha256": "ab" * 32})
    assert record_alerts([other], empty, NOW).recorded == {str(NAME)}
    assert is_lost(empty)


@pytest.mark.parametrize("comes_first", [False, True])
def test_a_loss_without_a_digest_matches_by_id(empty: Services, comes_first: bool) -> None:
    """As other programs report one. Whichever comes first, the photo is stored, and not lost."""
    bare = [sent({})]
    if comes_first:
        upload(empty)
        assert record_alerts(bare, empty, NOW).stored == {str(NAME)}
    else:
        assert record_alerts(bare, empty, NOW).recorded == {str(NAME)}
        upload(empty)
    assert empty.index.get(NAME) == PHOTO
    assert not is_lost(empty)


def test_no_interleaving_leaves_a_photo_stored_and_lost() -> None:
    """All of them, with the upload stopped anywhere, or sent again."""
    for order in product([0, 1], repeat=9):
        own = memory_services(Settings(""))
        Turns(own).run([(upload, None), (report, None)], list(order))
        assert own.index.get(NAME) == own.blobs.find(NAME, Media.JPEG) != None, order  # noqa: E711
        assert not is_lost(own), order


def test_an_interruption_anywhere_is_repaired() -> None:
    """Of the upload, the report, or both: the device sends again what got no response, or a repair
    runs."""
    chance = Random(11)
    for stops in product([*range(6), None], repeat=2):
        order = [chance.randrange(2) for _ in range(9)]
        for sends_again in (True, False):
            own = memory_services(Settings(""))
            Turns(own).run([(upload, stops[0]), (report, stops[1])], order)
            report(own)
            if sends_again:
                upload(own)
            reconcile(own, LATER)
            is_stored = own.blobs.find(NAME, Media.JPEG) is not None
            assert (own.index.get(NAME) is not None) is is_stored, (stops, order)
            assert is_lost(own) is not is_stored, (stops, order)


def test_an_interrupted_retraction_is_finished_by_the_next(empty: Services) -> None:
    """After each of its changes in turn."""
    report(empty)
    assert sum(empty.loss_counts.count(LATER)["gate"].values()) == 1
    for changes in range(8):
        try:
            upload(fragile(empty, changes))
        except StoppedError:
            continue
        break
    assert empty.index.get(NAME)
    assert not is_lost(empty)


def test_each_photo_is_counted_as_received_once(empty: Services) -> None:
    report(empty)
    upload(empty)
    upload(empty)
    assert empty.index.count_photos(LATER)["gate"].received == 1


def test_lists_and_statistics_forget_the_loss(api: Api, camera: str) -> None:
    """Over HTTP: it is listed, and no longer when the photo arrives."""
    now = datetime.now(UTC)
    name = name_of(camera, now)
    loss = {"id": str(name), "kind": "loss", "reason": "no-room", "details": REPORTED}
    key = {"x-functions-key": api.backend.function_key}

    def alerts() -> tuple[int, int]:
        alerts = api.read(f"/api/alerts?camera={camera}").json()["alerts"]
        return len(alerts), api.read_counts(f"/api/stats?camera={camera}")["losses"]

    def post() -> dict[str, list[str]]:
        reply = api.ask("/api/alerts", key, "POST", json={"alerts": [loss]})
        assert reply.status_code == 200, reply.text
        answer: dict[str, list[str]] = reply.json()
        return answer

    assert post() == {"recorded": [str(name)], "stored": []}
    assert alerts() == (1, 1)
    assert api.put(BODY, photo_headers(name)).status_code == 201
    assert alerts() == (0, 0)
    assert post() == {"recorded": [], "stored": [str(name)]}
    assert alerts() == (0, 0)


def test_alerts_update_the_number_of_waiting_photos(api: Api, camera: str) -> None:
    """For a device that gave up its last photos; not for a camera without photos."""
    assert api.put(BODY, {**photo_headers(name_of(camera)), "X-Waiting": "7"}).status_code == 201
    for headers, waiting in (({}, 7), ({"X-Waiting": "3"}, 3), ({"X-Waiting": "0"}, 0)):
        key = {"x-functions-key": api.backend.function_key, **headers}
        for one in (camera, f"{camera}-2"):
            loss = {"id": str(name_of(one, tag="1" * 8)), "kind": "loss", "reason": "no-room"}
            reply = api.ask("/api/alerts", key, "POST", json={"alerts": [loss]})
            assert reply.status_code == 200, reply.text
        cameras = api.read("/api/cameras?counts=none").json()["cameras"]
        ours = [one for one in cameras if one["camera"].startswith(camera)]
        assert [(one["camera"], one["waiting"]) for one in ours] == [(camera, waiting)]
    wrong = {"x-functions-key": api.backend.function_key, "X-Waiting": "many"}
    assert api.ask("/api/alerts", wrong, "POST", json={"alerts": []}).status_code == 400


def test_an_alert_of_an_unknown_sender_has_no_effect(empty: Services) -> None:
    """It is listed, also beside the device's own of the same id, kind and moment."""
    unknown = replace(sent(REPORTED), sender=Sender(None, UNKNOWN))
    upload(empty)
    for _ in range(2):
        assert record_alerts([unknown], empty, NOW) == AlertsReceipt(
            frozenset({str(NAME)}), frozenset()
        )
    assert empty.alerts.newest(9, None) == [unknown]
    assert empty.alerts.find(NAME, LOSS) is None
    assert empty.loss_counts.count(NOW + timedelta(hours=1)) == {}
    other = sent({**REPORTED, "sha256": "ab" * 32})
    assert record_alerts([other], empty, NOW).recorded == {str(NAME)}
    assert empty.alerts.newest(9, None) == [other, unknown]
    assert empty.alerts.newest_of("gate", 9, None) == [other, unknown]
    empty.loss_counts.take_back(NAME)
    assert empty.alerts.newest_of("gate", 9, None) == [unknown]
    assert empty.alerts.remove_some_of("gate") == 1
