"""What every store of alerts promises: the same suite on the one in memory and on Azurite."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.azure import alerts as module
from function_app.storage.azure.transactions import Transactions
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import StoredAlert, alert_key
from photo_wire.alert import LOSS, QUARANTINE, Alert
from tests.conftest import NewStore
from tests.support.api import MOMENT, name_of
from tests.support.memory_store import MemoryAlerts
from tests.support.samples import in_order, losses


def test_the_last_that_came_in_is_the_first(empty: Services) -> None:
    """Whenever its photo was taken; and a walk can begin behind one and end before another."""
    kept = [
        StoredAlert(
            Alert(name_of("gate", MOMENT + timedelta(days=days)), LOSS, "torn"),
            MOMENT + timedelta(minutes=minutes),
        )
        for minutes, days in enumerate((5, -700, 90, 0))
    ]
    for one in kept:
        empty.alerts.add([one])
    assert empty.alerts.newest(10, None) == kept[::-1]
    assert empty.alerts.newest(2, None) == [kept[3], kept[2]]
    assert empty.alerts.newest(10, alert_key(kept[2])) == [kept[1], kept[0]]
    assert empty.alerts.newest(10, alert_key(kept[3]), alert_key(kept[0])) == [kept[2], kept[1]]


def test_an_alert_that_comes_again_changes_nothing(empty: Services) -> None:
    """Alone, among new ones, or twice at once; another kind of the same id is another alert."""
    first = losses(60)
    empty.alerts.add(first)
    again = losses(70, minutes=9)
    empty.alerts.add(again)
    empty.alerts.add(again[:1] * 2)
    assert empty.alerts.newest(200, None) == in_order([*first, *again[60:]])
    aside = replace(again[0], alert=replace(again[0].alert, kind=QUARANTINE))
    empty.alerts.add([aside, replace(aside, received_at=MOMENT)])
    assert empty.alerts.newest(200, None) == in_order([*first, *again[60:], aside])


def combined(alert: Alert) -> Alert:
    """Return the alert with one name more."""
    names = str(alert.details.get("names", "")) + "+"
    return replace(alert, reason="several", details={"names": names})


@pytest.mark.parametrize("is_indexed", [False, True])
def test_a_joined_alert_is_in_the_list_of_its_camera(empty: Services, is_indexed: bool) -> None:
    """The list of all has the first one's place for both. Repeated, it changes nothing more than
    what `combined` makes of it."""
    if is_indexed:
        for _ in range(2):
            empty.alerts.index_by_camera()
    first, joined = (
        StoredAlert(Alert(name_of(camera), "silent", camera), MOMENT) for camera in ("gate", "yard")
    )
    empty.alerts.add([first])
    for count in (1, 2):
        empty.alerts.join(first, joined, combined)
        of_all = {one.alert.name.camera: one for one in empty.alerts.newest(10, None)}
        together = Alert(first.alert.name, "silent", "several", {"names": "+" * count})
        assert of_all == {
            "gate": replace(first, together=together),
            "yard": replace(joined, is_joined=True),
        }
        for one in (first, joined):
            (own,) = empty.alerts.newest_of(one.alert.name.camera, 10, None)
            assert own.alert == one.alert
    assert empty.alerts.remove_some_of("yard") == 1
    assert empty.alerts.newest(10, None) == [replace(first, together=together)]
    assert empty.alerts.remove_some_of("gate") == 1
    empty.alerts.join(first, joined, combined)  # which is gone
    assert empty.alerts.newest(10, None) == [joined]


def test_alerts_joined_at_once_are_all_named(empty: Services) -> None:
    first, *others = (
        StoredAlert(Alert(name_of(f"cam-{number}"), "silent", "x"), MOMENT) for number in range(9)
    )
    empty.alerts.add([first])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: empty.alerts.join(first, one, combined), others))
    shown = [one.together for one in empty.alerts.newest(20, None) if not one.is_joined]
    assert [one and one.details for one in shown] == [{"names": "+" * 8}]


def test_many_who_tell_the_same_tell_it_once(empty: Services) -> None:
    """At the same moment, by the clocks of several instances, in parts that overlap."""
    empty.alerts.add([])
    parts = [losses(10 + 5 * part, minutes=part) for part in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(empty.alerts.add, parts))
    kept = empty.alerts.newest(200, None)
    names = [one.alert.name for one in kept]
    assert len(names) == len(set(names)) == len(parts[-1])
    assert kept == in_order(kept)


def test_an_interrupted_report_is_completed_by_its_repetition(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the instance was killed: each alert is in the list once, and is found by nobody
    before it is kept whole."""
    submit, left = Transactions.submit, [0]

    def fragile(*args: Any) -> None:
        if left[0] == 0:
            raise StorageUnavailableError("killed")
        left[0] -= 1
        submit(*args)

    monkeypatch.setattr(Transactions, "submit", fragile)
    store = connect(Settings(new_store())).alerts
    for stopped_after in range(80):
        left[0] = stopped_after
        try:
            store.add(losses(60, minutes=stopped_after))
        except StorageUnavailableError:
            continue
        break
    kept = store.newest(200, None)
    assert {one.alert.name for one in kept} == {one.alert.name for one in losses(60)}
    assert len(kept) == 60
    assert stopped_after >= 2
    assert kept == in_order(kept)


def test_a_camera_s_alerts_are_a_list_of_their_own(empty: Services) -> None:
    """In the order of the whole list, from any place in it on, of this camera alone."""
    reported = losses(5)
    others = [
        StoredAlert(replace(one.alert, name=name_of(camera)), one.received_at)
        for camera in ("gate-2", "entry")
        for one in reported[:1]
    ]
    empty.alerts.add([*reported, *others])
    for _ in range(3):  # before the lists are complete, while they are made, and afterwards
        assert empty.alerts.newest_of("gate", 9, None) == in_order(reported)
        assert empty.alerts.newest_of("gate", 2, alert_key(reported[3])) == [
            reported[2],
            reported[1],
        ]
        assert empty.alerts.newest_of("gate", 9, alert_key(others[0])) == [
            one for one in in_order(reported) if alert_key(one) > alert_key(others[0])
        ]
        assert empty.alerts.newest_of("gate-2", 9, None) == others[:1]
        assert empty.alerts.newest_of("none", 9, None) == []
        empty.alerts.index_by_camera()


def test_alerts_of_before_there_were_lists_by_camera_are_listed(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those too that an instance of the old version wrote while the first were copied; and when all
    are copied, a camera's list is one request."""
    monkeypatch.setattr(module, "PAGE_SIZE", 40)
    store = connect(Settings(new_store())).alerts
    new_rows = module._rows

    def old_rows(kept: StoredAlert) -> list[dict[str, str]]:
        return new_rows(kept)[:2]

    monkeypatch.setattr(module, "_rows", old_rows)
    store.add(reported := losses(120))
    assert store.newest_of("gate", 200, None) == in_order(reported)
    store.index_by_camera()
    store.add(late := losses(121, minutes=1)[120:])
    monkeypatch.setattr(module, "_rows", new_rows)
    store.add(new := losses(125, minutes=2)[121:])
    expected = in_order([*reported, *late, *new])
    assert store.newest_of("gate", 200, None) == expected
    store.index_by_camera()
    monkeypatch.setattr(store, "newest", None)  # the list of all is not looked at any more
    store.index_by_camera()
    assert store.newest_of("gate", 200, None) == expected
    assert store.newest_of("gate", 2, alert_key(expected[3])) == expected[4:6]


ALERTS = st.builds(
    Alert,
    st.builds(name_of, st.sampled_from(["gate", "entry"]), tag=st.sampled_from(["0" * 8, "1" * 8])),
    st.sampled_from([LOSS, QUARANTINE]),
    st.just("no-room"),
)


@given(st.lists(st.tuples(ALERTS, st.integers(0, 3)), min_size=1, max_size=8), st.integers(1, 4))
def test_pages_of_the_store_hold_every_alert_once(
    reported: list[tuple[Alert, int]], limit: int
) -> None:
    """However the pages are cut, whatever came when."""
    store, first_time = MemoryAlerts(), dict[tuple[str, str], StoredAlert]()
    for alert, minutes in reported:
        one = StoredAlert(alert, MOMENT + timedelta(minutes=minutes))
        store.add([one])
        first_time.setdefault((str(alert.name), alert.kind), one)
    seen: list[str] = []
    while page := store.newest(limit, seen[-1] if seen else None):
        seen += map(alert_key, page)
    assert seen == sorted(map(alert_key, first_time.values()))
