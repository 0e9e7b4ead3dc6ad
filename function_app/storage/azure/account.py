"""The storage account: the clients for its blobs and its tables, kept for the process."""

import logging
from dataclasses import dataclass
from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from function_app.storage.azure.identity import ManagedIdentityCredential
from function_app.storage.azure.new_blobs import NewBlobs
from function_app.storage.azure.transactions import Transactions

CONNECT_SECONDS = 5
READ_SECONDS = 25
CONNECTIONS = 64  # kept open to each service; the worker's thread pool seldom runs more at once


@dataclass(frozen=True, slots=True)
class Account:
    """Its clients. Blobs and tables are read by one and written by the other, over the same
    connections."""

    blobs: BlobServiceClient
    new_blobs: NewBlobs
    tables: TableServiceClient
    transactions: Transactions


def open_account(
    connection_string: str, max_photo_bytes: int, account_name: str | None = None
) -> Account:
    """The clients of this account, opened by the app's identity where only its name is known. Sends
    nothing: it may be away now."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # else a line for each storage request
    to_blobs, to_tables = _transport(), _transport()
    # A photo is one Put Blob and one Get Blob; the device's spool owns the retries.
    for_blobs: dict[str, Any] = {
        "transport": to_blobs,
        "retry_total": 0,
        "max_single_put_size": max_photo_bytes,
        "max_single_get_size": max_photo_bytes,
    }
    for_tables: dict[str, Any] = {"transport": to_tables, "retry_total": 0}
    if account_name is None:
        blobs = BlobServiceClient.from_connection_string(connection_string, **for_blobs)
        tables = TableServiceClient.from_connection_string(connection_string, **for_tables)
    else:
        identity = ManagedIdentityCredential()
        blobs = BlobServiceClient(
            f"https://{account_name}.blob.core.windows.net", credential=identity, **for_blobs
        )
        tables = TableServiceClient(
            f"https://{account_name}.table.core.windows.net", credential=identity, **for_tables
        )
    return Account(blobs, NewBlobs(blobs, to_blobs), tables, Transactions(tables, to_tables))


def _transport() -> RequestsTransport:
    """One connection pool, shared by all threads, that looks at no environment variables."""
    session = _Session()
    session.trust_env = False
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return RequestsTransport(
        session=session,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        use_env_settings=False,
    )


class _Session(requests.Session):
    """Sends what has bytes for a body as it was made. requests would make it ready once more and
    look for cookies, which takes a sixth of a photo's CPU (0018-photos-put-by-hand.md)."""

    def request(self, method: Any, url: Any, *args: Any, **said: Any) -> requests.Response:
        body = said.get("data")
        if not isinstance(body, bytes):
            return super().request(method, url, *args, **said)
        ready = requests.PreparedRequest()
        ready.method, ready.url, ready.body = method, url, body
        ready.headers = CaseInsensitiveDict(said["headers"])
        ready.headers["Content-Length"] = str(len(body))
        how = {word: said[word] for word in ("timeout", "verify", "cert")}
        response = self.get_adapter(url).send(ready, stream=True, **how)
        if not said.get("stream"):
            _ = response.content  # read now, where the transport knows what its failures mean
        return response
