"""Table transactions: several rows are changed, or none of them.

Each is one request, an OData multipart message, written here by hand: the SDK's own takes 6 ms of
CPU for the six rows of a photo, this takes 0.6 (docs/decisions/0011-transactions-by-hand.md). The
SDK's transport sends it, and the message is the one that the SDK would send. A reply that is not
known here makes the SDK repeat the transaction (docs/decisions/0047-the-sdk-as-a-fallback.md).
"""

import json
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any
from uuid import uuid4

from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.data.tables import TableServiceClient, TransactionOperation, UpdateMode

from function_app.storage.azure.errors import SdkFallback, UnknownReplyError
from function_app.storage.azure.table_requests import (
    SERVICE_VERSION,
    TableRequests,
    failure,
    row_address,
)

_STATUS = re.compile(rb"\r\n\r\nHTTP/1\.[01] (\d{3}) ")

Change = tuple["Operation", Mapping[str, str]]
"""An operation on a row, and the row: its properties, PartitionKey and RowKey among them."""
TransactionOperationType = (
    tuple[TransactionOperation, dict[str, Any]]
    | tuple[TransactionOperation, dict[str, Any], dict[str, Any]]
)


class Operation(Enum):
    """What is done to a row; the value is the HTTP method."""

    INSERT = "POST"  # fails if it exists
    PUT = "PUT"  # writes it, whether it exists or not
    MERGE = "PATCH"  # the same, and leaves its other properties as they are
    DELETE = "DELETE"  # fails if it does not exist


class Transactions:
    """Transactions in the tables of the account that `service` opens. With `sdk_only` they are all
    made by the SDK."""

    def __init__(
        self, service: TableServiceClient, requests: TableRequests, sdk_only: bool = False
    ) -> None:
        self._service = service
        self._requests = requests
        self._fallback = SdkFallback("a table transaction", sdk_only)

    def submit(self, table: str, changes: Sequence[Change], etag: str = "") -> None:
        """Make all of these changes, at most 100, to rows of one partition; with an `etag`, only if
        the row of the first change still has it.

        After an unknown reply the changes are repeated once with the SDK. If they had been made,
        that fails as it would for another instance that was faster: callers read what is there.

        Raises HttpResponseError, with an `error_code`, if one of the changes cannot be made, and
        the other errors of azure-core.
        """
        self._fallback.run(
            lambda: self._submit_directly(table, changes, etag),
            lambda: self._submit_with_sdk(table, changes, etag),
        )

    def _submit_directly(self, table: str, changes: Sequence[Change], etag: str) -> None:
        boundary = str(uuid4())
        response = self._requests.send(
            "POST",
            "$batch",
            {
                "MaxDataServiceVersion": "3.0;NetFx",
                "Content-Type": f"multipart/mixed; boundary=batch_{boundary}",
                "Accept": "application/json",
            },
            _body(f"{self._requests.url}/{table}", changes, boundary, etag),
        )
        if response.status_code != 202:
            raise failure(response, response.status_code)
        statuses = [int(status) for status in _STATUS.findall(response.content)]
        for status in statuses:
            if not 200 <= status < 300:
                raise failure(response, status)
        if len(statuses) != len(changes):
            raise UnknownReplyError(
                f"{len(changes)} changes got {len(statuses)} answers", response.status_code
            )

    def _submit_with_sdk(self, table: str, changes: Sequence[Change], etag: str) -> None:
        operations: list[TransactionOperationType] = [
            _sdk_operation(operation, row, "" if number else etag)
            for number, (operation, row) in enumerate(changes)
        ]
        try:
            answers = self._service.get_table_client(table).submit_transaction(operations)
        except ValueError:  # a reply that is no multipart message
            raise AzureError("a transaction got an answer that is none") from None
        if len(answers) != len(changes):
            raise AzureError(f"{len(changes)} changes got {len(answers)} answers")


def _sdk_operation(
    operation: Operation, row: Mapping[str, str], etag: str
) -> TransactionOperationType:
    """Return a change as the SDK expects it, to a row of this etag if one is given."""
    condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
    entity: dict[str, Any] = dict(row)
    if operation is Operation.INSERT:
        return TransactionOperation.CREATE, entity
    if operation is Operation.DELETE:
        return TransactionOperation.DELETE, entity, condition
    kind = TransactionOperation.UPDATE if etag else TransactionOperation.UPSERT
    mode = UpdateMode.MERGE if operation is Operation.MERGE else UpdateMode.REPLACE
    return kind, entity, {"mode": mode, **condition}


def _body(table_url: str, changes: Sequence[Change], boundary: str, etag: str) -> bytes:
    """Return a batch of one change set (OData 3, "Batch Processing")."""
    batch, changeset = f"batch_{boundary}", f"changeset_{boundary}"
    lines = [f"--{batch}", f"Content-Type: multipart/mixed; boundary={changeset}", ""]
    for number, (operation, row) in enumerate(changes):
        lines += [
            f"--{changeset}",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            f"Content-ID: {number}",
            "",
            *_request(table_url, operation, row, "" if number else etag),
        ]
    return "\r\n".join([*lines, f"--{changeset}--", "", f"--{batch}--", ""]).encode()


def _request(table_url: str, operation: Operation, row: Mapping[str, str], etag: str) -> list[str]:
    """Return the lines of the HTTP request that makes one change, to a row of this etag if one is
    given."""
    address = row_address(row["PartitionKey"], row["RowKey"])
    url = table_url if operation is Operation.INSERT else table_url + address
    lines = [
        f"{operation.value} {url} HTTP/1.1",
        "Accept: application/json;odata=minimalmetadata",
        f"x-ms-version: {SERVICE_VERSION}",
        "DataServiceVersion: 3.0",
    ]
    if operation is Operation.DELETE:
        return [*lines, f"If-Match: {etag or '*'}", "", ""]
    if etag:
        lines.append(f"If-Match: {etag}")
    if operation is Operation.INSERT:
        lines.append("Prefer: return-no-content")  # else the row is sent back
    body = json.dumps(dict(row))  # ASCII, so that each character is one byte
    return [
        *lines,
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "",
        body,
    ]
