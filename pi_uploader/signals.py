"""Signals as calls in a thread, none of them late."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_calls: dict[int, Callable[[int], object]] = {}
_pipe: list[int] = []  # the two ends, once a signal is listened to


@contextmanager
def on_signals(numbers: Iterable[int], call: Callable[[int], object]) -> Iterator[None]:
    """Have `call(number)` called whenever one of these signals arrives, as long as this lasts.
    Enter and leave it in the main thread.

    The call comes in a thread of its own, so that it may take any lock. Python runs a handler in
    the main thread only, and one that begins to wait just then does not see the signal before its
    wait is over, which may be never; the wake-up pipe is written at once (`signal.set_wakeup_fd`).
    """
    if not _pipe:
        _pipe.extend(os.pipe())
        os.set_blocking(_pipe[1], False)
        threading.Thread(target=_listen, name="signals", daemon=True).start()
    signal.set_wakeup_fd(_pipe[1], warn_on_full_buffer=False)
    former = {}
    for number in numbers:
        _calls[number] = call
        former[number] = signal.signal(number, lambda *_: None)  # without one the pipe gets none
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
            del _calls[number]


def _listen() -> None:
    while True:
        for number in os.read(_pipe[0], 64):
            if call := _calls.get(number):
                call(number)
