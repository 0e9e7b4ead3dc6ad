"""What a device said that a camera was doing, minute by minute: runs of minutes with one
condition."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from function_app.days.minutes import minute_of, start_of
from function_app.devices.conditions import NEVER_HEARD_OF, Change, Condition, State, condition_in
from photo_wire.moment import from_milliseconds, milliseconds


class DeviceRun(NamedTuple):
    """The condition of a camera from the minute `first` on, until the next run's. Of a silence: the
    moments between which no heartbeat came; `until` is None if none has come yet."""

    first: int
    condition: Condition
    since: datetime | None = None
    until: datetime | None = None


def device_runs(changes: Sequence[Change], camera: str, first: int, end: int) -> list[DeviceRun]:
    """Return the runs of a camera from the minute `first` to before `end`. A minute has the
    condition of its beginning. `changes` are those of its device in this time, the last one before
    it included, and the next one after it if there is one."""
    found = [DeviceRun(first, NEVER_HEARD_OF)]
    for index, change in enumerate(changes):
        minute = minute_of(change.at)
        minute += change.at > start_of(minute)
        condition = condition_in(change.conditions, camera)
        run = DeviceRun(max(first, minute), condition)
        if condition.state is State.SILENT:
            following = changes[index + 1].at if index + 1 < len(changes) else None
            run = run._replace(since=change.at, until=following)
        while found and found[-1].first >= run.first:
            found.pop()
        if run.first < end and not (found and found[-1][1:] == run[1:]):
            found.append(run)
    return found


def to_lists(runs: Iterable[DeviceRun], day: int) -> list[list[object]]:
    """Return the runs as JSON has them: the first minute, counted from the minute `day`, the state,
    the reason, and the moments of a silence in milliseconds."""
    return [
        [
            run.first - day,
            run.condition.state,
            run.condition.reason,
            _number(run.since),
            _number(run.until),
        ]
        for run in runs
    ]


def from_lists(lists: Iterable[Sequence[object]], day: int) -> list[DeviceRun]:
    """Return the runs that `to_lists` described. Raises TypeError or ValueError."""
    runs = []
    for first, state, reason, since, until in lists:
        condition = Condition(State(str(state)), None if reason is None else str(reason))
        runs.append(DeviceRun(day + int(str(first)), condition, _moment(since), _moment(until)))
    if any(before.first >= after.first for before, after in pairwise(runs)):
        raise ValueError("the runs are not in order")
    return runs


def _number(moment: datetime | None) -> int | None:
    return None if moment is None else milliseconds(moment)


def _moment(number: object) -> datetime | None:
    return None if number is None else from_milliseconds(int(str(number)))
