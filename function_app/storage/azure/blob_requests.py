"""Requests to Blob Storage that are written by hand: how they are sent and signed, and which
failures are known. The SDK's transport sends them, over its connections, with its errors."""

from collections.abc import Collection, Mapping
from email.utils import formatdate
from typing import cast
from urllib.parse import quote

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, HTTPPolicy, SansIOHTTPPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.storage.blob import BlobServiceClient

from function_app.storage.azure.errors import UnknownReplyError, is_service_failure
from function_app.storage.azure.identity import SCOPE

_Policy = SansIOHTTPPolicy[HttpRequest, HttpResponse] | HTTPPolicy[HttpRequest, HttpResponse]


class BlobError(HttpResponseError):
    """The service did not do what it was asked to do. `error_code` is its code for the reason."""

    def __init__(self, response: HttpResponse, code: str | None) -> None:
        self.error_code = code
        super().__init__(f"the blobs answered {response.status_code} {code}", response=response)


class BlobRequests:
    """Sends requests to the blobs of the account that `service` opens, over `transport`."""

    def __init__(self, service: BlobServiceClient, transport: RequestsTransport) -> None:
        url, question, signature = service.url.partition("?")
        self._url, self._query = url.rstrip("/"), question + signature
        self._version = service.api_version
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            self._url, policies=authorization(service.credential), transport=transport
        )

    def send(
        self, method: str, blob: tuple[str, str], headers: Mapping[str, str], content: bytes | None
    ) -> HttpResponse:
        """Send a request for a blob, given by its container and its path, and return the response,
        whatever its status. Raises the errors of azure-core."""
        container, path = blob
        request = HttpRequest(
            method,
            f"{self._url}/{container}/{quote(path)}{self._query}",
            headers={
                "x-ms-version": self._version,
                "x-ms-date": formatdate(usegmt=True),
                **headers,
            },
            content=content,
        )
        return self._client.send_request(request, is_prepared=True)


def failure(response: HttpResponse, known_codes: Collection[str]) -> AzureError:
    """Return the error for a response that is no success: a BlobError if its code is known, else an
    UnknownReplyError."""
    status, code = response.status_code, response.headers.get("x-ms-error-code")
    if code in known_codes or is_service_failure(status, code):
        return BlobError(response, code)
    return UnknownReplyError(f"it was answered {status} {code}", status)


def authorization(credential: object) -> list[_Policy]:
    """Return what signs requests as the SDK's client with this credential does. Queues are signed
    as blobs are ("Authorize with Shared Key" in Microsoft's reference of the storage services)."""
    if credential is None:  # a shared access signature, which is in the address
        return []
    if isinstance(credential, SansIOHTTPPolicy):  # the account's key
        return [credential]
    return [BearerTokenCredentialPolicy(cast(TokenCredential, credential), SCOPE)]
