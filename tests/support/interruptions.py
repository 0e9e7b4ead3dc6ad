"""Services that are stopped at a call, or at whose call something else happens first."""

from collections.abc import Callable, Iterator
from typing import Any

from function_app.services import Services
from tests.support.services import wrapped


class StoppedError(Exception):
    """The process was killed here."""


class Fragile:
    """A store that allows some calls that change something, and fails from then on."""

    READS = (
        *(
            "get",
            "query",
            "query_ranges",
            "query_some",
            "query_times",
            "query_states",
            "list_arrivals",
            "position",
            "list_orphans",
            "cameras",
            "first_seen",
        ),
        *("list_photos", "list_names", "is_first_seen_known"),
        *("get_trashed", "list_trash", "retention_positions"),
        *("read", "find", "find_or_tombstone", "newest", "newest_of", "newest_of_some"),
        *("state", "check"),
    )

    def __init__(self, store: object, left: list[int]) -> None:
        self._store = store
        self._left = left

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        if not callable(call):  # a store may hold another, whose calls count too
            return Fragile(call, self._left)
        if name in self.READS:
            return call

        def counted(*args: Any, **kwargs: Any) -> Any:
            if self._left[0] == 0:
                raise StoppedError
            self._left[0] -= 1
            return call(*args, **kwargs)

        return counted


def fragile(backend: Services, changes: int) -> Services:
    """Return services that fail after so many changes, in all stores together."""
    left = [changes]
    return wrapped(backend, lambda store: Fragile(store, left))


def until_done(work: Callable[[Services], object], backend: Services) -> int:
    """Stop the work after its first change, then after two, and so on, until it completes.

    Return the number of its changes.
    """
    for changes in range(200):
        try:
            work(fragile(backend, changes))
        except StoppedError:
            continue
        return changes
    raise AssertionError("it never ends")


class Watched:
    """A store that runs an action before each call. A list is read as a whole when it begins, as
    one page of it is."""

    def __init__(self, store: object, before: Callable[[], object]) -> None:
        self._store = store
        self._before = before

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        if not callable(call):  # a store may hold another, whose calls are watched too
            return Watched(call, self._before)

        def watched(*args: Any, **more: Any) -> Any:
            self._before()
            answer = call(*args, **more)
            return iter(list(answer)) if isinstance(answer, Iterator) else answer

        return watched


def at_call(
    number: int, backend: Services, action: Callable[[], object]
) -> tuple[Services, list[int]]:
    """Return services at whose call of this number the action runs first, and the number of
    calls so far."""
    calls = [0]

    def before() -> None:
        if calls[0] == number:
            action()
        calls[0] += 1

    return wrapped(backend, lambda store: Watched(store, before)), calls
