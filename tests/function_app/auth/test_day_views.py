"""Who looked at which camera's day: one line an hour, whoever writes it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from function_app.auth.audit_log import AuditLog
from function_app.auth.day_views import MAX_CAMERAS, MAX_LINES, DayViews
from function_app.services import Services
from function_app.storage.errors import StorageUnavailableError
from tests.support.counted_table import CountedTable
from tests.support.memory_store import MemoryTable

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DAY = date(2026, 11, 20)
NETWORKS = [{"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "198.51.100.7"}]


def lines(log: AuditLog) -> list[str]:
    entries = log.newest(1000, "")
    assert {one.action for one in entries} <= {"looked at the day of"}
    return [f"{one.at:%H:%M} {one.actor}: {one.target}" for one in entries]


def test_a_line_an_hour_for_each_person_camera_and_day(empty: Services) -> None:
    log, views = empty.audit_log, DayViews()
    for minutes in (0, 10, 29, 31):
        now = NOW + timedelta(minutes=minutes)
        views.record(log, {}, "vera", ["gate", "drive"], DAY, now)
        views.record(log, {}, "vera", ["gate"], DAY, now)
        views.record(log, {}, "nina", ["gate"], DAY, now)
    views.record(log, {}, "vera", ["gate"], DAY + timedelta(days=1), NOW + timedelta(minutes=31))
    assert sorted(lines(log)) == [
        "09:00 nina: gate 2026-11-20",
        "09:00 vera: drive 2026-11-20",
        "09:00 vera: gate 2026-11-20",
        "10:00 nina: gate 2026-11-20",
        "10:00 vera: drive 2026-11-20",
        "10:00 vera: gate 2026-11-20",
        "10:00 vera: gate 2026-11-21",
    ]


def test_two_processes_write_the_same_line(empty: Services) -> None:
    """As does one that was started anew within the hour."""
    for _ in range(3):
        DayViews().record(empty.audit_log, {}, "vera", ["gate"], DAY, NOW)
    assert lines(empty.audit_log) == ["09:00 vera: gate 2026-11-20"]


def test_each_network_has_its_line() -> None:
    """So an open session that somebody else uses is seen."""
    log, views = AuditLog(MemoryTable(), trusted_proxies=1), DayViews()
    for headers in NETWORKS * 2:
        views.record(log, headers, "vera", ["gate"], DAY, NOW)
    networks = sorted(one.network for one in log.newest(10, ""))
    assert networks == ["198.51.100.0/24", "203.0.113.0/24"]


def test_it_takes_one_request_or_none() -> None:
    """Also of many cameras at once, and reads nothing."""
    table, views = CountedTable(), DayViews()
    log = AuditLog(table)
    cameras = [f"camera-{number}" for number in range(MAX_CAMERAS)]
    for _ in range(3):
        views.record(log, {}, "vera", cameras, DAY, NOW)
    assert table.requests == ["upsert_all"]
    assert len(lines(log)) == MAX_CAMERAS
    views.record(log, {}, "vera", [*cameras, "another"], DAY, NOW)
    assert "09:00 vera: all cameras 2026-11-20" in lines(log)
    views.record(log, {}, "vera", [], DAY, NOW)
    assert table.requests.count("upsert_all") == 2


@pytest.mark.parametrize("cameras", [["gate"], ["gate", "drive"]])
def test_leafing_through_ten_years_writes_a_bounded_number_of_lines(cameras: list[str]) -> None:
    """The days that do not fit are in one line, with the first and the last, and each of them
    costs one request at most."""
    table, views = CountedTable(), DayViews()
    log = AuditLog(table)
    first = DAY - timedelta(days=3650)
    for _ in range(2):
        for number in range(3651):
            views.record(log, {}, "vera", cameras, DAY - timedelta(days=number), NOW)
    written = lines(log)
    assert len(written) == MAX_LINES + 1
    assert table.requests.count("upsert_all") <= 3651
    (span,) = (one for one in written if " to " in one)
    last = DAY - timedelta(days=MAX_LINES // len(cameras))
    what = "gate" if len(cameras) == 1 else "several cameras"
    assert span == f"09:00 vera: {what} {first} to {last}"


class _FailingTable(MemoryTable):
    """A table that fails once."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = True

    def upsert_all(self, partition: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        if self.fails:
            self.fails = False
            raise StorageUnavailableError("a test")
        super().upsert_all(partition, rows)


def test_what_could_not_be_written_is_written_next_time() -> None:
    log, views = AuditLog(_FailingTable()), DayViews()
    with pytest.raises(StorageUnavailableError):
        views.record(log, {}, "vera", ["gate"], DAY, NOW)
    assert lines(log) == []
    views.record(log, {}, "vera", ["gate"], DAY, NOW)
    assert lines(log) == ["09:00 vera: gate 2026-11-20"]


@pytest.mark.usefixtures("busy_threads")
def test_many_requests_at_once_lose_no_day(empty: Services) -> None:
    """Neither of the lines nor of the last one, which grows."""
    views, days = DayViews(), [DAY - timedelta(days=number) for number in range(3 * MAX_LINES)]
    with ThreadPoolExecutor(8) as pool:
        for done in [
            pool.submit(views.record, empty.audit_log, {}, "vera", ["gate"], day, NOW)
            for day in days
        ]:
            done.result()
    written = lines(empty.audit_log)
    (span,) = (one for one in written if " to " in one)
    alone = {one.rpartition(" ")[2] for one in written if one != span}
    first, _, last = span.rpartition("gate ")[2].partition(" to ")
    assert len(alone) == MAX_LINES
    assert all(str(day) in alone or first <= str(day) <= last for day in days)
