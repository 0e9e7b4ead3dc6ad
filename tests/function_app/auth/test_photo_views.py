"""Who saw which photo: one line an hour, however many pieces of it were read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import photo_views
from function_app.auth.audit_log import AuditLog
from function_app.auth.photo_views import PhotoViews
from function_app.services import Services
from function_app.storage.errors import StorageUnavailableError
from photo_wire.name import new_name
from tests.support.counted_table import CountedTable
from tests.support.memory_store import MemoryTable

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
GATE, YARD = (new_name(camera, NOW, "00000000") for camera in ("gate", "yard"))


def lines(log: AuditLog) -> list[str]:
    entries = log.newest(1000, "")
    assert {one.action for one in entries} <= {"saw"}
    return sorted(f"{one.at:%H:%M} {one.actor}: {one.target}" for one in entries)


@pytest.mark.parametrize("is_guest", [True, False])
def test_a_line_an_hour_for_each_actor_and_photo(empty: Services, is_guest: bool) -> None:
    """That of a link is of the whole hour, that of a person says when it was first."""
    log, views = empty.audit_log, PhotoViews()
    for minutes in (0, 1, 29, 31):
        for actor in ("link 1", "link 2"):
            for name in (GATE, YARD):
                now = NOW + timedelta(minutes=minutes)
                views.record(log, {}, actor, name, now, is_guest)
    times = ("09:00", "10:00") if is_guest else ("09:30", "10:01")
    assert lines(log) == [
        f"{at} {actor}: {name}"
        for at in times
        for actor in ("link 1", "link 2")
        for name in (GATE, YARD)
    ]
    assert {one.is_of_hour for one in log.newest(10, "")} == {is_guest}


def test_of_a_link_all_processes_write_the_same_line(empty: Services) -> None:
    for _ in range(3):
        PhotoViews().record(empty.audit_log, {}, "link 1", GATE, NOW, is_guest=True)
    assert lines(empty.audit_log) == [f"09:00 link 1: {GATE}"]


def test_each_network_has_its_line() -> None:
    log, views = AuditLog(MemoryTable(), trusted_proxies=1), PhotoViews()
    for address in ("203.0.113.7", "198.51.100.7") * 2:
        views.record(log, {"X-Forwarded-For": address}, "link 1", GATE, NOW, is_guest=True)
    networks = sorted(one.network for one in log.newest(10, ""))
    assert networks == ["198.51.100.0/24", "203.0.113.0/24"]


def test_what_was_recorded_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it is remembered, which is bounded."""
    table = CountedTable()
    log, views = AuditLog(table), PhotoViews()
    for _ in range(5):
        views.record(log, {}, "link 1", GATE, NOW, is_guest=True)
    assert len(table.requests) == 1
    monkeypatch.setattr(photo_views, "MAX_REMEMBERED", 1)
    views.record(log, {}, "link 1", YARD, NOW, is_guest=True)
    views.record(log, {}, "link 1", GATE, NOW, is_guest=True)
    assert len(table.requests) == 3
    assert lines(log) == [f"09:00 link 1: {GATE}", f"09:00 link 1: {YARD}"]


def test_what_could_not_be_recorded_is_recorded_the_next_time() -> None:
    class Away(MemoryTable):
        is_away = True

        def upsert_all(self, partition: str, rows: Mapping[str, Mapping[str, str]]) -> None:
            if self.is_away:
                raise StorageUnavailableError("it is away")
            super().upsert_all(partition, rows)

    table, views = Away(), PhotoViews()
    log = AuditLog(table)
    with pytest.raises(StorageUnavailableError):
        views.record(log, {}, "link 1", GATE, NOW, is_guest=True)
    table.is_away = False
    views.record(log, {}, "link 1", GATE, NOW, is_guest=True)
    assert lines(log) == [f"09:00 link 1: {GATE}"]
