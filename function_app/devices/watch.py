"""Look for devices that are silent or back, and raise the alerts, each once.

It runs every minute; also twice at once, late, and after it was stopped at any point. First the
row of a silent device is marked, under its etag, so that one run finds a silence and a heartbeat
that comes meanwhile wins. Then the alert is stored, whose id follows from the mark. Then the row
says so.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from function_app.devices import silence
from function_app.devices.backend_runs import read_runs, write_runs
from function_app.devices.conditions import condition_of_all
from function_app.devices.intervals import silent_condition, write_changes
from function_app.devices.silence import Group, Silence, SilenceChange, WatchedDevice
from function_app.devices.silence_alerts import (
    Combine,
    back_alert,
    silent_alert,
    with_back,
    with_silent,
)
from function_app.services import Services
from function_app.storage.device_keys import STATES
from function_app.storage.models import StoredAlert
from function_app.storage.table_store import Entity, query_all
from photo_wire.moment import format_time, to_milliseconds

MAX_LOOKS = 6  # in a run: one finds a silence, one reports it, one sees that all is done

log = logging.getLogger(__name__)


def watch_devices(services: Services, now: datetime) -> None:
    """Find and report what devices are silent or back. In the usual case it takes three requests:
    the runs, the states (one for each thousand devices), and the record of this run. Raises
    StorageUnavailableError."""
    now = to_milliseconds(now)
    runs = read_runs(services.accounts)
    for _ in range(MAX_LOOKS):
        if not _look(services, now, runs.awake_since(now)):
            break
    write_runs(services.accounts, runs.ran(now))


def _look(services: Services, now: datetime, awake_since: datetime) -> bool:
    """Report what is found, or else find what is silent. Return whether something was changed, so
    that another look is needed."""
    rows = list(query_all(services.devices, STATES, silence.COLUMNS))
    as_text = format_time(now)
    if not any(silence.needs_attention(row.properties, as_text) for row in rows):
        return False
    states = [state for row in rows if (state := silence.parse_row(row.key, row.properties))]
    begun = silence.group_changes(silence.beginnings(states))
    ended = silence.group_changes(silence.ends(states, now))
    overdue = [
        (due, state) for state in states if (due := state.overdue_since(awake_since)) and due < now
    ]
    for one in begun:
        _report(services, one, silent_alert, with_silent)
        for change in one.unreported:
            _record_beginning(services, change, str(one.first.name))
    for one in ended:
        _report(services, one, back_alert, with_back)
        for change in one.unreported:
            _record_end(services, change, str(one.first.name))
    # The earliest first, so that whoever sees a mark sees those before it.
    for due, state in sorted(overdue, key=lambda one: (one[0], one[1].device)):
        _mark(services, state, due, now)
    return bool(begun or ended or overdue)


def _mark(services: Services, state: WatchedDevice, due: datetime, now: datetime) -> None:
    """Mark a device as silent, unless something came of it meanwhile."""
    row = services.devices.get(STATES, state.device)
    if row is None or silence.parse_row(row.key, row.properties) != state:
        return
    found = Silence(state.received_at, due, now, state.camera, state.goodbye)
    if _write(services, row, found):
        log.warning("watch: %s is silent since %s", state.device, format_time(state.received_at))


def _report(
    services: Services,
    group: Group,
    alert_of: Callable[[SilenceChange], StoredAlert],
    combined_with: Callable[[SilenceChange], Combine],
) -> None:
    """Store the alert of a group, or what it does not name yet."""
    first = alert_of(group.first)
    if not group.first.alert:
        services.alerts.add([first])
    for change in group.unreported:
        if change is not group.first:
            services.alerts.join(first, alert_of(change), combined_with(change))


def _record_beginning(services: Services, change: SilenceChange, alert: str) -> None:
    """Write the interval, and record in the device's row that its silence is reported."""
    condition = condition_of_all(silent_condition(change.silence.goodbye))
    write_changes(services.devices, change.device, {change.silence.since: condition})
    _record(services, change, lambda one: replace(one, alert=alert))


def _record_end(services: Services, change: SilenceChange, alert: str) -> None:
    """Record in the device's row that the end of its silence is reported."""
    _record(services, change, lambda one: replace(one, end_alert=alert))


def _record(
    services: Services, change: SilenceChange, updated: Callable[[Silence], Silence]
) -> None:
    """Change what the row of a device says of this silence, if it still does. If a heartbeat is
    faster, the next look does it."""
    row = services.devices.get(STATES, change.device)
    state = silence.parse_row(row.key, row.properties) if row else None
    if row and state and state.silence and state.silence.since == change.silence.since:
        _write(services, row, updated(state.silence))


def _write(services: Services, row: Entity, found: Silence) -> bool:
    """Write a silence into the row of a device; return False if the row was changed meanwhile."""
    properties = {**row.properties, **silence.silence_columns(found)}
    return services.devices.replace(STATES, row, properties)
