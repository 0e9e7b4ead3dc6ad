"""Read blobs and ranges of them, each by one request.

The SDK's download_blob takes several times the CPU of this (docs/decisions/0062-reads-by-hand.md),
and a page of photos reads fifty. A reply that is not known here makes the SDK repeat the request
(docs/decisions/0047-the-sdk-as-a-fallback.md).
"""

import re
from collections.abc import Iterable
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.core.pipeline import PipelineResponse
from azure.storage.blob import BlobServiceClient

from function_app.storage.azure.blob_requests import BlobRequests, failure
from function_app.storage.azure.errors import SdkFallback, UnknownReplyError, error_code

_WHOLE, _PARTIAL = 200, 206
_MISSING = ("BlobNotFound", "ContainerNotFound")
_NO_SUCH_BYTES = "InvalidRange"
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")  # RFC 9110, 14.4
# What the SDK raises for a reply that is none of its service.
_MALFORMED = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


class BlobReads:
    """Reads blobs of the account that `service` opens. With `sdk_only` the SDK makes all requests.

    Both methods return None if the blob, or the container, does not exist. They raise the errors of
    azure-core.
    """

    def __init__(
        self, service: BlobServiceClient, requests: BlobRequests, sdk_only: bool = False
    ) -> None:
        self._service = service
        self._requests = requests
        self._fallback = SdkFallback("a blob that is read", sdk_only)

    def read(self, container: str, path: str) -> bytes | None:
        """Return all bytes of a blob."""
        return self._fallback.run(
            lambda: self._read_directly(container, path),
            lambda: self._read_with_sdk(container, path),
        )

    def read_range(self, container: str, path: str, first: int, count: int) -> bytes | None:
        """Return `count` bytes of a blob from byte `first` on, fewer if it ends before. Return None
        also if it has no byte there."""
        return self._fallback.run(
            lambda: self._read_range_directly(container, path, first, count),
            lambda: self._read_with_sdk(container, path, first, count),
        )

    def _read_directly(self, container: str, path: str) -> bytes | None:
        response = self._requests.send("GET", (container, path), {}, None)
        if response.status_code == _WHOLE:
            return response.content
        if response.headers.get("x-ms-error-code") in _MISSING:
            return None
        raise failure(response, ())

    def _read_range_directly(
        self, container: str, path: str, first: int, count: int
    ) -> bytes | None:
        asked = {"x-ms-range": f"bytes={first}-{first + count - 1}"}
        response = self._requests.send("GET", (container, path), asked, None)
        if response.headers.get("x-ms-error-code") in (*_MISSING, _NO_SUCH_BYTES):
            return None
        if response.status_code != _PARTIAL:
            raise failure(response, ())
        stated = [response.headers.get("Content-Range", "")]
        if not _is_range(response.content, stated, first, count):
            raise UnknownReplyError("it was answered with another range", _PARTIAL)
        return response.content

    def _read_with_sdk(
        self, container: str, path: str, first: int | None = None, count: int | None = None
    ) -> bytes | None:
        blob = self._service.get_blob_client(container, path)
        stated: list[str] = []  # by Content-Range; the SDK takes it for the requested one

        def note(reply: PipelineResponse[Any, Any]) -> None:
            stated.append(reply.http_response.headers.get("Content-Range", ""))

        try:
            content = blob.download_blob(
                offset=first, length=count, raw_response_hook=note
            ).readall()
        except ResourceNotFoundError:
            return None
        except HttpResponseError as error:
            if error_code(error) != _NO_SUCH_BYTES:
                raise
            return None
        except _MALFORMED as error:
            what = f"a blob was answered in an unknown way ({type(error).__name__})"
            raise AzureError(what) from None
        is_part = first is not None
        if (is_part or content) and not _is_range(content, stated, first or 0, count):
            raise AzureError("a range of a blob was answered with another one")
        return content


def _is_range(content: bytes, stated: Iterable[str], first: int, count: int | None) -> bool:
    """Return whether `content` is the requested range as far as the blob goes; without a count, all
    from `first` on. `stated` are the Content-Range headers of the replies that it came with, each
    of which has to begin where the one before it ends: a reply with fewer bytes than it states
    makes the SDK ask for the rest."""
    at, size = first, 0
    for match in map(_CONTENT_RANGE.fullmatch, stated):
        if match is None or int(match[1]) != at:
            return False
        at, size = int(match[2]) + 1, int(match[3])
    end = size if count is None else min(first + count, size)
    return at == end == first + len(content)
