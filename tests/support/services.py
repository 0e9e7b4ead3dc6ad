"""Services whose stores do something else too: fail, wait, count."""

from collections.abc import Callable
from copy import copy
from dataclasses import fields, replace
from typing import Any, cast

from function_app.auth.audit_log import AuditLog
from function_app.services import Services
from function_app.storage.figures import FiguresTable
from function_app.storage.loss_counts import LossCounts
from function_app.storage.photo_counters import PhotoCounters
from function_app.storage.table_store import TableStore


def count_rows(services: Services) -> TableStore:
    """Return the table in which the photos' counts are kept."""
    return counters_of(services).rows


def counters_of(services: Services) -> PhotoCounters:
    """Return the counters with which the index counts."""
    return cast(PhotoCounters, services.index._counters)  # type: ignore[attr-defined]


def with_counters(services: Services, rows: Any = None, arrivals: Any = None) -> Services:
    """Return services whose index counts with these rows or these arrivals."""
    index = copy(services.index)
    counters = PhotoCounters(rows or count_rows(services), arrivals or services.index)
    index._counters = counters  # type: ignore[attr-defined]
    return replace(services, index=index)


def wrapped(services: Services, wrap: Callable[[object], Any]) -> Services:
    """Return services of which each store is wrapped, as are those with which photos and losses are
    counted."""
    index = with_counters(services, wrap(count_rows(services)), wrap(services.index)).index
    derived = ["settings", "loss_counts", "figures", "notifier", "audit_log"]
    derived += ["day_views", "photo_views", "redacted_photos"]
    stores = [one.name for one in fields(Services) if one.name not in derived]
    parts = {name: wrap(getattr(services, name)) for name in stores}
    parts["index"] = _WrappedIndex(wrap(index), index)
    parts["loss_counts"] = LossCounts(wrap(services.loss_counts.rows), parts["alerts"])
    parts["figures"] = FiguresTable(wrap(services.figures.rows))
    log = services.audit_log
    parts["audit_log"] = AuditLog(wrap(log.table), log.trusted_proxies)
    return replace(services, **parts)


class _WrappedIndex:
    """An index whose counting is wrapped at each row, and not once more as a whole."""

    COUNTING = ("count_photos", "invalidate_counts")

    def __init__(self, wrapped: object, inside: object) -> None:
        self._wrapped = wrapped
        self._inside = inside

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inside if name in self.COUNTING else self._wrapped, name)
