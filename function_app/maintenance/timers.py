"""The timers: each minute a watch for silent devices, a count and a look at the queue of
notifications, an hourly cleanup and a weekly repair. They come late, twice, or not at all, so what
they do may be repeated; routes clean up and repair on request, too."""

import logging
import time
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import azure.functions as func

from function_app.lazy_module import LazyModule
from function_app.services import Services
from function_app.timer_watch import CLEANUP, REPAIR, record_run

if TYPE_CHECKING:
    from function_app.auth import purge
    from function_app.days import upkeep
    from function_app.devices import commands, history, intervals, live, states, watch
    from function_app.maintenance import counting, notification_queue, repair, retention, trash
    from function_app.notify import cleanup as notifications
else:  # a cold start does not wait for what an instance needs by the minute or hour
    purge = LazyModule("function_app.auth.purge")
    upkeep = LazyModule("function_app.days.upkeep")
    commands = LazyModule("function_app.devices.commands")
    history = LazyModule("function_app.devices.history")
    intervals = LazyModule("function_app.devices.intervals")
    live = LazyModule("function_app.devices.live")
    states = LazyModule("function_app.devices.states")
    watch = LazyModule("function_app.devices.watch")
    counting = LazyModule("function_app.maintenance.counting")
    notification_queue = LazyModule("function_app.maintenance.notification_queue")
    repair = LazyModule("function_app.maintenance.repair")
    retention = LazyModule("function_app.maintenance.retention")
    trash = LazyModule("function_app.maintenance.trash")
    notifications = LazyModule("function_app.notify.cleanup")

# NCRONTAB with seconds, UTC. The cleanup runs every hour, since one run a day could not keep up
# with a thousand cameras (docs/decisions/0015-retention-by-turns.md).
EVERY_MINUTE = "0 * * * * *"
EVERY_HOUR = "0 17 * * * *"
EVERY_SUNDAY = "0 43 4 * * 0"
# For the weekly repair: the plan (Flex Consumption) ends a timer's call after 30 minutes, and the
# camera that has been begun by then is repaired to its end.
WEEKLY_SECONDS = 1500.0
SLOW_SECONDS = 60.0  # a count that takes longer than the time between two

log = logging.getLogger(__name__)


def register_timers(app: func.FunctionApp, services: Callable[[], Services]) -> None:
    """Add the timer functions to the app. `services` is called at each run."""

    def every_minute(timer: func.TimerRequest) -> None:
        # One function, since each call is billed a second. The last one added runs first, and each
        # runs even if another fails.
        ready, now = services(), datetime.now(UTC)
        with ExitStack() as jobs:
            jobs.callback(live.end_looking, ready, now)
            jobs.callback(notification_queue.tend_queue, ready, now)
            jobs.callback(_count, ready, now)
            jobs.callback(watch.watch_devices, ready, now)

    def hourly_cleanup(timer: func.TimerRequest) -> None:
        _clean_up(services(), datetime.now(UTC))

    def weekly_repair(timer: func.TimerRequest) -> None:
        _repair(services())

    # The monitor catches up on runs that were missed while the app was stopped, for one blob write
    # a run. A count that was missed is made up for within a minute.
    for schedule, work, use_monitor in (
        (EVERY_MINUTE, every_minute, False),
        (EVERY_HOUR, hourly_cleanup, True),
        (EVERY_SUNDAY, weekly_repair, True),
    ):
        timer = app.timer_trigger(schedule=schedule, arg_name="timer", use_monitor=use_monitor)
        app.function_name(work.__name__)(timer(work))


def _clean_up(services: Services, now: datetime) -> None:
    """Remove what is too old, of everything."""
    log_cleanup(retention.clean_up(services, now))
    log.info("cleanup: emptied the trash of %d photos", trash.empty_trash(services, now))
    purged = purge.purge_sign_ins(services.accounts, services.audit_log, now)
    expired = purge.purge_links(services.accounts, now)
    purge_devices(services, now)
    record_run(services.accounts, CLEANUP, datetime.now(UTC))
    log.info("cleanup: purged %d records of sign-ins and %d links", purged, expired)
    services.alerts.index_by_camera()
    log.info("cleanup: purged %d rows of notifications", notifications.clean_up(services, now))
    services.device_keys.move_old()


def _repair(services: Services) -> None:
    """Make the index agree with the blobs, and the rows of days with the counts."""
    log_repair(repair.reconcile(services, datetime.now(UTC), seconds=WEEKLY_SECONDS))
    record_run(services.accounts, REPAIR, datetime.now(UTC))
    wrong, purged = upkeep.check_totals(services), upkeep.purge(services, datetime.now(UTC))
    log.info("repair: corrected %d months, purged %d rows of days", wrong, purged)


def purge_devices(services: Services, now: datetime) -> None:
    """Remove old commands of all devices, and old figures and changes of a 24th of them, another
    one each hour, so that a run takes some seconds with thousands of devices. One request for the
    list of devices, and for each of them."""
    devices = states.list_devices(services.devices)
    log.info("cleanup: purged %d commands", commands.purge(services, devices, now))
    of_this_hour = [one for one in devices if purge_hour(one) == now.hour]
    history.purge(services.devices, of_this_hour, now)
    intervals.purge(services.devices, of_this_hour, now)


def purge_hour(device: str) -> int:
    """Return the hour of each day, in UTC, in which old figures of this device are removed."""
    return zlib.crc32(device.encode()) % 24


def _count(services: Services, now: datetime) -> None:
    """Update the figures, and log what that changed."""
    started = time.monotonic()
    log_count(counting.update_figures(services, now), time.monotonic() - started)


def log_count(changed: int, seconds: float) -> None:
    """Log what a run changed, and warn if it took longer than a minute. A run without changes is
    logged at DEBUG only: each minute a line would reach the log's daily cap sooner."""
    level = logging.INFO if changed else logging.DEBUG
    log.log(level, "count: changed the figures of %d cameras", changed)
    if seconds > SLOW_SECONDS:
        log.warning("count: the run took %.0f s; figures are older than two minutes", seconds)


def log_cleanup(cleanup: "retention.Cleanup") -> None:
    """Log what a run deleted, and warn if it falls behind."""
    count = sum(cleanup.deleted.values())
    log.info("cleanup: deleted %d photos of %d cameras", count, len(cleanup.deleted))
    if cleanup.overdue_by is not None:
        log.warning(
            "cleanup: the run timed out with expired photos left, overdue by up to %.1f days; if "
            "this grows, call POST /api/cleanup/run until `more` is false",
            cleanup.overdue_by / timedelta(days=1),
        )


def log_repair(report: "repair.RepairReport") -> None:
    """Log what a run repaired, and warn if it skipped cameras."""
    log.info("repair: %s", report)
    if report.skipped:
        log.warning(
            "repair: the run timed out before %d cameras were repaired, such as %s; call "
            "POST /api/repair/run with some of them as cameras, or wait for next week's run",
            len(report.skipped),
            ", ".join(report.skipped[:10]),
        )
