"""Wait for a condition, instead of for a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def wait_for(
    condition: Callable[[], Result], deadline: float = 90, what: str = "the condition"
) -> Result:
    """Call `condition` until it returns something true, and return that. The deadline is long,
    since it only ends a wait that would never end: CI machines are slow and shared.

    Raises AssertionError, which names `what`, after `deadline` seconds.
    """
    end = time.monotonic() + deadline
    while not (result := condition()):
        assert time.monotonic() < end, f"{what} did not come within {deadline} s"
        time.sleep(0.05)
    return result
