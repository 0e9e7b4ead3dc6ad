"""Run the local host at another time: clocked_host.py host ARGS, or clocked_host.py timer NAME.

It is started by its path and imports nothing of this checkout, so that it runs the code of an older
one, too: PYTHONPATH has the checkout's folder. CLOCK_FILE has the path of a file with the seconds
that are added to this machine's clock; it is read anew each time, so the clock can be moved.

`timer NAME` runs a timer's function once, and returns when it has ended.
"""

import datetime
import importlib
import os
import runpy
import sys
from pathlib import Path
from typing import Any

REAL = datetime.datetime
CLOCK_FILE = Path(os.environ["CLOCK_FILE"])


class _AnyDatetime(type):
    """Every datetime is an instance of the class below."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, REAL)


class MovedDatetime(REAL, metaclass=_AnyDatetime):
    """datetime, but `now` adds the seconds of CLOCK_FILE."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return REAL.now(tz) + datetime.timedelta(seconds=float(CLOCK_FILE.read_text()))


def main() -> None:
    sys.path.pop(0)  # the folder of this file
    datetime.datetime = MovedDatetime  # type: ignore[misc]
    kind, *args = sys.argv[1:]
    if kind == "host":
        sys.argv = ["local.host", *args]
        runpy.run_module("local.host", run_name="__main__", alter_sys=True)
        return
    functions = importlib.import_module("function_app").app.get_functions()
    (timer,) = (one for one in functions if one.get_function_name() == args[0])
    timer.get_user_function()(None)


if __name__ == "__main__":
    main()
