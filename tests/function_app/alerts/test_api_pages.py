"""Pages of the list of alerts."""

from datetime import timedelta
from typing import Any

import pytest

from function_app.alerts.api import read_alerts
from function_app.auth.caller import Caller, Scope
from function_app.settings import Settings
from function_app.storage.models import StoredAlert
from photo_wire.alert import LOSS, Alert
from tests.support.api import MOMENT, Api, name_of
from tests.support.memory_store import MemoryAlerts, memory_services


def new_token(api: Api, admin: dict[str, str], name: str, **fields: Any) -> dict[str, str]:
    reply = api.ask("/api/tokens", admin, "POST", json={"name": name, **fields})
    assert reply.status_code == 201, reply.text
    return {"Authorization": f"Bearer {reply.json()['token']}"}


@pytest.mark.slow
def test_alerts_are_filtered_by_kind_and_camera(api: Api, camera: str) -> None:
    """Page by page, each of them once."""
    kinds = ["loss", "clock", "loss", "spool", "loss"]
    ids = [str(name_of(camera, tag=f"{n:08x}")) for n in range(len(kinds))]
    fields = [
        {"id": one, "kind": kind, "reason": "x", "details": {}}
        for one, kind in zip(ids, kinds, strict=True)
    ]
    key = {"x-functions-key": api.backend.function_key}
    api.ask("/api/alerts", key, "POST", json={"alerts": fields})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"camera={camera}&kind=loss&limit=1" + (f"&cursor={cursor}" if cursor else "")
        page = api.read(f"/api/alerts?{query}").json()
        seen += [one["id"] for one in page["alerts"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == [ids[0], ids[2], ids[4]]


def test_alerts_of_other_cameras_do_not_show_in_a_page(
    api: Api, admin: dict[str, str], camera: str
) -> None:
    """One's own is on the first, and there is no second."""
    at = [MOMENT + timedelta(days=3000, seconds=n) for n in range(70)]  # before all others
    mine, others = [name_of(camera, at[0])], [name_of(f"{camera}-2", one) for one in at]
    alerts = [{"id": str(one), "kind": "loss", "reason": "x"} for one in [*mine, *others]]
    key = {"x-functions-key": api.backend.function_key}
    assert api.ask("/api/alerts", key, "POST", json={"alerts": alerts}).ok
    reader = new_token(api, admin, f"{camera}-r", scopes=["read"], cameras=[camera])
    page = api.ask("/api/alerts?limit=5", reader).json()
    assert [one["id"] for one in page["alerts"]] == [str(mine[0])]
    assert page["next_cursor"] is None


@pytest.mark.parametrize("taken_back", [0, 2, 1005])
@pytest.mark.parametrize("is_found", [True, False])
def test_some_cameras_alerts_are_the_same_however_they_are_found(
    taken_back: int, is_found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the list of all, or in their own if that has too many others; those that were taken back
    fill no page."""
    store = MemoryAlerts()
    if not is_found:
        monkeypatch.setattr(store, "newest_of_some", lambda *_: None)
    services = memory_services(Settings(""), alerts=store)
    cameras = [f"camera-{number}" for number in range(6)]
    alerts = [
        StoredAlert(
            Alert(name_of(cameras[number % 6], tag=f"{number:08x}"), LOSS, "x"),
            MOMENT + timedelta(seconds=number),
        )
        for number in range(taken_back + 60)
    ]
    store.add(alerts)
    for one in alerts[-taken_back:] if taken_back else []:
        store.take_back(one)
    caller = Caller("vera", frozenset({Scope.READ}), frozenset(cameras[::2]))
    remaining = [one for one in alerts[:60][::-1] if one.alert.name.camera in cameras[::2]]
    found, cursor = read_alerts(services, caller, 20, None)
    assert found == remaining[:20]
    found, cursor = read_alerts(services, caller, 20, cursor)
    assert found == remaining[20:]
    assert cursor is None
