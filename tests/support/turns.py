"""Several who work on the same stores at once, interleaved as a test says."""

from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from typing import Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from function_app.services import Services
from tests.support.services import wrapped


class Turns:
    """Tasks of which one runs at a time, each up to its next call of a store. `left` of a task is
    how many calls it makes before its process is killed. Each has a stack of its own (greenlet)
    and no thread: on a busy machine a thread would wait for its turn on the processor, too."""

    def __init__(self, backend: Services) -> None:
        self._backend = backend

    def run(
        self, tasks: list[tuple[Callable[[Services], object], int | None]], order: list[int]
    ) -> None:
        running = {number: self._begin(task, left) for number, (task, left) in enumerate(tasks)}
        turns = cycle(order or [0])
        while running:
            numbers = sorted(running)
            number = numbers[next(turns) % len(numbers)]
            running[number].switch()
            if running[number].dead:
                del running[number]

    def _begin(self, task: Callable[[Services], object], left: int | None) -> greenlet:
        """Return the task, ready for its first turn."""
        calls, test = [10_000 if left is None else left], getcurrent()

        def before_a_call() -> None:
            test.switch()
            if calls[0] == 0:
                raise KilledError
            calls[0] -= 1

        def work() -> None:
            with suppress(KilledError):
                task(wrapped(self._backend, lambda store: Watched(store, before_a_call)))

        return greenlet(work)


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
