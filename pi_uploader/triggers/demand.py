"""A photo on demand: SIGUSR1 to the running service takes one with every camera.

systemctl kill --signal=USR1 pi-uploader-capture
"""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from photo_wire.headers import Trigger
from pi_uploader.signals import on_signals
from pi_uploader.triggers.queue import TriggerEvent, TriggerQueue


@contextmanager
def demand_trigger(queues: Sequence[TriggerQueue]) -> Iterator[None]:
    """Put a demand trigger into each queue whenever SIGUSR1 arrives. Does nothing in a thread other
    than the main one, which no signal reaches."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def demand(_: int) -> None:
        for queue in queues:
            queue.put(TriggerEvent(Trigger.DEMAND, time.monotonic()))

    with on_signals([signal.SIGUSR1], demand):
        yield
