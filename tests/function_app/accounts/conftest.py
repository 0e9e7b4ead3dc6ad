"""A backend of these tests' own, in which nobody has signed in yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient

from tests.conftest import NewStore, running_backend
from tests.support.backend import Backend

TABLES_OF_PEOPLE = ("people", "accesses")  # as function_app/services.py names them


@pytest.fixture(scope="session")
def backend_for_accounts(
    new_store: NewStore, log_folder: Path, secrets_used: set[str]
) -> Iterator[Backend]:
    """The backend behind `own`."""
    with running_backend(new_store(), log_folder, secrets_used) as backend:
        yield backend


@pytest.fixture
def own(backend_for_accounts: Backend) -> Backend:
    """A backend where nobody has signed in yet: users, tokens, links, sessions and the audit log of
    the tests before are removed. Do not stop it: use `start_backend` for that."""
    tables = TableServiceClient.from_connection_string(backend_for_accounts.connection_string)
    for name in TABLES_OF_PEOPLE:
        table = tables.get_table_client(name)
        try:
            for row in table.list_entities(select=["PartitionKey", "RowKey"]):
                table.delete_entity(row)
        except ResourceNotFoundError:
            pass  # nobody has needed the table yet
    return backend_for_accounts
