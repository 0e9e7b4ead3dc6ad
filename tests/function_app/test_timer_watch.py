"""When jobs last ran is recorded, and a timer that has stopped (azure-functions-host issue 11828)
raises an alert, once for each stall."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from function_app import build_app
from function_app.localization.sentences import translate
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.errors import StorageUnavailableError
from function_app.timer_watch import (
    CHECK_INTERVAL_SECONDS,
    CLEANUP,
    COUNT,
    KIND,
    MAX_AGE,
    REPAIR,
    TIMERS,
    WATCH,
    TimerRuns,
    TimerWatch,
    last_runs,
    record_run,
)
from tests.conftest import NewStore, StartBackend
from tests.support.api import Api, name_of, photo_headers
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.pictures import jpeg

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
FUNCTIONS = {
    CLEANUP: "hourly_cleanup",
    REPAIR: "weekly_repair",
    **dict.fromkeys((COUNT, WATCH), "every_minute"),
}
A_MOMENT, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Process:
    """A process of the backend; `backend` may be shared with others."""

    def __init__(self, backend: Services) -> None:
        self.backend, self.seconds = backend, 0.0
        self.watch = TimerWatch(monotonic=lambda: self.seconds)

    def check(self, now: datetime) -> list[str]:
        """A device's request at `now`, a quarter of an hour after the last. Returns the reasons of
        all alerts."""
        self.seconds += CHECK_INTERVAL_SECONDS
        self.watch.check(self.backend.accounts, self.backend.alerts, now)
        return [kept.alert.reason for kept in self.backend.alerts.newest(100, None)]


def record_runs_of_a_minute(memory: Services, now: datetime) -> None:
    """Record that the function of each minute ran."""
    for job in (COUNT, WATCH):
        record_run(memory.accounts, job, now)


@pytest.fixture
def memory() -> Services:
    return memory_services(Settings(""))


def test_a_stopped_cleanup_raises_an_alert_after_three_hours(memory: Services) -> None:
    process = Process(memory)
    record_run(memory.accounts, CLEANUP, NOW)
    record_run(memory.accounts, REPAIR, NOW)
    record_runs_of_a_minute(memory, NOW + MAX_AGE[CLEANUP])
    assert process.check(NOW + MAX_AGE[CLEANUP]) == []
    (reason,) = process.check(NOW + MAX_AGE[CLEANUP] + A_MOMENT)
    assert reason.startswith("the cleanup has not run since 2026-11-27T12:00:00.000Z")
    assert "POST /api/cleanup/run" in reason


def test_people_read_in_german_which_timer_stopped(memory: Services) -> None:
    """Whichever it is."""
    for job in MAX_AGE:
        record_run(memory.accounts, job, NOW)
    reasons = Process(memory).check(NOW + max(MAX_AGE.values()) + A_MOMENT)
    assert len(reasons) == len(MAX_AGE)
    assert [one for one in reasons if translate(one, "de") is None] == []


def test_a_stopped_repair_raises_an_alert_after_a_week(memory: Services) -> None:
    process, late = Process(memory), NOW + MAX_AGE[REPAIR]
    record_run(memory.accounts, REPAIR, NOW)
    record_run(memory.accounts, CLEANUP, late)
    record_runs_of_a_minute(memory, late)
    assert process.check(late) == []
    (reason,) = process.check(late + A_MOMENT)
    assert reason.startswith("the repair has not run since")


def test_a_stopped_count_raises_an_alert_after_an_hour(memory: Services) -> None:
    process = Process(memory)
    for job in MAX_AGE:
        record_run(memory.accounts, job, NOW)
    record_run(memory.accounts, WATCH, NOW + MAX_AGE[COUNT])
    assert process.check(NOW + MAX_AGE[COUNT]) == []
    (reason,) = process.check(NOW + MAX_AGE[COUNT] + A_MOMENT)
    assert reason.startswith("the count of photos has not run since 2026-11-27T12:00:00.000Z")
    assert "POST" not in reason  # there is no route for it


def test_a_stopped_watch_raises_an_alert_after_an_hour(memory: Services) -> None:
    """Also if only it fails, and the count in the same function does not."""
    process, late = Process(memory), NOW + MAX_AGE[WATCH]
    for job in MAX_AGE:
        record_run(memory.accounts, job, NOW if job == WATCH else late)
    assert process.check(late) == []
    (reason,) = process.check(late + A_MOMENT)
    assert reason.startswith("the watch for silent devices has not run since")
    assert reason.endswith("nobody is alerted if a device falls silent")


def test_a_version_that_knows_two_jobs_finds_both_of_its_rows(empty: Services) -> None:
    """Version 0.1.0 may run beside this one during a deployment: it reads the first two rows, or
    three."""
    for job in MAX_AGE:
        record_run(empty.accounts, job, NOW)
    assert [row.key for row in empty.accounts.query(TIMERS, 3)] == [CLEANUP, REPAIR, COUNT]
    assert [row.key for row in empty.accounts.query(TIMERS, 2)] == [CLEANUP, REPAIR]


def test_timers_that_never_ran_raise_an_alert(memory: Services) -> None:
    """They are expected from the first request on."""
    assert Process(memory).check(NOW) == []
    assert last_runs(memory.accounts) == dict.fromkeys(MAX_AGE)
    reasons = Process(memory).check(NOW + MAX_AGE[CLEANUP] + A_MOMENT)
    for job in ("cleanup", "count of photos", "watch for silent devices"):
        expected = f"the {job} has not run since 2026-11-27T12:00:00.000Z"
        assert any(reason.startswith(expected) for reason in reasons)
    assert len(reasons) == 3


def test_a_stall_raises_one_alert_in_all_processes(memory: Services) -> None:
    """And the next stall another one."""
    record_runs_of_a_minute(memory, NOW + timedelta(hours=12))
    late = MAX_AGE[CLEANUP] + A_MOMENT
    record_run(memory.accounts, CLEANUP, NOW)
    for hours in range(3):
        assert len(Process(memory).check(NOW + late + timedelta(hours=hours))) == 1
    record_run(memory.accounts, CLEANUP, NOW + timedelta(hours=8))
    assert len(Process(memory).check(NOW + timedelta(hours=9))) == 1
    assert len(Process(memory).check(NOW + timedelta(hours=8) + late)) == 2


def test_a_process_checks_only_at_intervals(memory: Services) -> None:
    class CountedRows(MemoryTable):
        reads = 0

        def query(self, *args: Any, **more: Any) -> Any:
            self.reads += 1
            return super().query(*args, **more)

    rows = CountedRows()
    process = Process(replace(memory, accounts=rows))
    process.check(NOW)
    for _ in range(100):
        process.watch.check(rows, memory.alerts, NOW + timedelta(days=1))
    assert rows.reads == 1


def test_unavailable_storage_does_not_fail_the_request(
    memory: Services, caplog: pytest.LogCaptureFixture
) -> None:
    class AwayRows(MemoryTable):
        def query(self, *args: Any, **more: Any) -> Any:
            raise StorageUnavailableError("the table people")

    Process(replace(memory, accounts=AwayRows())).check(NOW)
    assert "timers: the table people" in caplog.text


@pytest.mark.parametrize("job", MAX_AGE)
def test_a_timer_records_when_it_ran(memory: Services, job: str) -> None:
    before = datetime.now(UTC) - A_MOMENT
    (timer,) = [
        one.get_user_function()
        for one in build_app(lambda: memory).get_functions()
        if one.get_function_name() == FUNCTIONS[job]
    ]
    timer(None)  # it asks nothing of it
    ran = last_runs(memory.accounts)[job]
    assert ran is not None
    assert ran >= before


def test_the_status_has_the_time_of_the_last_run(
    new_store: NewStore, start_backend: StartBackend
) -> None:
    """A dry run does not count, nor does a repair of some cameras."""
    api = Api(start_backend(new_store()))
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}

    def runs() -> tuple[str | None, str | None]:
        status = api.read("/api/status").json()
        return status["last_cleanup"], status["last_repair"]

    before = runs()
    for job, body in (("cleanup", {"dry_run": True}), ("repair", {"cameras": ["nobody"]})):
        api.ask(f"/api/{job}/run", admin, "POST", json=body).raise_for_status()
    assert runs() == before
    for job in (CLEANUP, REPAIR):
        api.ask(f"/api/{job}/run", admin, "POST").raise_for_status()
    assert all(now and now != then for now, then in zip(runs(), before, strict=True))


def test_an_upload_raises_the_alert_of_a_stall(memory: Services) -> None:
    """Nothing else runs in a memory whose timers stand still; reading a status writes nothing."""
    record_run(memory.accounts, CLEANUP, datetime.now(UTC) - timedelta(hours=4))
    (put,) = [
        one.get_user_function()
        for one in build_app(lambda: memory).get_functions()
        if one.get_function_name() == "put_photo"
    ]
    headers = photo_headers(name_of("entry", NOW))
    request = func.HttpRequest("PUT", "/api/camera/photo", headers=headers, body=jpeg())
    assert put(request).status_code == 201
    (kept,) = memory.alerts.newest(10, None)
    assert (kept.alert.kind, kept.alert.details["hours"]) == (KIND, 4)


def test_a_job_that_never_ran_is_expected_since_the_first_check(empty: Services) -> None:
    runs = TimerRuns(empty.accounts)
    never = {"cleanup": None, "repair": None, "stats": None, "watch": None}
    assert runs.last_runs(MAX_AGE) == never
    for now in (NOW, NOW + HOUR):
        assert runs.expected_since(MAX_AGE, now) == dict.fromkeys(never, NOW)
    assert runs.last_runs(MAX_AGE) == never


def test_a_job_that_ran_is_expected_since_then(empty: Services) -> None:
    runs = TimerRuns(empty.accounts)
    runs.expected_since(MAX_AGE, NOW)
    runs.record("cleanup", NOW + HOUR)
    assert runs.last_runs(MAX_AGE) == {**dict.fromkeys(MAX_AGE), "cleanup": NOW + HOUR}
    expected = {**dict.fromkeys(MAX_AGE, NOW), "cleanup": NOW + HOUR}
    assert runs.expected_since(MAX_AGE, NOW + HOUR) == expected


def test_the_persisted_words_stay(empty: Services) -> None:
    runs = TimerRuns(empty.accounts)
    runs.expected_since(["repair"], NOW)
    runs.record("cleanup", NOW)
    runs.record(COUNT, NOW)
    rows = empty.accounts.query(TIMERS, 10)
    assert TIMERS == "timers"
    assert {row.key: dict(row.properties) for row in rows} == {
        "cleanup": {"last_run": "2026-11-27T12:00:00.000Z"},
        "repair": {"expected_since": "2026-11-27T12:00:00.000Z"},
        "stats": {"last_run": "2026-11-27T12:00:00.000Z"},
    }
