"""Whether the timers run. In Azure they can stop after a deployment while everything else works
(azure-functions-host issue 11828), so what is raised about it is raised by requests of devices."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from function_app.storage.interfaces import Alerts
from function_app.storage.models import KeptAlert, StorageUnavailableError
from function_app.storage.table_store import TableStore
from function_app.storage.timer_runs import TimerRuns
from photo_wire.alert import Alert
from photo_wire.moment import format_time, to_milliseconds
from photo_wire.name import new_name

CLEANUP, REPAIR = "cleanup", "repair"
MAX_AGE = {CLEANUP: timedelta(hours=3), REPAIR: timedelta(days=7, hours=3)}
KIND = "timer-stalled"
CAMERA = "backend"  # under which the alert is listed: each alert has a camera's name
CHECK_INTERVAL = 900.0  # seconds between two looks of one process
_TAG = {CLEANUP: "00000001", REPAIR: "00000002"}  # the alert's id is the same for the same stall

log = logging.getLogger(__name__)


def record_run(rows: TableStore, job: str, now: datetime) -> None:
    """Record that a job has run to its end, by its timer or by hand."""
    TimerRuns(rows).record(job, now)


def last_runs(rows: TableStore) -> dict[str, datetime | None]:
    """Return when each job last ran to its end; None if it never did. One request."""
    return TimerRuns(rows).last_runs(MAX_AGE)


@dataclass
class TimerWatch:
    """Raises an alert for a timer that has stopped. One for each process."""

    monotonic: Callable[[], float] = time.monotonic
    _next_check: float = field(default=float("-inf"), init=False)

    def check(self, rows: TableStore, alerts: Alerts, now: datetime) -> None:
        """Raise an alert for each overdue job, once for each stall; look only now and then. That
        storage is away right now is logged: whatever the request did before counts."""
        if self.monotonic() < self._next_check:
            return
        self._next_check = self.monotonic() + CHECK_INTERVAL
        try:
            for job, since in TimerRuns(rows).expected_since(MAX_AGE, now).items():
                if now - since > MAX_AGE[job]:
                    alerts.add([_alert(job, since, now)])
        except StorageUnavailableError as error:
            log.warning("timers: %s", error)


def _alert(job: str, since: datetime, now: datetime) -> KeptAlert:
    reason = (
        f"the {job} has not run since {format_time(since)}: restart the app, and until it runs "
        f"again call POST /api/{job}/run now and then"
    )
    log.warning("timers: %s", reason)
    name = new_name(CAMERA, since, _TAG[job])
    hours = int((now - since) / timedelta(hours=1))
    return KeptAlert(Alert(name, KIND, reason, {"job": job, "hours": hours}), to_milliseconds(now))
