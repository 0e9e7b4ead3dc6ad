"""Tables of small records, and what all tables have in common."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableServiceClient, UpdateMode

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import call, error_code
from function_app.storage.azure.filters import (
    count_terms,
    covering,
    key_range,
    ranges_filter,
    within,
)
from function_app.storage.azure.queries import Query
from function_app.storage.azure.transactions import Change, Operation
from function_app.storage.table_store import PAGE_SIZE, ConditionalUpdate, Entity, KeyRange

CHANGED = ("UpdateConditionNotSatisfied", "ResourceNotFound")


class AzureTable:
    """TableStore in one table, which is created when it is first missed."""

    def __init__(self, account: Account, table: str) -> None:
        self._name = table
        self._queries = account.queries
        self._table = account.tables.get_table_client(table)
        self._submit = partial(account.transactions.submit, table)
        self._create = partial(create_table, account.tables, table)

    def get(self, partition: str, key: str) -> Entity | None:
        return call(lambda: self._queries.get(self._name, partition, key))

    def insert(self, partition: str, key: str, properties: Mapping[str, str]) -> bool:
        change = (Operation.INSERT, _row(partition, key, properties))
        return insert(self._submit, [change], self._create)  # create_entity hides a missing table

    def upsert(self, partition: str, key: str, properties: Mapping[str, str]) -> None:
        row = _row(partition, key, properties)
        call(lambda: self._table.upsert_entity(row, UpdateMode.REPLACE), self._create)

    def upsert_all(self, partition: str, rows: Mapping[str, Mapping[str, str]]) -> None:
        changes = [(Operation.PUT, _row(partition, key, row)) for key, row in rows.items()]
        call(lambda: self._submit(changes), self._create)

    def replace(self, partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
        def update() -> bool:
            try:
                self._table.update_entity(
                    _row(partition, row.key, properties),
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

        return call(update)

    def rewrite(self, partition: str, rewrite: ConditionalUpdate) -> bool:
        def update() -> bool:
            try:
                self._submit(changes_of(partition, rewrite), rewrite.row.etag)
            except HttpResponseError as error:
                if error_code(error) not in CHANGED:
                    raise
                return False
            return True

        return call(update)

    def remove(self, partition: str, key: str) -> None:
        call(lambda: self._table.delete_entity(partition, key))  # no error if it does not exist

    def query(
        self,
        partition: str,
        count: int,
        after: str = "",
        end: str = "",
        columns: Sequence[str] | None = None,
    ) -> list[Entity]:
        query = Query(self._name, key_range(partition, after, end), min(count, PAGE_SIZE), columns)
        return call(lambda: list(islice(self._queries.rows(query), count)))

    def query_ranges(
        self, partition: str, ranges: Sequence[KeyRange], columns: Sequence[str] | None = None
    ) -> list[Entity]:
        if not ranges:
            return []

        def read(max_terms: int) -> list[Entity]:
            where = ranges_filter(partition, covering(ranges, max_terms))
            return within(self._queries.rows(Query(self._name, where, columns=columns)), ranges)

        return call(lambda: self._queries.with_terms(count_terms(ranges), read))


def create_table(service: TableServiceClient, table: str) -> None:
    """Create the table, unless another instance has just done so. Raises the SDK's errors, such as
    TableBeingDeleted."""
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
    """Make these changes, insertions among them; return False, and change nothing, if a row that is
    to be inserted exists already. `create` creates the table. Raises StorageUnavailableError."""

    def attempt() -> bool:
        try:
            submit(changes)
        except HttpResponseError as error:
            if error_code(error) != "EntityAlreadyExists":
                raise
            return False
        return True

    return call(attempt, create)


def changes_of(partition: str, update: ConditionalUpdate) -> list[Change]:
    """Return the changes of a transaction that makes this update; the row that must be unchanged
    comes first."""
    first = _row(partition, update.row.key, update.properties)
    changes: list[Change] = [(Operation.PUT, first)]
    for key, properties in update.others.items():
        operation = Operation.DELETE if properties is None else Operation.PUT
        changes.append((operation, _row(partition, key, properties or {})))
    return changes


def _row(partition: str, key: str, properties: Mapping[str, str]) -> dict[str, str]:
    return {"PartitionKey": partition, "RowKey": key, **properties}
