"""Signals as calls in a thread, without delay."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_callbacks: dict[int, Callable[[int], object]] = {}
_pipe: list[int] = []  # its two ends, once `on_signals` was entered


@contextmanager
def on_signals(numbers: Iterable[int], callback: Callable[[int], object]) -> Iterator[None]:
    """Call `callback(number)` whenever one of these signals arrives, until the end of the block.
    Enter and leave it in the main thread.

    The call comes in a thread of its own, so it may take any lock. Python runs a handler in the
    main thread only, and a main thread that begins to wait at that moment does not run it before
    the wait is over, which may be never. The wake-up pipe is written at once
    (`signal.set_wakeup_fd`).
    """
    if not _pipe:
        _pipe.extend(os.pipe())
        os.set_blocking(_pipe[1], False)
        threading.Thread(target=_listen, name="signals", daemon=True).start()
    signal.set_wakeup_fd(_pipe[1], warn_on_full_buffer=False)
    previous = {}
    for number in numbers:
        _callbacks[number] = callback
        # Without a handler in Python, nothing is written into the pipe.
        previous[number] = signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
            del _callbacks[number]


def _listen() -> None:
    while True:
        for number in os.read(_pipe[0], 64):
            if callback := _callbacks.get(number):
                callback(number)
