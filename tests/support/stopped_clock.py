"""The clock of the backend's code, and of tests/support, in the test's own process, which stands
still: for what happens once an hour or a day, is of today, or says how long ago something was."""

import datetime
import sys
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

import function_app

REAL = datetime.datetime


class StoppedClock:
    """The clock, at `moment` (aware), to which a test may assign another one."""

    def __init__(self, moment: REAL) -> None:
        self.moment = moment


def stop_clock(patch: pytest.MonkeyPatch, moment: REAL) -> StoppedClock:
    """Stop the clock at this moment until the patch is undone, and return it."""
    clock = StoppedClock(moment)

    class AnyDatetime(type):
        """Every datetime is an instance of the class below."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, REAL)

    class StoppedDatetime(REAL, metaclass=AnyDatetime):
        """datetime, but `now` is the moment of the clock."""

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return clock.moment.astimezone(tz)

    _import_all()
    for name, module in list(sys.modules.items()):
        is_ours = name.startswith(("function_app.", "tests.support."))
        if is_ours and vars(module).get("datetime") is REAL:
            patch.setattr(module, "datetime", StoppedDatetime)
    return clock


@cache
def _import_all() -> None:
    """Import what the backend imports only at a request: a module that is imported later would have
    the machine's clock, or keep the stopped one."""
    for module in walk_packages(function_app.__path__, "function_app."):
        if "send_process" not in module.name:  # of a process of its own, with its own path
            import_module(module.name)
