"""Requests for several cameras at once."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_THREADS = 16

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_parallel(call: Callable[[Item], Result], items: Collection[Item]) -> dict[Item, Result]:
    """Return what `call` returns for each item. Up to 16 calls run at once, each in a thread; a
    single one runs in the caller's. Raises what one of them raises."""
    if len(items) <= 1:
        return {item: call(item) for item in items}
    with ThreadPoolExecutor(min(_THREADS, len(items))) as pool:
        return dict(zip(items, pool.map(call, items), strict=True))
