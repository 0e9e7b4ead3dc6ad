"""A photo on demand: SIGUSR1 to the running service takes one with every camera.

systemctl kill --signal=USR1 pi-uploader-capture
"""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue

from photo_wire.headers import Trigger
from pi_uploader.triggers.queue import Triggering, TriggerQueue


@contextmanager
def on_demand_signal(queues: Sequence[TriggerQueue]) -> Iterator[None]:
    """Put a demand trigger into each queue whenever SIGUSR1 arrives. In a thread other than the
    main one, which no signal reaches, this does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: SimpleQueue[bool] = SimpleQueue()  # its put() is safe in a handler; a lock is not
    former = signal.signal(signal.SIGUSR1, lambda *_: arrived.put(True))

    def pass_on() -> None:
        while arrived.get():
            for queue in queues:
                queue.put(Triggering(Trigger.DEMAND, time.monotonic()))

    thread = threading.Thread(target=pass_on, name="on demand", daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, former)
        arrived.put(False)
        thread.join()
