"""What all tables have in common: they are made when they are missed, and take a row once."""

from collections.abc import Callable, Sequence

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient

from function_app.storage.errors import ask, error_code
from function_app.storage.transactions import Change, TransactionError


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
