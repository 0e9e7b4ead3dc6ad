"""Several who work on the same stores at once, interleaved as a test says."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle
from typing import Any

from function_app.services import Services
from tests.support.services import wrapped


class Turns:
    """Tasks of which one runs at a time, each up to its next call of a store. `left` of a task is
    how many calls it makes before its process is killed."""

    def __init__(self, backend: Services) -> None:
        self._backend = backend
        self._waiting: dict[int, threading.Semaphore] = {}
        self._stopped = threading.Semaphore(0)

    def run(
        self, tasks: list[tuple[Callable[[Services], object], int | None]], order: list[int]
    ) -> None:
        with ThreadPoolExecutor(max(len(tasks), 1)) as pool:
            work = []
            for number, (task, left) in enumerate(tasks):
                self._waiting[number] = threading.Semaphore(0)
                work.append(pool.submit(self._work, number, task, self._seen_by(number, left)))
                self._stopped.acquire()
            turns = cycle(order or [0])
            while self._waiting:
                numbers = sorted(self._waiting)
                self._waiting[numbers[next(turns) % len(numbers)]].release()
                self._stopped.acquire()
        for one in work:
            one.result()

    def _work(self, number: int, task: Callable[[Services], object], own: Services) -> None:
        try:
            self._wait(number)
            with suppress(KilledError):
                task(own)
        finally:
            del self._waiting[number]
            self._stopped.release()

    def _wait(self, number: int) -> None:
        waiting = self._waiting[number]
        self._stopped.release()
        waiting.acquire()

    def _seen_by(self, number: int, left: int | None) -> Services:
        calls = [10_000 if left is None else left]

        def before_a_call() -> None:
            self._wait(number)
            if calls[0] == 0:
                raise KilledError
            calls[0] -= 1

        return wrapped(self._backend, lambda store: Watched(store, before_a_call))


class KilledError(Exception):
    """The process was killed here."""


class Watched:
    """A store before whose every call something happens."""

    def __init__(self, store: object, before_a_call: Callable[[], None]) -> None:
        self._store = store
        self._before = before_a_call

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            self._before()
            return call(*args, **kwargs)

        return watched
