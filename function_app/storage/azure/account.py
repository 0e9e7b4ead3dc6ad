"""The storage account: the clients for its blobs, tables and queues, kept for the process."""

import logging
from typing import Any, NamedTuple

import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from function_app.storage.azure.blob_reads import BlobReads
from function_app.storage.azure.blob_requests import BlobRequests
from function_app.storage.azure.identity import ManagedIdentityCredential
from function_app.storage.azure.new_blobs import NewBlobs
from function_app.storage.azure.queries import Queries
from function_app.storage.azure.queue_requests import QueueRequests, queue_address
from function_app.storage.azure.table_requests import TableRequests
from function_app.storage.azure.transactions import Transactions

CONNECT_SECONDS = 5
READ_SECONDS = 25
# Kept open to each service; the worker's thread pool seldom runs more requests at once.
MAX_CONNECTIONS = 64


class Account(NamedTuple):
    """The account's clients. `new_blobs` creates blobs, `blob_reads` reads them, and `blobs` does
    the rest, over the same connections; of tables, `tables` writes single rows. `queues` sends all
    requests to queues."""

    blobs: BlobServiceClient
    new_blobs: NewBlobs
    blob_reads: BlobReads
    tables: TableServiceClient
    transactions: Transactions
    queries: Queries
    queues: QueueRequests


def open_account(
    connection_string: str,
    max_photo_bytes: int,
    account_name: str | None = None,
    sdk_only: bool = False,
) -> Account:
    """Return the clients of this account, opened by the app's identity if only its name is given.
    With `sdk_only` no request is written by hand. Sends nothing: the account may be unavailable."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # else a line for each storage request
    blob_transport, table_transport = _transport(), _transport()
    # A photo is one Put Blob and one Get Blob; the device's spool owns the retries.
    blob_options: dict[str, Any] = {
        "transport": blob_transport,
        "retry_total": 0,
        "max_single_put_size": max_photo_bytes,
        "max_single_get_size": max_photo_bytes,
    }
    table_options: dict[str, Any] = {"transport": table_transport, "retry_total": 0}
    if account_name is None:
        blobs = BlobServiceClient.from_connection_string(connection_string, **blob_options)
        tables = TableServiceClient.from_connection_string(connection_string, **table_options)
    else:
        identity = ManagedIdentityCredential()
        blobs = BlobServiceClient(
            f"https://{account_name}.blob.core.windows.net", credential=identity, **blob_options
        )
        tables = TableServiceClient(
            f"https://{account_name}.table.core.windows.net", credential=identity, **table_options
        )
    blob_requests = BlobRequests(blobs, blob_transport)
    table_requests = TableRequests(tables, table_transport)
    return Account(
        blobs,
        NewBlobs(blobs, blob_requests, sdk_only),
        BlobReads(blobs, blob_requests, sdk_only),
        tables,
        Transactions(tables, table_requests, sdk_only),
        Queries(tables, table_requests, sdk_only),
        QueueRequests(queue_address(connection_string, blobs.url), blobs),
    )


def _transport() -> RequestsTransport:
    """Return one connection pool, shared by all threads, that ignores environment variables."""
    session = _Session()
    session.trust_env = False
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=MAX_CONNECTIONS)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return RequestsTransport(
        session=session,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        use_env_settings=False,
    )


class _Session(requests.Session):
    """Sends a request that says `is_prepared`, a hand-written one, as it is. requests would prepare
    it once more and look for cookies, which takes a sixth of a photo's CPU
    (docs/decisions/0018-photos-put-by-hand.md)."""

    def request(
        self, method: Any, url: Any, *args: Any, is_prepared: bool = False, **options: Any
    ) -> requests.Response:
        if not is_prepared:
            return super().request(method, url, *args, **options)
        body: bytes | None = options["data"]
        request = requests.PreparedRequest()
        request.method, request.url, request.body = method, url, body
        request.headers = CaseInsensitiveDict(options["headers"])
        if body is not None:
            request.headers["Content-Length"] = str(len(body))
        sending = {name: options[name] for name in ("timeout", "verify", "cert")}
        response = self.get_adapter(url).send(request, stream=True, **sending)
        if not options.get("stream"):
            _ = response.content  # read now, where the transport knows what its failures mean
        return response
