"""When jobs last ran is recorded, and since when one that never ran is waited for."""

from datetime import UTC, datetime, timedelta

from function_app.services import Services
from function_app.storage.timer_runs import TIMERS, TimerRuns

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
JOBS = ("cleanup", "repair")


def test_a_job_that_never_ran_is_waited_for_since_the_first_look(empty: Services) -> None:
    runs = TimerRuns(empty.accounts)
    assert runs.last_runs(JOBS) == {"cleanup": None, "repair": None}
    for now in (NOW, LATER):
        assert runs.expected_since(JOBS, now) == {"cleanup": NOW, "repair": NOW}
    assert runs.last_runs(JOBS) == {"cleanup": None, "repair": None}


def test_a_job_that_ran_is_expected_since_then(empty: Services) -> None:
    runs = TimerRuns(empty.accounts)
    runs.expected_since(JOBS, NOW)
    runs.record("cleanup", LATER)
    assert runs.last_runs(JOBS) == {"cleanup": LATER, "repair": None}
    assert runs.expected_since(JOBS, LATER) == {"cleanup": LATER, "repair": NOW}


def test_the_persisted_words_stay(empty: Services) -> None:
    runs = TimerRuns(empty.accounts)
    runs.expected_since(["repair"], NOW)
    runs.record("cleanup", NOW)
    rows = empty.accounts.query(TIMERS, 10)
    assert TIMERS == "timers"
    assert {row.key: dict(row.properties) for row in rows} == {
        "cleanup": {"last_run": "2026-11-27T12:00:00.000Z"},
        "repair": {"expected_since": "2026-11-27T12:00:00.000Z"},
    }
