"""Which failures of the storage SDKs mean that storage is away: all but those that an adapter
knows how to read."""

from collections.abc import Callable
from typing import TypeVar

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from function_app.storage.azure.identity import IdentityError
from function_app.storage.models import StorageUnavailableError

Answer = TypeVar("Answer")
_NOT_CREATED_YET = ("ContainerNotFound", "TableNotFound")


def ask(operation: Callable[[], Answer], create: Callable[[], object] | None = None) -> Answer:
    """What `operation` on a storage client answers; it must do no harm when it is repeated.

    `create` makes the container or table that the operation turns out to miss; the operation is
    then repeated once. Raises StorageUnavailableError for every SDK error that the operation lets
    pass.
    """
    try:
        try:
            return _on_a_live_connection(operation)
        except HttpResponseError as error:
            if create is None or error_code(error) not in _NOT_CREATED_YET:
                raise
            create()
            return operation()
    except AzureError as error:
        raise StorageUnavailableError(
            _reason(error)
        ) from None  # the SDK's text may hold a signed address


def error_code(error: HttpResponseError) -> str:
    """What the service calls this failure, such as BlobAlreadyExists; its status and the class of
    the exception are shared by failures that mean different things: a store that is full raises
    ResourceExistsError, as a blob that is there already does."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code))


def _on_a_live_connection(operation: Callable[[], Answer]) -> Answer:
    """A kept connection that the other side has closed in the meantime fails at its next use, and
    that says nothing of storage: try once more, which opens a new one."""
    try:
        return operation()
    except ServiceResponseTimeoutError:
        raise
    except ServiceResponseError:
        return operation()


def _reason(error: AzureError) -> str:
    if isinstance(error, IdentityError):
        return str(error)
    if not isinstance(error, HttpResponseError) or error.status_code is None:  # cut short
        return f"it cannot be reached ({type(error).__name__})"
    said = f"it answered {error.status_code} {error_code(error)}"
    if error.status_code in (401, 403):
        return (
            f"{said}: see that AzureWebJobsStorage holds the account's present key, or that the "
            "app's identity has its roles (new ones take minutes), and that the account's network "
            "rules let this app in"
        )
    return said
