"""Timer functions, run by their schedules as the Functions host runs them."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from azure.functions import TimerRequest
from azure.functions.decorators.function_app import Function
from azure.functions.decorators.timer import TimerTrigger

from local.schedule import Schedule

MAX_WAIT_SECONDS = 5.0  # for a run to end when the host stops

_LOG = logging.getLogger("local.host")


@dataclass(frozen=True)
class TimerFunction:
    """A function with a timer trigger: when it runs, and what to call."""

    name: str
    schedule: Schedule
    parameter: str
    call: Callable[..., Any]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Run it to its end, after the run that is under way, if one is. Whatever the app raises is
        logged."""
        with self._lock:
            _LOG.debug("%s begins", self.name)
            try:
                self.call(**{self.parameter: _Request()})
            except Exception:  # noqa: BLE001 - the next run is due all the same, as in Azure
                _LOG.exception("%s failed", self.name)


class Timers:
    """Runs each timer function by its schedule in a thread of its own, in the `with` block, except
    for those that `environment` disables: AzureWebJobs__{name}__Disabled=true. Also a disabled one
    runs on request. Raises ValueError for a schedule that it does not support."""

    def __init__(self, functions: Iterable[Function], environment: Mapping[str, str]) -> None:
        self.functions = {one.name: one for one in filter(None, map(_timer_function, functions))}
        self.scheduled = [
            one
            for name, one in self.functions.items()
            if environment.get(f"AzureWebJobs__{name}__Disabled", "").lower() not in ("true", "1")
        ]
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        for function in self.scheduled:
            self._start(self._run_by_schedule, function)
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until the runs under way have ended, but not for ever."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(MAX_WAIT_SECONDS)

    def run_soon(self, name: str) -> bool:
        """Run a function now, in a thread of its own, or right after the run that is under way.
        Return False if there is none of this name."""
        function = self.functions.get(name)
        if function is None:
            return False
        self._start(TimerFunction.run, function)
        return True

    def _start(self, work: Callable[[TimerFunction], None], function: TimerFunction) -> None:
        self._threads = [one for one in self._threads if one.is_alive()]
        thread = threading.Thread(target=work, args=(function,), name=function.name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _run_by_schedule(self, function: TimerFunction) -> None:
        due = function.schedule.next_after(datetime.now(UTC))
        while not self._stopping.wait((due - datetime.now(UTC)).total_seconds()):
            # The clock may be set back meanwhile; then this is too early.
            if datetime.now(UTC) >= due:
                function.run()
                due = function.schedule.next_after(max(due, datetime.now(UTC)))


class _Request(TimerRequest):
    """What a timer function is given: a run that is not late."""

    @property
    def past_due(self) -> bool:
        return False


def _timer_function(function: Function) -> TimerFunction | None:
    trigger, name = function.get_trigger(), str(function.get_function_name())
    if not isinstance(trigger, TimerTrigger):
        return None
    schedule = Schedule.parse(trigger.schedule)
    return TimerFunction(name, schedule, trigger.name, function.get_user_function())
