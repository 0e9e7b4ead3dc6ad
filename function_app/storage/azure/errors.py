"""Which failures of the storage SDKs mean that storage is unavailable (all except those that an
adapter knows how to handle), and what happens when a hand-written request gets an unknown reply."""

import logging
from collections.abc import Callable
from typing import TypeVar

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from function_app.storage.azure.identity import IdentityError
from function_app.storage.errors import StorageUnavailableError

Result = TypeVar("Result")
_NOT_CREATED_YET = ("ContainerNotFound", "TableNotFound", "QueueNotFound")
SERVICE_FAILURES = ("InternalError", "OperationTimedOut", "ServerBusy")

log = logging.getLogger(__name__)


def call(operation: Callable[[], Result], create: Callable[[], object] | None = None) -> Result:
    """Return the result of `operation` on a storage client, which must do no harm when repeated.

    `create` creates the container or table if the operation finds it missing; the operation is then
    repeated once. Raises StorageUnavailableError for every SDK error that the operation raises.
    """
    try:
        try:
            return _on_a_live_connection(operation)
        except HttpResponseError as error:
            if create is None or not is_not_created_yet(error):
                raise
            create()
            return operation()
    except AzureError as error:
        raise unavailable(error) from None  # the SDK's text may contain a signed address


def unavailable(error: AzureError) -> StorageUnavailableError:
    """Return what a caller is told of this error, without the secrets in its text."""
    return StorageUnavailableError(_reason(error))


def is_closed_connection(error: AzureError) -> bool:
    """Return whether a kept connection may have failed since the other side has closed it, which
    does not mean that storage is unavailable: another try opens a new one."""
    return isinstance(error, ServiceResponseError) and not isinstance(
        error, ServiceResponseTimeoutError
    )


def error_code(error: HttpResponseError) -> str:
    """Return the service's code for this failure, such as BlobAlreadyExists. Its status and the
    class of the exception are shared by different failures: a full store raises
    ResourceExistsError, as a blob that exists already does."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code))


def is_not_created_yet(error: AzureError) -> bool:
    """Return whether the container, the table or the queue does not exist."""
    return isinstance(error, HttpResponseError) and error_code(error) in _NOT_CREATED_YET


def _on_a_live_connection(operation: Callable[[], Result]) -> Result:
    try:
        return operation()
    except ServiceResponseError as error:
        if not is_closed_connection(error):
            raise
        return operation()


def _reason(error: AzureError) -> str:
    if isinstance(error, IdentityError):
        return str(error)
    if not isinstance(error, HttpResponseError) or error.status_code is None:  # cut short
        return f"it cannot be reached ({type(error).__name__})"
    reason = f"it answered {error.status_code} {error_code(error)}"
    if error.status_code in (401, 403):
        return (
            f"{reason}: see that AzureWebJobsStorage holds the account's present key, or that the "
            "app's identity has its roles (new ones take minutes), and that the account's network "
            "rules let this app in"
        )
    return reason


def is_service_failure(status: int, code: str | None) -> bool:
    """Return whether a reply means that the service is at fault, so that another request would fail
    in the same way; or a redirect, which nobody follows with a photo."""
    return code in SERVICE_FAILURES or 300 <= status < 400


class UnknownReplyError(AzureError):
    """A hand-written request got a reply that this version does not know. The operation may have
    been done or not. `status` is the HTTP status."""

    def __init__(self, reply: str, status: int) -> None:
        super().__init__(reply)
        self.status = status


class SdkFallback:
    """Repeats an operation with the SDK when its hand-written request got an unknown reply. One for
    each kind of operation in a process. With `sdk_only` the SDK makes all requests."""

    def __init__(self, kind: str, sdk_only: bool) -> None:
        self._kind = kind
        self._sdk_only = sdk_only
        self._has_warned = False

    def run(self, directly: Callable[[], Result], with_sdk: Callable[[], Result]) -> Result:
        """Return the result of `directly`, the hand-written request; after an unknown reply that of
        `with_sdk`, which must do no harm if the operation was done already.

        Log a warning, the first time, unless the SDK gets the same status: then the reply has
        nothing to do with how the request was written. Raises what the two raise.
        """
        if self._sdk_only:
            return with_sdk()
        try:
            return directly()
        except UnknownReplyError as error:
            return self._repeat(error, with_sdk)

    def _repeat(self, error: UnknownReplyError, with_sdk: Callable[[], Result]) -> Result:
        try:
            result = with_sdk()
        except HttpResponseError as repeated:
            if repeated.status_code != error.status:
                self._warn(error)
            raise
        self._warn(error)
        return result

    def _warn(self, error: UnknownReplyError) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "storage: %s: %s, which this version does not know; it was repeated with the SDK, "
                "and so will others be, without a further warning. Set STORAGE_SDK_ONLY=1 to use "
                "the SDK from the start",
                self._kind,
                error,
            )
