"""The table of the photos' rows: how they are read and changed."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableEntity

from function_app.storage.account import Account
from function_app.storage.errors import Answer, ask, error_code
from function_app.storage.row_keys import PHOTOS
from function_app.storage.tables import create_table, insert
from function_app.storage.transactions import Change, Operation, TransactionError

TABLE = "photos"
_CHANGED = "UpdateConditionNotSatisfied"
GONE = ("ResourceNotFound", "TableNotFound")


class PhotoTable:
    """The table, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        self._table = account.tables.get_table_client(TABLE)
        self._submit = partial(account.transactions.submit, TABLE)
        self._create = partial(create_table, account.tables, TABLE)

    def _try(self, changes: list[Change], tag: str) -> str:
        """Make all of these changes, if the first row has this tag; returns why not, if one of
        their rows was changed or is gone."""

        def submit() -> str:
            try:
                self._submit(changes, tag)
            except TransactionError as error:
                if (code := error_code(error)) in (_CHANGED, *GONE):
                    return code
                raise
            return ""

        return ask(submit)

    def _read(
        self,
        first: str,
        end: str,
        count: int,
        read_row: Callable[[dict[str, Any]], Answer | None],
        select: list[str] | None = None,
    ) -> list[Answer]:
        def read() -> list[Answer]:
            rows = self._table.query_entities(
                "PartitionKey eq @photos and RowKey gt @first and RowKey lt @end",
                parameters={"photos": PHOTOS, "first": first, "end": end},
                results_per_page=min(count, 1000),
                select=select,
            )
            try:
                return list(islice(filter(None, map(read_row, rows)), count))
            except ResourceNotFoundError:
                return []  # no table yet, so no photo

        return ask(read)

    def _insert(self, rows: list[dict[str, str]], *notes: dict[str, str]) -> bool:
        """Insert all rows and write the notes, in one transaction, or nothing; False if one of the
        rows is there already."""
        changes: list[Change] = [(Operation.INSERT, row) for row in rows]
        changes += [(Operation.PUT, note) for note in notes]
        return insert(self._submit, changes, self._create)

    def _find(self, partition: str, key: str) -> TableEntity | None:
        def get() -> TableEntity | None:
            try:
                return self._table.get_entity(partition, key)
            except ResourceNotFoundError:  # the row, or the whole table
                return None

        return ask(get)
