"""Waiting for the thing itself, instead of for some time."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(
    condition: Callable[[], Found], deadline: float = 90, what: str = "the condition"
) -> Found:
    """Ask `condition` until it gives something true, and return that. The deadline only ends what
    will never come, so it may be long: a machine of CI is slow, and works for others.

    Raises AssertionError, naming `what`, when `deadline` seconds have passed without it.
    """
    end = time.monotonic() + deadline
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not come within {deadline} s"
        time.sleep(0.05)
    return found
