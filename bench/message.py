"""What it adds to the PUT of a photo that somebody is told of it: one message in a queue.

The queue is in an Azurite of its own, as Azure's queues are a service of their own: one Azurite is
one thread, and would store the photo after the message.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.backend import running, to_backend
from bench.clients import picture
from bench.effort import Effort
from bench.processes import cpu_seconds
from bench.repeat import Samples, percentile, progress
from bench.report import Figure
from function_app.services import connect
from function_app.settings import Settings
from local.azurite import Azurite
from tests.support.backend import Backend

SIZES = (50_000, 500_000)  # bytes of a photo
AIM = 1.1  # issue 15: within 10% of the time without a channel
NOBODY_READS = {"AzureWebJobs__notify__Disabled": "true"}


class _Store(Azurite):
    """Blobs and tables in memory, and the queues of another Azurite."""

    def __init__(self, queues: Azurite) -> None:
        super().__init__(None)
        self._queues = queues

    def connection_string_of(self, account: str) -> str:
        """Return the connection string of one of its storage accounts."""
        own, other = (f"http://127.0.0.1:{one.ports[1]}/" for one in (self, self._queues))
        return super().connection_string_of(account).replace(own, other)


def measure(folder: Path, effort: Effort) -> list[Figure]:
    with ExitStack() as stack:
        backends = []
        for has_channel in (False, True):
            store = _Store(stack.enter_context(Azurite(None)))
            azurite, backend = stack.enter_context(
                running(folder / f"{has_channel}", store, NOBODY_READS)
            )
            if has_channel:
                now = datetime.now(UTC)
                connect(Settings(azurite.connection_string)).notifier.set_has_channels(True, now)
            backends.append(backend)
        return [one for size in SIZES for one in _figures(size, backends, effort)]


def _figures(size: int, backends: list[Backend], effort: Effort) -> list[Figure]:
    photos, rounds = effort.pick((200, 3), (60, 2), (4, 1))
    content = picture(size)
    puts = [partial(to_backend(one), content) for one in backends]
    for put in puts:  # to warm up
        put()
    p95: list[list[float]] = [[], []]
    cpu: list[list[float]] = [[], []]
    for number in range(rounds):
        before = [_cpu(one) for one in backends]
        for at, times in enumerate(_in_turns(puts, photos)):
            p95[at].append(percentile(times, 95) * 1000)
            cpu[at].append((_cpu(backends[at]) - before[at]) * 1000 / photos)
        progress(f"{photos} photos of {size // 1000} KB to each: round {number + 1} of {rounds}")
    without, with_channel = (Samples(tuple(one)) for one in p95)
    cpu_without, cpu_with = (Samples(tuple(one)) for one in cpu)
    what = f"{size // 1000} KB: PUT with a channel, in terms of one without"
    return [
        Figure(
            f"{what}: p95", with_channel / without, "times", AIM, True, f"{photos} photos to each"
        ),
        Figure("  p95 without a channel", without, "ms"),
        Figure("  CPU of the backend", cpu_with / cpu_without, "times"),
        Figure("  CPU of the backend without a channel", cpu_without, "ms"),
    ]


def _in_turns(puts: Sequence[Callable[[], None]], photos: int) -> list[list[float]]:
    """Return the seconds of each photo. Every photo goes to each of them, in an order that is
    reversed after it."""
    times: list[list[float]] = [[] for _ in puts]
    order = list(range(len(puts)))
    for _ in range(photos):
        for at in order:
            start = time.perf_counter()
            puts[at]()
            times[at].append(time.perf_counter() - start)
        order.reverse()
    return times


def _cpu(backend: Backend) -> float:
    assert backend.process
    return cpu_seconds(backend.process.pid)
