"""Create blobs that are never overwritten, each by one request.

The SDK's upload_blob takes 1 ms of CPU more than this (docs/decisions/0018-photos-put-by-hand.md).
The SDK's transport sends the request and its credential signs it, and the request is the one that
the SDK would send. A reply that is not known here makes the SDK repeat it
(docs/decisions/0047-the-sdk-as-a-fallback.md).
"""

import base64
import hashlib
from collections.abc import Mapping

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient, ContentSettings

from function_app.storage.azure.blob_requests import BlobRequests, failure
from function_app.storage.azure.errors import SdkFallback

EXISTS = ("BlobAlreadyExists", "ConditionNotMet")
_CREATED = 201
_KNOWN_CODES = (*EXISTS, "ContainerNotFound", "ContainerBeingDeleted")


class NewBlobs:
    """New blobs in the account that `service` opens, over the same
    connections. With `sdk_only` they are all created by the SDK."""

    def __init__(
        self, service: BlobServiceClient, requests: BlobRequests, sdk_only: bool = False
    ) -> None:
        self._service = service
        self._requests = requests
        self._fallback = SdkFallback("a new blob", sdk_only)

    def put(
        self,
        container: str,
        path: str,
        body: bytes,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> None:
        """Create the blob at this path with this metadata (ASCII).

        After an unknown reply the request is repeated once with the SDK. If the blob had been
        created, that fails since it exists.

        Raises HttpResponseError if it was not created, its code in EXISTS if there is a blob at
        this path, and the other errors of azure-core.
        """
        self._fallback.run(
            lambda: self._put_directly(container, path, body, content_type, metadata),
            lambda: self._put_with_sdk(container, path, body, content_type, metadata),
        )

    def _put_directly(
        self, container: str, path: str, body: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> None:
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        headers = {
            "x-ms-blob-type": "BlockBlob",
            "x-ms-blob-content-type": content_type,
            "Content-Type": "application/octet-stream",
            "Content-MD5": md5,  # the service compares the bytes with it
            "If-None-Match": "*",  # only if there is no blob
            **{f"x-ms-meta-{name}": value for name, value in metadata.items()},
        }
        response = self._requests.send("PUT", (container, path), headers, body)
        if response.status_code != _CREATED:
            raise failure(response, _KNOWN_CODES)
        if response.headers.get("Content-MD5", md5) != md5:
            raise AzureError("the service says that it stored other bytes than were sent")

    def _put_with_sdk(
        self, container: str, path: str, body: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> None:
        # It compares the MD5 of the reply by itself.
        self._service.get_blob_client(container, path).upload_blob(
            body,
            overwrite=False,
            metadata=dict(metadata),
            content_settings=ContentSettings(content_type=content_type),
            validate_content=True,
        )
