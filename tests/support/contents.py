"""All that stores in memory hold, to be compared before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from function_app.services import Services
from function_app.storage.table_store import Entity

_NOT_STORED = ("settings", "timer_watch", "known_cameras", "day_views", "device_keys")
_STORES = ("tests.support.", "function_app.")
_PROCESS_ONLY = ("_lock", "_keys", "_written")  # of a store: not what it holds


def contents(services: Services) -> dict[str, str]:
    """Return what each store holds, by the place of each value. Rows are there with their etags: a
    row that was written again as it was differs, too."""
    found: dict[str, str] = {}
    seen: set[int] = set()
    for store in fields(services):
        if store.name not in _NOT_STORED:
            found |= _leaves(store.name, getattr(services, store.name), seen)
    return found


def _leaves(place: str, value: object, seen: set[int]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Entity):
        yield place, f"{value.etag} {value.properties}"
    elif isinstance(value, Mapping):
        for key, member in list(value.items()):
            yield from _leaves(f"{place}[{key}]", member, seen)
    elif type(value).__module__.startswith(_STORES) and hasattr(value, "__dict__"):
        if id(value) in seen:
            return
        seen.add(id(value))
        for name, member in vars(value).items():
            if name not in _PROCESS_ONLY:
                yield from _leaves(f"{place}.{name}", member, seen)
    elif not callable(value):
        yield place, repr(value)
