"""The storage account: one client for its blobs and one for its tables, kept for the process."""

import logging
from dataclasses import dataclass

import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from requests.adapters import HTTPAdapter

CONNECT_SECONDS = 5
READ_SECONDS = 25
CONNECTIONS = 64  # kept open to each service; the worker's thread pool seldom runs more at once


@dataclass(frozen=True, slots=True)
class Account:
    """The two clients."""

    blobs: BlobServiceClient
    tables: TableServiceClient


def open_account(connection_string: str, max_photo_bytes: int) -> Account:
    """The clients of this account. Sends nothing: it may be away now."""
    logging.getLogger("azure").setLevel(logging.WARNING)  # else a line for each storage request
    blobs = BlobServiceClient.from_connection_string(
        connection_string,
        transport=_transport(),
        retry_total=0,  # the device's spool owns the retries
        max_single_put_size=max_photo_bytes,  # a photo is one Put Blob ...
        max_single_get_size=max_photo_bytes,  # ... and one Get Blob
    )
    tables = TableServiceClient.from_connection_string(
        connection_string, transport=_transport(), retry_total=0
    )
    return Account(blobs, tables)


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
