"""Since when the backend has been awake. While it was down no heartbeat could be stored, so it
knows nothing of its devices then."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from function_app.storage.table_store import TableStore
from function_app.timer_watch import LAST_RUN, TIMERS, WATCH
from photo_wire.moment import EPOCH, format_time, parse_time, to_milliseconds

# No device is overdue after a shorter outage: it comes on top of one interval and of the minute in
# which a heartbeat is repeated, and the bound is two intervals and five minutes.
MAX_PAUSE = timedelta(minutes=5)
_AWAKE_SINCE = "awake_since"  # a column


@dataclass(frozen=True, slots=True)
class BackendRuns:
    """When the minutely watch last ran to its end, None if it never did; and the end of the last
    outage that it found."""

    last_run: datetime | None = None
    resumed_at: datetime = EPOCH

    def awake_since(self, now: datetime) -> datetime:
        """Return since when the backend has been awake at `now`; `now` if it was not until then."""
        if self.last_run is None or now - self.last_run > MAX_PAUSE:
            return to_milliseconds(now)
        return self.resumed_at

    def ran(self, now: datetime) -> "BackendRuns":
        """Return the same after a run at `now`."""
        return replace(self, last_run=now, resumed_at=self.awake_since(now))


def read_runs(accounts: TableStore) -> BackendRuns:
    """Return what is recorded of the runs. One request."""
    row = accounts.get(TIMERS, WATCH)
    texts = row.properties if row else {}
    last_run, resumed_at = texts.get(LAST_RUN), texts.get(_AWAKE_SINCE)
    return BackendRuns(
        parse_time(last_run) if last_run else None,
        parse_time(resumed_at) if resumed_at else EPOCH,
    )


def write_runs(accounts: TableStore, runs: BackendRuns) -> None:
    """Record the runs. One request."""
    assert runs.last_run
    accounts.upsert(
        TIMERS,
        WATCH,
        {LAST_RUN: format_time(runs.last_run), _AWAKE_SINCE: format_time(runs.resumed_at)},
    )
