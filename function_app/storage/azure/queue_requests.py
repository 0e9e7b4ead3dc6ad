"""Requests to Queue Storage, all written by hand: where they go, and how they are signed.

There are six kinds of them, and azure-storage-queue would make each cold start 16 ms longer, and a
message several times as expensive (docs/decisions/0094-queues-without-an-sdk.md).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.storage.blob import BlobServiceClient

from function_app.storage.azure.identity import SCOPE
from function_app.storage.azure.queue_connections import Connections, Reply, SentRequest

# A message is small and has a table to wait in, so a queue that hangs is given up soon.
TIMEOUT_SECONDS = 1.0
_EMULATOR = "http://127.0.0.1:10001/devstoreaccount1"


class QueueError(HttpResponseError):
    """The service did not do what it was asked to do. `error_code` is its code for the reason."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"the queues answered {reply.status} {reply.error_code}")
        self.status_code = reply.status
        self.error_code = reply.error_code


def queue_address(connection_string: str, blob_address: str) -> str:
    """Return the address of the queues in the account of this connection string, whose blobs have
    `blob_address`. Each may end with a shared access signature; both have the same."""
    parts = (part.partition("=") for part in connection_string.split(";"))
    settings = {name.strip().lower(): value.strip() for name, _, value in parts}
    if settings.get("usedevelopmentstorage", "").lower() == "true":
        return _EMULATOR
    blobs, question, signature = blob_address.partition("?")
    if endpoint := settings.get("queueendpoint"):
        return endpoint.rstrip("/") + question + signature
    return blobs.replace(".blob.", ".queue.", 1).rstrip("/") + question + signature


class QueueRequests:
    """Sends requests to the queues at `address`, signed with the credential of `blobs`. Paths are
    below that address. `send` and `begin` raise the errors of azure-core."""

    def __init__(self, address: str, blobs: BlobServiceClient) -> None:
        url, _, self._signature = address.partition("?")
        self._root = urlsplit(url).path
        self._version = blobs.api_version
        self._credential = blobs.credential
        self._connections = Connections(url, TIMEOUT_SECONDS)

    def send(self, method: str, path: str, query: Mapping[str, str], content: bytes = b"") -> Reply:
        """Send a request and return the response. Raises QueueError for one that is no success, and
        ServiceResponseTimeoutError if none has come after TIMEOUT_SECONDS."""
        target, headers = self._signed(method, path, query, content)
        with self._connections.send(method, target, headers, content) as sent:
            return check(sent.receive())

    def begin(
        self, method: str, path: str, query: Mapping[str, str], content: bytes = b""
    ) -> SentRequest | None:
        """Send a small request over a connection that is open, without waiting for anything. Return
        None if none is open. `check` tells what its response means."""
        target, headers = self._signed(method, path, query, content)
        return self._connections.send_at_once(method, target, headers, content)

    def _signed(
        self, method: str, path: str, query: Mapping[str, str], content: bytes
    ) -> tuple[str, dict[str, str]]:
        """Return the path and query of a request, and its headers."""
        resource = f"{self._root}/{path}"
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": self._version}
        if content:
            headers["Content-Type"] = "application/xml"
        if isinstance(self._credential, SansIOHTTPPolicy):  # the account's key
            signed = _string_to_sign(method, headers, len(content))
            headers["Authorization"] = _shared_key(self._credential, signed, resource, query)
        elif self._credential is not None:  # else the signature is in the address
            token = cast(TokenCredential, self._credential).get_token(SCOPE).token
            headers["Authorization"] = f"Bearer {token}"
        parameters = "&".join(filter(None, (urlencode(query), self._signature)))
        return resource + (f"?{parameters}" if parameters else ""), headers


def check(reply: Reply) -> Reply:
    """Return a response that is a success. Raises QueueError for another one."""
    if not 200 <= reply.status < 300:
        raise QueueError(reply)
    return reply


def _string_to_sign(method: str, headers: Mapping[str, str], size: int) -> str:
    """Return what is signed of a request with a body of `size` bytes, except what it is for
    ("Authorize with Shared Key" in Microsoft's reference of the storage services)."""
    length, content_type = str(size or ""), headers.get("Content-Type", "")
    stated = (method, "", "", length, "", content_type, "", "", "", "", "", "")
    return "\n".join(
        (*stated, f"x-ms-date:{headers['x-ms-date']}", f"x-ms-version:{headers['x-ms-version']}")
    )


def _shared_key(credential: Any, stated: str, resource: str, query: Mapping[str, str]) -> str:
    """Return the header Authorization by the account's key, which `credential` has, for a request
    for this path with this query. Raises AzureError if the key is none."""
    account = credential.account_name
    parameters = [f"{name}:{query[name]}" for name in sorted(query)]
    signed = "\n".join((stated, f"/{account}{resource}", *parameters))
    try:
        key = base64.b64decode(credential.account_key)
    except ValueError:
        raise AzureError("the account's key is not base64") from None
    digest = hmac.digest(key, signed.encode(), hashlib.sha256)
    return f"SharedKey {account}:{base64.b64encode(digest).decode()}"
