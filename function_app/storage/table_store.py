"""Small records: those of people, sessions, tokens, shared links, counts, and who did what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

PAGE = 1000  # records that a request answers at most


@dataclass(frozen=True, slots=True)
class Entity:
    """A record: its words, and a tag that changes whenever it is written."""

    key: str
    properties: Mapping[str, str]
    etag: str = ""


@dataclass(frozen=True, slots=True)
class ConditionalUpdate:
    """`row` gets these words, unless it was changed meanwhile; and with it `others` of its
    partition get theirs, by key, or are removed (None), which must be there then. All or nothing;
    no more than 100 records."""

    row: Entity
    properties: Mapping[str, str]
    others: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)


class TableStore(Protocol):
    """Records by partition and key. Every method may raise StorageUnavailableError."""

    def get(self, partition: str, key: str) -> Entity | None:
        """The record of this key, if there is one."""
        ...

    def insert(self, partition: str, key: str, properties: Mapping[str, str]) -> bool:
        """Write a record unless there is one; False if there is."""
        ...

    def upsert(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        """Write a record, whatever is there."""
        ...

    def replace(self, partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
        """Write a record in the place of `row`; False if that was changed meanwhile."""
        ...

    def rewrite(self, partition: str, rewrite: ConditionalUpdate) -> bool:
        """Write all of it; False if its row was changed meanwhile, and then nothing was written."""
        ...

    def remove(self, partition: str, key: str) -> None:
        """Remove the record, if it is there."""
        ...

    def query(self, partition: str, count: int, after: str = "", end: str = "") -> list[Entity]:
        """Up to `count` records by their keys, those behind `after`, and before `end` if given."""
        ...


def query_all(rows: TableStore, partition: str) -> Iterator[Entity]:
    """All records of a partition by their keys, read as they are needed."""
    after = ""
    while page := rows.query(partition, PAGE, after):
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].key
