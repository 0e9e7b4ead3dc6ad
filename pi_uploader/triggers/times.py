"""stub"""

from datetime import time


def read_times(text: str) -> tuple[time, ...]:
    if text == "off":
        return ()
    return tuple(time.fromisoformat(one.strip()) for one in text.split(","))


from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_times(times, zone, queue, is_clock_set, back_within):  # type: ignore
    yield
