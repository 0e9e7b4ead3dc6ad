"""Rows in Table Storage."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableServiceClient, UpdateMode

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import ask, error_code
from function_app.storage.azure.transactions import Change, Operation, TransactionError
from function_app.storage.table_store import ConditionalUpdate, Entity

CHANGED_MEANWHILE = ("UpdateConditionNotSatisfied", "ResourceNotFound")


class AzureRows:
    """Rows in one table, which is created when it is first missed."""

    def __init__(self, account: Account, table: str) -> None:
        self._table = account.tables.get_table_client(table)
        self._submit = partial(account.transactions.submit, table)
        self._create = partial(create_table, account.tables, table)

    def get(self, partition: str, key: str) -> Entity | None:
        def find() -> Entity | None:
            try:
                return _row(self._table.get_entity(partition, key))
            except ResourceNotFoundError:  # the row, or the whole table
                return None

        return ask(find)

    def insert(self, partition: str, key: str, properties: Mapping[str, str]) -> bool:
        change = (Operation.INSERT, _entity(partition, key, properties))
        return insert(self._submit, [change], self._create)  # create_entity hides a missing table

    def upsert(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        entity = _entity(partition, key, properties)
        ask(lambda: self._table.upsert_entity(entity, UpdateMode.REPLACE), self._create)

    def replace(self, partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
        def update() -> bool:
            try:
                self._table.update_entity(
                    _entity(partition, row.key, properties),
                    UpdateMode.REPLACE,
                    etag=row.etag,
                    match_condition=MatchConditions.IfNotModified,
                )
            except (ResourceModifiedError, ResourceNotFoundError):
                return False
            except HttpResponseError as error:
                if error.status_code != 412:
                    raise
                return False
            return True

        return ask(update)

    def rewrite(self, partition: str, rewrite: ConditionalUpdate) -> bool:
        def update() -> bool:
            try:
                self._submit(changes_of(partition, rewrite), rewrite.row.etag)
            except TransactionError as error:
                if error_code(error) not in CHANGED_MEANWHILE:
                    raise
                return False
            return True

        return ask(update)

    def remove(self, partition: str, key: str) -> None:
        ask(lambda: self._table.delete_entity(partition, key))  # one that is gone is no error

    def query(self, partition: str, count: int, after: str = "", end: str = "") -> list[Entity]:
        def read() -> list[Entity]:
            rows = self._table.query_entities(
                "PartitionKey eq @partition and RowKey gt @after"
                + (" and RowKey lt @end" if end else ""),
                parameters={"partition": partition, "after": after, "end": end},
                results_per_page=min(count, 1000),
            )
            try:
                return [_row(one) for one in islice(rows, count)]
            except ResourceNotFoundError:
                return []

        return ask(read)


def changes_of(partition: str, rewrite: ConditionalUpdate) -> list[Change]:
    """What a transaction does for it; the row that must be unchanged comes first."""
    first = _entity(partition, rewrite.row.key, rewrite.properties)
    changes: list[Change] = [(Operation.PUT, first)]
    for key, properties in rewrite.others.items():
        operation = Operation.DELETE if properties is None else Operation.PUT
        changes.append((operation, _entity(partition, key, properties or {})))
    return changes


def _entity(partition: str, key: str, properties: Mapping[str, str]) -> dict[str, str]:
    return {"PartitionKey": partition, "RowKey": key, **properties}


def _row(entity: Any) -> Entity:
    properties = {
        word: value
        for word, value in entity.items()
        if isinstance(value, str) and word not in ("PartitionKey", "RowKey")
    }
    return Entity(entity["RowKey"], properties, entity.metadata["etag"])


def create_table(service: TableServiceClient, table: str) -> None:
    """Create the table; that another instance has just done so is fine. Raises the SDK's errors,
    TableBeingDeleted among them."""
    try:
        service.create_table(table)
    except ResourceExistsError as error:
        if error_code(error) != "TableAlreadyExists":
            raise


def insert(
    submit: Callable[[Sequence[Change]], None],
    changes: Sequence[Change],
    create: Callable[[], object],
) -> bool:
    """Whether these changes, insertions and others, were made; False, and none of them is, if a row
    that is to be inserted is there already. `create` makes the table. Raises
    StorageUnavailableError."""

    def attempt() -> bool:
        try:
            submit(changes)
        except TransactionError as error:
            if error_code(error) != "EntityAlreadyExists":
                raise
            return False
        return True

    return ask(attempt, create)
