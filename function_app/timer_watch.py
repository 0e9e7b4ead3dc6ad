"""Watch whether the timers run. In Azure they can stop after a deployment while everything else
works (azure-functions-host issue 11828), so requests of devices check them and raise the alert."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from function_app.storage.errors import StorageUnavailableError
from function_app.storage.interfaces import Alerts
from function_app.storage.models import StoredAlert
from function_app.storage.table_store import TableStore
from photo_wire.alert import Alert
from photo_wire.moment import format_time, parse_time, to_milliseconds
from photo_wire.name import new_name

# The keys of their rows, in their order: older versions read the first two or three. WATCH is the
# watch for silent devices.
CLEANUP, REPAIR, COUNT, WATCH = "cleanup", "repair", "stats", "watch"
MAX_AGE = {
    CLEANUP: timedelta(hours=3),
    REPAIR: timedelta(days=7, hours=3),
    COUNT: timedelta(hours=1),
    WATCH: timedelta(hours=1),
}
KIND = "timer-stalled"
CAMERA = "backend"  # every alert has a camera name; this one is listed under "backend"
CHECK_INTERVAL_SECONDS = 900.0  # between two checks of a process
TIMERS = "timers"  # the partition; the key of a row is the job's name
LAST_RUN = "last_run"
_EXPECTED_SINCE = "expected_since"  # of a job that never ran
# One stall has one alert id.
_TAGS = {CLEANUP: "00000001", REPAIR: "00000002", COUNT: "00000003", WATCH: "00000004"}

_DESCRIPTIONS = {
    COUNT: ("count of photos", "/api/stats shows what was counted then"),
    WATCH: ("watch for silent devices", "nobody is alerted if a device falls silent"),
}

log = logging.getLogger(__name__)


class TimerRuns:
    """When the jobs of the timers ran, stored in the table of accounts. All methods raise
    StorageUnavailableError."""

    def __init__(self, table: TableStore) -> None:
        self._table = table

    def record(self, job: str, now: datetime) -> None:
        """Record that a job has run to its end."""
        self._table.upsert(TIMERS, job, {LAST_RUN: format_time(now)})

    def last_runs(self, jobs: Collection[str]) -> dict[str, datetime | None]:
        """Return when each job last ran to its end; None if it never did. One request."""
        rows = {row.key: row.properties for row in self._table.query(TIMERS, len(jobs))}
        texts = {job: rows.get(job, {}).get(LAST_RUN) for job in jobs}
        return {job: parse_time(text) if text else None for job, text in texts.items()}

    def expected_since(self, jobs: Collection[str], now: datetime) -> dict[str, datetime]:
        """Return when each job last ran, or since when it is expected: for a job that never
        ran, since the first call of this. One request, and one more for each such job."""
        rows = {row.key: row.properties for row in self._table.query(TIMERS, len(jobs))}
        for job in jobs:
            if job not in rows:
                rows[job] = {_EXPECTED_SINCE: format_time(now)}
                self._table.insert(TIMERS, job, rows[job])
        return {
            job: parse_time(rows[job].get(LAST_RUN) or rows[job][_EXPECTED_SINCE]) for job in jobs
        }


def record_run(table: TableStore, job: str, now: datetime) -> None:
    """Record that a job has completed, started by its timer or by a request."""
    TimerRuns(table).record(job, now)


def last_runs(table: TableStore) -> dict[str, datetime | None]:
    """Return when each job last completed; None if it never did. Takes one request."""
    return TimerRuns(table).last_runs(MAX_AGE)


@dataclass
class TimerWatch:
    """Raises an alert for a timer that has stopped. One for each process."""

    monotonic: Callable[[], float] = time.monotonic
    _next_check: float = field(default=float("-inf"), init=False)

    def check(self, table: TableStore, alerts: Alerts, now: datetime) -> None:
        """Raise an alert for each overdue job, once for each stall, and at most every
        CHECK_INTERVAL_SECONDS. If storage is unavailable, that is only logged, so that the request
        succeeds."""
        if self.monotonic() < self._next_check:
            return
        self._next_check = self.monotonic() + CHECK_INTERVAL_SECONDS
        try:
            for job, since in TimerRuns(table).expected_since(MAX_AGE, now).items():
                if now - since > MAX_AGE[job]:
                    alerts.add([_alert(job, since, now)])
        except StorageUnavailableError as error:
            log.warning("timers: %s", error)


def _alert(job: str, since: datetime, now: datetime) -> StoredAlert:
    name_of_job, until_then = _DESCRIPTIONS.get(
        job, (job, f"call POST /api/{job}/run now and then")
    )
    reason = (
        f"the {name_of_job} has not run since {format_time(since)}: restart the app, and until it "
        f"runs again {until_then}"
    )
    log.warning("timers: %s", reason)
    name = new_name(CAMERA, since, _TAGS[job])
    hours = int((now - since) / timedelta(hours=1))
    return StoredAlert(
        Alert(name, KIND, reason, {"job": job, "hours": hours}), to_milliseconds(now)
    )
