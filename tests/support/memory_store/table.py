"""Tables in memory, with the limits of Azure's."""

import json
import threading
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence

from function_app.storage.table_store import ConditionalUpdate, Entity, KeyRange

# Azure's limits ("Understanding the Table service data model", "Performing entity group
# transactions" in Microsoft's reference). A stored character takes two bytes (UTF-16).
MAX_PROPERTIES = 252  # of a row, without its two keys and its Timestamp
MAX_PROPERTY_BYTES, MAX_ROW_BYTES, MAX_TRANSACTION_BYTES = 64 * 1024, 1 << 20, 4 << 20
MAX_ROWS = 100  # in a transaction
MAX_SELECTED = 255  # columns of a query


class MemoryTable:
    """TableStore in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Entity] = {}
        self._keys: defaultdict[str, list[str]] = defaultdict(list)  # in order
        self._lock = threading.Lock()
        self._written = 0

    def get(self, partition: str, key: str) -> Entity | None:
        return self.kept.get((partition, key))

    def insert(self, partition: str, key: str, properties: Mapping[str, str]) -> bool:
        with self._lock:
            if (partition, key) in self.kept:
                return False
            self._write(partition, key, properties)
            return True

    def upsert(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        with self._lock:
            self._write(partition, key, properties)

    def upsert_all(self, partition: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        _check_transaction(rows)
        with self._lock:
            for key, properties in rows.items():
                self._write(partition, key, properties)

    def replace(self, partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
        with self._lock:
            now = self.kept.get((partition, row.key))
            if now is None or now.etag != row.etag:
                return False
            self._write(partition, row.key, properties)
            return True

    def rewrite(self, partition: str, rewrite: ConditionalUpdate) -> bool:
        with self._lock:
            there = self.kept.get((partition, rewrite.row.key))
            removed = [key for key, properties in rewrite.others.items() if properties is None]
            if there is None or there.etag != rewrite.row.etag:
                return False
            if any((partition, key) not in self.kept for key in removed):
                return False
            _check_transaction({rewrite.row.key: rewrite.properties, **rewrite.others})
            self._write(partition, rewrite.row.key, rewrite.properties)
            for key, properties in rewrite.others.items():
                if properties is None:
                    self._remove(partition, key)
                else:
                    self._write(partition, key, properties)
            return True

    def remove(self, partition: str, key: str) -> None:
        with self._lock:
            if (partition, key) in self.kept:
                self._remove(partition, key)

    def query(
        self,
        partition: str,
        count: int,
        after: str = "",
        end: str = "",
        columns: Sequence[str] | None = None,
    ) -> list[Entity]:
        assert columns is None or len({"RowKey", "Timestamp", *columns}) <= MAX_SELECTED
        with self._lock:
            keys = self._keys[partition]
            first = bisect_right(keys, after)
            last = bisect_left(keys, end) if end else len(keys)
            found = [self.kept[partition, key] for key in keys[first:last][:count]]
        return found if columns is None else [_with_columns(row, columns) for row in found]

    def query_ranges(
        self, partition: str, ranges: Sequence[KeyRange], columns: Sequence[str] | None = None
    ) -> list[Entity]:
        with self._lock:
            keys = self._keys[partition]
            found = {
                key
                for first, last in ranges
                for key in keys[bisect_left(keys, first) : bisect_right(keys, last)]
            }
            rows = [self.kept[partition, key] for key in sorted(found)]
        return rows if columns is None else [_with_columns(row, columns) for row in rows]

    def _write(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        _check_row(partition, key, properties)
        self._written += 1
        if (partition, key) not in self.kept:
            insort(self._keys[partition], key)
        self.kept[partition, key] = Entity(key, dict(properties), str(self._written))

    def _remove(self, partition: str, key: str) -> None:
        del self.kept[partition, key]
        del self._keys[partition][bisect_left(self._keys[partition], key)]


def _check_row(partition: str, key: str, properties: Mapping[str, str]) -> None:
    """Assert that Azure would store this row."""
    assert len(properties) <= MAX_PROPERTIES
    sizes = [_utf16(text) for text in properties.values()]
    assert max(sizes, default=0) <= MAX_PROPERTY_BYTES
    columns = sum(sizes) + sum(8 + _utf16(name) + 4 for name in properties)
    assert 4 + _utf16(partition) + _utf16(key) + columns <= MAX_ROW_BYTES


def _check_transaction(rows: Mapping[str, Mapping[str, str] | None]) -> None:
    """Assert that Azure would take these rows in one request, each with up to 1 KiB around it."""
    assert 0 < len(rows) <= MAX_ROWS
    sizes = [1024 + len(json.dumps(dict(row or {}))) for row in rows.values()]
    assert sum(sizes) <= MAX_TRANSACTION_BYTES


def _utf16(text: str) -> int:
    return 2 * len(text) if text.isascii() else len(text.encode("utf-16-le"))


def _with_columns(row: Entity, columns: Sequence[str]) -> Entity:
    properties = {name: row.properties[name] for name in columns if name in row.properties}
    return row._replace(properties=properties)
