"""When the timers' jobs last ran, in the table `people`."""

from collections.abc import Collection
from datetime import datetime

from function_app.storage.table_store import TableStore
from photo_wire.moment import format_time, parse_time

TIMERS = "timers"  # the partition; the key of a row is the job's name
_LAST_RUN = "last_run"
_EXPECTED_SINCE = "expected_since"  # of a job that never ran


class TimerRuns:
    """When jobs ran, kept in `rows`. All methods raise StorageUnavailableError."""

    def __init__(self, rows: TableStore) -> None:
        self._rows = rows

    def record(self, job: str, now: datetime) -> None:
        """Record that a job has run to its end."""
        self._rows.upsert(TIMERS, job, {_LAST_RUN: format_time(now)})

    def last_runs(self, jobs: Collection[str]) -> dict[str, datetime | None]:
        """Return when each job last ran to its end; None if it never did. One request."""
        rows = {row.key: row.properties for row in self._rows.query(TIMERS, len(jobs))}
        texts = {job: rows.get(job, {}).get(_LAST_RUN) for job in jobs}
        return {job: parse_time(text) if text else None for job, text in texts.items()}

    def expected_since(self, jobs: Collection[str], now: datetime) -> dict[str, datetime]:
        """Return when each job last ran, or since when it is waited for: for a job that never ran,
        since the first call of this. One request, and one more for each such job."""
        rows = {row.key: row.properties for row in self._rows.query(TIMERS, len(jobs))}
        for job in jobs:
            if job not in rows:
                rows[job] = {_EXPECTED_SINCE: format_time(now)}
                self._rows.insert(TIMERS, job, rows[job])
        return {job: parse_time(next(iter(rows[job].values()))) for job in jobs}
