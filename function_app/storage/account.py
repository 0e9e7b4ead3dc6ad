"""The storage account: one client for its blobs and one for its tables, kept for the process."""

import logging
from dataclasses import dataclass

import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from requests.adapters import HTTPAdapter

from function_app.storage.identity import AppIdentity

CONNECT_SECONDS = 5
READ_SECONDS = 25
CONNECTIONS = 64  # kept open to each service; the worker's thread pool seldom runs more at once


@dataclass(frozen=True, slots=True)
class Account:
    """The two clients."""

    blobs: BlobServiceClient
    tables: TableServiceClient


def open_account(
    connection_string: str, max_photo_bytes: int, account_name: str | None = None
) -> Account:
    """The clients of this account, opened by the app's identity where only its name is known. Sends
    nothing: it may be away now."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # else a line for each storage request
    # A photo is one Put Blob and one Get Blob; the device's spool owns the retries.
    if account_name is None:
        return Account(
            BlobServiceClient.from_connection_string(
                connection_string,
                transport=_transport(),
                retry_total=0,
                max_single_put_size=max_photo_bytes,
                max_single_get_size=max_photo_bytes,
            ),
            TableServiceClient.from_connection_string(
                connection_string, transport=_transport(), retry_total=0
            ),
        )
    identity = AppIdentity()
    return Account(
        BlobServiceClient(
            f"https://{account_name}.blob.core.windows.net",
            credential=identity,
            transport=_transport(),
            retry_total=0,
            max_single_put_size=max_photo_bytes,
            max_single_get_size=max_photo_bytes,
        ),
        TableServiceClient(
            f"https://{account_name}.table.core.windows.net",
            credential=identity,
            transport=_transport(),
            retry_total=0,
        ),
    )


def _transport() -> RequestsTransport:
    """One connection pool, shared by all threads, that looks at no environment variables."""
    session = requests.Session()
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
