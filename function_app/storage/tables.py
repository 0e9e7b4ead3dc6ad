"""Making a table that an operation turned out to miss."""

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient

from function_app.storage.away import error_code


def create_table(service: TableServiceClient, table: str) -> None:
    """Create the table; that another instance has just done so is fine. Raises the SDK's errors,
    TableBeingDeleted among them."""
    try:
        service.create_table(table)
    except ResourceExistsError as error:
        if error_code(error) != "TableAlreadyExists":
            raise
