"""A table in memory that counts what would be requests to the cloud."""

from typing import Any

from tests.support.memory_store import MemoryTable

REQUESTS = ("get", "insert", "upsert", "upsert_all", "replace", "rewrite", "query", "query_ranges")


class CountedTable(MemoryTable):
    """`requests` has the name of each request, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in REQUESTS:
            self.requests.append(name)
        return super().__getattribute__(name)
