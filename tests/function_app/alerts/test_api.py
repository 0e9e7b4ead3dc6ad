"""Alerts are reported with the function key, stored once each, and listed for callers who may
read."""

import hashlib
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
import requests

from function_app.alerts.api import OF_BACKEND
from function_app.auth import tokens
from function_app.auth.caller import Scope
from function_app.services import connect
from function_app.settings import Settings
from photo_wire.alert import (
    ALERTS_PATH,
    LOSS,
    QUARANTINE,
    Alert,
    AlertsReceipt,
    alerts_to_json,
    parse_alerts_receipt,
)
from photo_wire.headers import PhotoHeaders
from photo_wire.name import PhotoName
from tests.support.api import MOMENT, Api, name_of
from tests.support.backend import Backend
from tests.support.pictures import jpeg


def loss(name: PhotoName, sha256: str = "ab" * 32) -> Alert:
    details: dict[str, str | int] = {"content_type": "image/jpeg", "sha256": sha256, "size": 12}
    return Alert(name, LOSS, "no-room", details)


def post(backend: Backend, body: bytes, key: str | None = None) -> requests.Response:
    return requests.post(
        backend.base_url + ALERTS_PATH,
        data=body,
        headers={"x-functions-key": key or backend.function_key},
        timeout=90,
    )


def recorded(backend: Backend, *alerts: Alert) -> frozenset[str]:
    reply = post(backend, alerts_to_json(list(alerts)))
    assert reply.status_code == 200, reply.text
    return parse_alerts_receipt(reply.content).recorded


def reader_of(backend: Backend, *cameras: str) -> dict[str, str]:
    """What somebody sends who may see these cameras alone."""
    rows = connect(Settings(backend.connection_string)).accounts
    limited, scopes = frozenset(cameras), frozenset({Scope.READ})
    secret = tokens.create(rows, cameras[0], tokens.Grant(scopes, limited), datetime.now(UTC))
    return {"Authorization": f"Bearer {secret}"}


def all_alerts(backend: Backend, limit: int) -> list[dict[str, object]]:
    """Every alert, page by page."""
    found: list[dict[str, object]] = []
    cursor = ""
    while True:
        page = Api(backend).read(f"/api/alerts?limit={limit}{cursor}").json()
        assert len(page["alerts"]) <= limit
        found += page["alerts"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_a_loss_reported_twice_is_recorded_once(backend: Backend) -> None:
    """With all its details; of one report the newest photo's alert comes first."""
    names = [name_of("lossy", MOMENT + timedelta(minutes=count)) for count in range(5)]
    alerts = [loss(name) for name in names]
    assert recorded(backend, *alerts) == {str(name) for name in names}
    assert recorded(backend, alerts[0], alerts[0]) == {str(names[0])}
    for limit in (2, 200):
        mine = [one for one in all_alerts(backend, limit) if one["camera"] == "lossy"]
        assert [one["id"] for one in mine] == [str(name) for name in reversed(names)]
    assert mine[0]["reason"] == "no-room"
    assert mine[0]["details"] == dict(alerts[0].details)


def test_the_last_reported_alert_comes_first(backend: Backend) -> None:
    """Whenever its photo was taken. Reported again, it stays where it is, with its first
    details."""
    days = (0, -300, 200, -500)
    names = [name_of("told-late", MOMENT + timedelta(days=count)) for count in days]
    for name in names:
        assert recorded(backend, loss(name)) == {str(name)}
    first = Api(backend).read("/api/alerts?limit=4").json()["alerts"]
    assert [one["id"] for one in first] == [str(name) for name in reversed(names)]
    for alerts in ([loss(names[0])], [Alert(name, LOSS, "torn") for name in names]):
        recorded(backend, *alerts)
        assert Api(backend).read("/api/alerts?limit=4").json()["alerts"] == first


def test_the_loss_of_a_stored_photo_is_not_recorded(backend: Backend) -> None:
    """Its receipt was lost, and the device gave it up to make room."""
    body, name = jpeg(64, 48, 7), name_of("found-again")
    details = PhotoHeaders(name=name, content_type="image/jpeg")
    assert Api(backend).put(body, details.to_headers()).status_code == 201
    sha256 = hashlib.sha256(body).hexdigest()
    other = loss(name_of("found-again", tag="00000001"), sha256)
    reply = post(backend, alerts_to_json([loss(name, sha256), other]))
    receipt = parse_alerts_receipt(reply.content)
    assert receipt == AlertsReceipt(
        recorded=frozenset({str(other.name)}), stored=frozenset({str(name)})
    )


def test_the_loss_of_a_deleted_photo_is_not_recorded(backend: Backend) -> None:
    """It was stored, and a person deleted it. A loss of other bytes under its name is recorded."""
    body, name = jpeg(64, 48, 10), name_of("deleted-since")
    details = PhotoHeaders(name=name, content_type="image/jpeg")
    assert Api(backend).put(body, details.to_headers()).status_code == 201
    admin = {"Authorization": f"Bearer {backend.admin_token}"}
    assert Api(backend).ask(f"/api/photos/{name}", admin, "DELETE").status_code == 204
    receipt = parse_alerts_receipt(post(backend, alerts_to_json([loss(name)])).content)
    assert receipt == AlertsReceipt(frozenset({str(name)}), frozenset())
    alerts = alerts_to_json([loss(name, hashlib.sha256(body).hexdigest())])
    receipt = parse_alerts_receipt(post(backend, alerts).content)
    assert receipt == AlertsReceipt(frozenset(), frozenset({str(name)}))


def test_a_loss_of_a_stored_photo_hides_no_other_alert(backend: Backend) -> None:
    """A photo was put in quarantine, then given up, and is stored after all: the quarantine is on
    record. The device looks for losses in `stored` first, and forgets the loss."""
    body, name = jpeg(64, 48, 8), name_of("set-aside")
    details = PhotoHeaders(name=name, content_type="image/jpeg")
    assert Api(backend).put(body, details.to_headers()).status_code == 201
    none = loss(name, hashlib.sha256(body).hexdigest())
    aside = Alert(name, QUARANTINE, "rejected-422", none.details)
    for alerts in ([none, aside], [aside, none]):
        receipt = parse_alerts_receipt(post(backend, alerts_to_json(alerts)).content)
        assert receipt == AlertsReceipt(frozenset({str(name)}), frozenset({str(name)}))
    mine = [one for one in all_alerts(backend, 200) if one["camera"] == "set-aside"]
    assert [one["kind"] for one in mine] == [QUARANTINE]


def test_only_devices_report_and_only_readers_list(backend: Backend) -> None:
    body = alerts_to_json([loss(name_of("nobody"))])
    assert post(backend, body, "not the key").status_code == 401
    assert Api(backend).ask(ALERTS_PATH).status_code == 401
    assert "nobody" not in {one["camera"] for one in all_alerts(backend, 200)}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{}", 400),
        (b"[" * 100_000, 400),
        (b" " * 300_000, 413),
    ],
    ids=["empty", "no alerts", "deep", "long"],
)
def test_an_invalid_body_is_refused(backend: Backend, body: bytes, status: int) -> None:
    reply = post(backend, body)
    assert reply.status_code == status
    assert reply.headers["Content-Type"].startswith("application/problem+json")


def test_a_device_checks_its_key_with_an_empty_report(backend: Backend) -> None:
    """It learns whether the key is valid, and nothing is stored."""
    reply = post(backend, alerts_to_json([]))
    assert parse_alerts_receipt(reply.content) == AlertsReceipt(frozenset(), frozenset())
    assert post(backend, alerts_to_json([]), "not the key").status_code == 401


@pytest.mark.parametrize("query", ["cursor=%C3%A4", "cursor=!", "limit=0", "limit=201", "x=1"])
def test_an_invalid_query_is_refused(backend: Backend, query: str) -> None:
    assert Api(backend).read(f"/api/alerts?{query}").status_code == 400


@pytest.mark.slow
def test_statistics_count_every_loss_of_every_camera(backend: Backend) -> None:
    """More than a thousand, among alerts of other kinds; also of a camera that never had a photo.
    Losses of stored photos do not count."""
    now, reader = datetime.now(UTC), reader_of(backend, "all-lost", "not-all-lost")
    body, stored = jpeg(64, 48, 9), name_of("not-all-lost", now)
    details = PhotoHeaders(name=stored, content_type="image/jpeg")
    assert Api(backend).put(body, details.to_headers()).status_code == 201
    recorded(backend, loss(name_of("others-lost", now)))
    for number in range(11):
        names = [name_of("all-lost", now - timedelta(hours=number), f"{n:08x}") for n in range(100)]
        recorded(backend, *map(loss, names))
    asides = [name_of("all-lost", now + timedelta(seconds=n)) for n in range(99)]
    recorded(backend, *(Alert(name, QUARANTINE, "damaged") for name in asides))
    recorded(backend, loss(stored, hashlib.sha256(body).hexdigest()), *map(loss, names[1:]))
    backend.count()
    for query in ("?days=2", "?days=2&camera=all-lost"):
        stats = Api(backend).ask(f"/api/stats{query}", reader).json()
        assert (stats["losses"], stats["photos"]) == (1100, 0 if "camera" in query else 1)
        first, *others = stats["cameras"]
        assert (first["camera"], first["photos"], first["waiting"]) == ("all-lost", 0, None)
        assert sum(day["losses"] for day in first["days"]) == 1100
        assert [one["camera"] for one in others] == ([] if "camera" in query else ["not-all-lost"])
    status = Api(backend).ask("/api/status", reader).json()
    assert (status["cameras"], status["losses_since_yesterday"]) == (2, 1100)


@pytest.mark.slow
def test_a_reader_of_one_camera_pages_past_those_of_others(backend: Backend) -> None:
    """Reported by one request, so at one moment; no cursor has a name of another camera."""
    reader = reader_of(backend, "seen")
    at = [MOMENT + timedelta(seconds=count) for count in range(99)]
    mine = [name_of("seen", at[0]), name_of("seen", at[50])]
    recorded(backend, loss(mine[0]), *(loss(name_of("unseen", moment)) for moment in at))
    recorded(backend, loss(mine[1]), *(loss(name_of("unseen-2", moment)) for moment in at))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        begin = f"&cursor={cursor}" if cursor else ""
        page = Api(backend).ask(f"/api/alerts?limit=3{begin}", reader).json()
        seen += [one["id"] for one in page["alerts"]]
        cursor = page["next_cursor"]
        assert "unseen" not in b64decode(f"{cursor or ''}==", b"-_").decode()
    assert seen == [str(name) for name in reversed(mine)]


@pytest.mark.parametrize("kind", sorted(OF_BACKEND))
def test_what_only_the_backend_raises_is_rejected(backend: Backend, kind: str) -> None:
    """Every camera has a function key. Nothing of the request is recorded."""
    honest = loss(name_of("forger"))
    forged = Alert(name_of("forger"), kind, "nobody is there")
    reply = post(backend, alerts_to_json([honest, forged]))
    assert reply.status_code == 422
    assert f"alerts[1].kind: only the backend raises {kind}" in reply.json()["detail"]
    assert "forger" not in {one["camera"] for one in all_alerts(backend, 200)}


def test_kinds_of_later_devices_are_recorded(backend: Backend) -> None:
    name = name_of("newer")
    assert recorded(backend, Alert(name, "lens-dirty", "it is dark")) == {str(name)}
