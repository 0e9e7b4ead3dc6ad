"""Small records: users, sessions, tokens, shared links, the audit log, and counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

PAGE_SIZE = 1000  # records that a request answers at most
MAX_CHANGES = 100  # records that a request changes at most
# Of a change on the condition that a record is as it was read: each that fails means that another
# request's change was made.
MAX_ATTEMPTS = 20

KeyRange = tuple[str, str]
"""The first and the last key of a range."""


class Entity(NamedTuple):
    """A record: its properties, and an etag that changes whenever it is written."""

    key: str
    properties: Mapping[str, str]
    etag: str = ""


@dataclass(frozen=True, slots=True)
class ConditionalUpdate:
    """Replace the properties of `row`, unless it was changed meanwhile, and together with it those
    of `others` in its partition, by key. None removes a record, which must exist then. All or
    nothing, and no more than 100 records."""

    row: Entity
    properties: Mapping[str, str]
    others: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)


class TableStore(Protocol):
    """Records by partition and key. Every method may raise StorageUnavailableError."""

    def get(self, partition: str, key: str) -> Entity | None:
        """Return the record with this key, if there is one."""
        ...

    def insert(self, partition: str, key: str, properties: Mapping[str, str]) -> bool:
        """Write a record, unless one exists; return False if one does."""
        ...

    def upsert(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        """Write a record, whether one exists or not."""
        ...

    def upsert_all(self, partition: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        """Write up to 100 records by key, whether they exist or not: all or nothing."""
        ...

    def replace(self, partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
        """Write a record in place of `row`; return False if that was changed meanwhile."""
        ...

    def rewrite(self, partition: str, rewrite: ConditionalUpdate) -> bool:
        """Make the update; return False, and write nothing, if its row was changed meanwhile."""
        ...

    def remove(self, partition: str, key: str) -> None:
        """Remove the record, if it exists."""
        ...

    def query(
        self,
        partition: str,
        count: int,
        after: str = "",
        end: str = "",
        columns: Sequence[str] | None = None,
    ) -> list[Entity]:
        """Return up to `count` records in the order of their keys, those after `after`, and before
        `end` if given; of their properties only those in `columns`, if given. One request for each
        PAGE_SIZE records."""
        ...

    def query_ranges(
        self, partition: str, ranges: Sequence[KeyRange], columns: Sequence[str] | None = None
    ) -> list[Entity]:
        """Return the records whose keys are in one of these ranges, in the order of their keys; of
        their properties only those in `columns`, if given. One request for each PAGE_SIZE records.
        Of more than 200 keys others between them are read, too."""
        ...


def single_keys(keys: Iterable[str]) -> list[KeyRange]:
    """Return the ranges of these keys."""
    return [(key, key) for key in keys]


def query_all(
    rows: TableStore,
    partition: str,
    columns: Sequence[str] | None = None,
    after: str = "",
    end: str = "",
) -> Iterator[Entity]:
    """Yield all records of a partition in the order of their keys, read page by page; only those
    after `after` and before `end`, if given. Of their properties only those in `columns`, if
    given."""
    while page := rows.query(partition, PAGE_SIZE, after, end, columns):
        yield from page
        if len(page) < PAGE_SIZE:
            return
        after = page[-1].key


def remove_all(rows: TableStore, partition: str, end: str = "", after: str = "") -> int:
    """Remove all records of a partition, or those with keys before `end` and after `after`. Return
    how many.

    Three requests for each hundred records. May be stopped at any point and called again.
    """
    count = 0
    while page := rows.query(partition, MAX_CHANGES, after, end):
        first, *others = page
        removal = ConditionalUpdate(first, first.properties, {one.key: None for one in others})
        if others and rows.rewrite(partition, removal):
            count += len(others)
        rows.remove(partition, first.key)  # in any case, so that each turn removes something
        count += 1
    return count
