"""SIGTERM and Ctrl-C as an orderly end."""

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue


def on_stop_signal(stop: Callable[[], object]) -> None:
    """Have `stop` called when SIGTERM or SIGINT arrives. Call this in the main thread.

    `stop` runs in a thread of its own, so that it may take any lock: a signal handler runs inside
    the main thread, which may be holding just that lock. More signals change nothing.
    """
    arrived: SimpleQueue[int] = SimpleQueue()  # its put() is safe in a handler
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: arrived.put(number))

    def wait() -> None:
        arrived.get()
        stop()

    threading.Thread(target=wait, name="stop signal", daemon=True).start()
