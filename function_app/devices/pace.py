"""How many heartbeats of a device are recorded: one in HEARTBEAT_PAUSE, and BURST at once.

A device sends one each minute at most, and one at once for each piece of news, such as the result
of a command: 30 at once, then one in 20 s (pi_uploader/agent/schedule.py). So it never comes here.
"""

import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from function_app.devices.states import PACED_UNTIL
from function_app.problems import HTTPProblemError
from photo_wire.errors import WireError
from photo_wire.moment import format_time, parse_time

HEARTBEAT_PAUSE = timedelta(seconds=10)
BURST = 60
_WINDOW = BURST * HEARTBEAT_PAUSE


def pace(row: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return the column that counts a heartbeat which comes now, beside the columns of the device's
    row. Raises HTTPProblemError (429) if there were too many.

    The column is the time by which the heartbeats until now would have come, had they come one in
    HEARTBEAT_PAUSE (the generic cell rate algorithm).
    """
    before = now
    with suppress(KeyError, WireError):
        before = min(max(now, parse_time(row[PACED_UNTIL])), now + _WINDOW)
    wait = before + HEARTBEAT_PAUSE - (now + _WINDOW)
    if wait > timedelta(0):
        raise HTTPProblemError(
            429,
            f"More than {BURST} heartbeats came at once, and more than one in "
            f"{HEARTBEAT_PAUSE.seconds} s.",
            {"Retry-After": str(math.ceil(wait.total_seconds()))},
        )
    return {PACED_UNTIL: format_time(before + HEARTBEAT_PAUSE)}
