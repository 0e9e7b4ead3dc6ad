"""Blobs that are written once: each by one request, and never over another.

The SDK's upload_blob takes 1 ms of CPU more than this (docs/decisions/0018-photos-put-by-hand.md).
The SDK's transport carries it and its credential signs it, and what is sent says what the SDK would
say.
"""

import base64
import hashlib
from collections.abc import Mapping
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

from function_app.storage.azure.identity import SCOPE

_CREATED = 201
_Policy = SansIOHTTPPolicy[HttpRequest, HttpResponse] | HTTPPolicy[HttpRequest, HttpResponse]


class NotCreatedError(HttpResponseError):
    """The blob was not created. `error_code` is what the service calls the reason."""

    def __init__(self, response: HttpResponse) -> None:
        self.error_code = response.headers.get("x-ms-error-code")
        said = f"{response.status_code} {self.error_code}"
        super().__init__(f"a new blob was answered {said}", response=response)


class NewBlobs:
    """New blobs in the account that `service` opens, by the same `transport`."""

    def __init__(self, service: BlobServiceClient, transport: RequestsTransport) -> None:
        url, question, signature = service.url.partition("?")
        self._url, self._query = url.rstrip("/"), question + signature
        self._version = service.api_version
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            self._url, policies=_authorization(service.credential), transport=transport
        )

    def put(
        self,
        container: str,
        path: str,
        body: bytes,
        content_type: str,
        properties: Mapping[str, str],
    ) -> None:
        """Create the blob at this path with `properties` (ASCII) as its metadata.

        Raises NotCreatedError if the service did not, its code BlobAlreadyExists or ConditionNotMet
        if there is one at this path, and the other errors of azure-core.
        """
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        request = HttpRequest(
            "PUT",
            f"{self._url}/{container}/{quote(path)}{self._query}",
            headers={
                "x-ms-version": self._version,
                "x-ms-date": formatdate(usegmt=True),
                "x-ms-blob-type": "BlockBlob",
                "x-ms-blob-content-type": content_type,
                "Content-Type": "application/octet-stream",
                "Content-MD5": md5,  # the service compares the bytes with it
                "If-None-Match": "*",  # only if there is none
                **{f"x-ms-meta-{word}": text for word, text in properties.items()},
            },
            content=body,
        )
        response = self._client.send_request(request)
        if response.status_code != _CREATED:
            raise NotCreatedError(response)
        if response.headers.get("Content-MD5", md5) != md5:
            raise AzureError("the service says that it stored other bytes than were sent")


def _authorization(credential: object) -> list[_Policy]:
    if credential is None:  # a shared access signature, which is in the address
        return []
    if isinstance(credential, SansIOHTTPPolicy):  # the account's key
        return [credential]
    return [BearerTokenCredentialPolicy(cast(TokenCredential, credential), SCOPE)]
