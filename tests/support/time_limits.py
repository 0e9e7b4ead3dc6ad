"""The backend's limits in real time, lifted for what runs in the test's own process.

After some seconds it gives up a queue, a turn or a run, and goes on in another way. A machine that
has other work would reach them in tests of something else. The test of a limit sets its own.
"""

import pytest

from function_app.auth.passwords import HashQueue
from function_app.days import update
from function_app.notification_queue import notifier
from function_app.storage.azure import queue_requests, states

LONG = 300.0  # seconds


def lift_time_limits(patch: pytest.MonkeyPatch) -> None:
    """Make these limits so long that no test reaches them, until the patch is undone."""
    patch.setattr(HashQueue, "MAX_WAIT_SECONDS", LONG)
    patch.setattr(update, "RUN_SECONDS", LONG)
    patch.setattr(notifier, "DEADLINE_SECONDS", LONG)
    patch.setattr(queue_requests, "TIMEOUT_SECONDS", LONG)
    patch.setattr(states, "MAX_WAIT_SECONDS", LONG)
