"""Requests to Table Storage that are written by hand: how they are sent and signed, and which
failures are known. The SDK's transport sends them, over its connections, with its errors."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import cast
from urllib.parse import quote, urlsplit

from azure.core import PipelineClient
from azure.core.credentials import (
    AzureNamedKeyCredential,
    AzureSasCredential,
    TokenCredential,
)
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AzureSasCredentialPolicy,
    BearerTokenCredentialPolicy,
    HTTPPolicy,
    SansIOHTTPPolicy,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.data.tables import TableServiceClient

from function_app.storage.azure.errors import UnknownReplyError, is_service_failure
from function_app.storage.azure.identity import SCOPE

SERVICE_VERSION = "2019-02-02"  # of the service's API
_KNOWN_CODES = (
    *("EntityAlreadyExists", "ResourceNotFound", "UpdateConditionNotSatisfied"),
    *("TableNotFound", "TableBeingDeleted"),
)
_CODE = re.compile(rb"\"code\":\s*\"(\w+)\"|<(?:\w+:)?code>(\w+)<", re.IGNORECASE)  # JSON or XML

_Policy = SansIOHTTPPolicy[HttpRequest, HttpResponse] | HTTPPolicy[HttpRequest, HttpResponse]


class TableError(HttpResponseError):
    """The service did not do what it was asked to do, and changed nothing. `error_code` is its code
    for the reason."""

    def __init__(self, response: HttpResponse, status: int, code: str | None) -> None:
        super().__init__(f"the tables answered {status} {code}", response=response)
        self.status_code = status
        self.error_code = code


class TableRequests:
    """Sends requests to the tables of the account that `service` opens, over `transport`."""

    def __init__(self, service: TableServiceClient, transport: RequestsTransport) -> None:
        self.url = service.url
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            self.url, policies=[_authorization(service.credential)], transport=transport
        )

    def send(
        self, method: str, path: str, headers: Mapping[str, str], content: str | bytes | None = None
    ) -> HttpResponse:
        """Send a request for a path below the account's address, which may have a query, and return
        the response, whatever its status. Raises the errors of azure-core."""
        request = HttpRequest(
            method,
            f"{self.url}/{path}",
            headers={
                "x-ms-version": SERVICE_VERSION,
                "x-ms-date": formatdate(usegmt=True),
                "DataServiceVersion": "3.0",
                **headers,
            },
            content=content,
        )
        return self._client.send_request(request, is_prepared=True)


def row_address(partition: str, key: str) -> str:
    """Return how the path of a row ends, after the table's name."""
    partition, key = (quote(one.replace("'", "''"), safe="") for one in (partition, key))
    return f"(PartitionKey='{partition}',RowKey='{key}')"


def failure(response: HttpResponse, status: int) -> AzureError:
    """Return the error for a response that is no success: a TableError if its code is known, else
    an UnknownReplyError. `status` is that of the change which failed."""
    code = response.headers.get("x-ms-error-code")
    if not code and (match := _CODE.search(response.content)):
        code = next(filter(None, match.groups())).decode()
    if code in _KNOWN_CODES or is_service_failure(status, code):
        return TableError(response, status, code)
    return UnknownReplyError(f"it was answered {status} {code}", status)


def _authorization(credential: object) -> _Policy:
    if isinstance(credential, AzureNamedKeyCredential):
        return _SharedKey(credential)
    if isinstance(credential, AzureSasCredential):
        return AzureSasCredentialPolicy(credential)
    return BearerTokenCredentialPolicy(cast(TokenCredential, credential), SCOPE)


class _SharedKey(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Signs a request with the account's key, as "Authorize with Shared Key" says for tables in
    Microsoft's reference of the storage services."""

    def __init__(self, credential: AzureNamedKeyCredential) -> None:
        self._credential = credential

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        sent = request.http_request
        account, key = self._credential.named_key
        signed = (
            sent.method,
            "",  # no Content-MD5
            sent.headers.get("Content-Type", ""),
            sent.headers["x-ms-date"],
            f"/{account}{urlsplit(sent.url).path}",
        )
        digest = hmac.digest(base64.b64decode(key), "\n".join(signed).encode(), hashlib.sha256)
        signature = base64.b64encode(digest).decode()
        sent.headers["Authorization"] = f"SharedKey {account}:{signature}"
