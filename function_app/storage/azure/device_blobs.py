"""The blobs that devices read and write by links, in a container of their own. No lifecycle rule
may cover it (infra/main.bicep)."""

from datetime import datetime
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobLeaseClient, ContentSettings

from function_app.storage.azure.account import Account
from function_app.storage.azure.blob_links import BlobLinks
from function_app.storage.azure.blobs import create_container
from function_app.storage.azure.errors import call, error_code
from function_app.storage.models import StoredBlob

DEVICES = "devices"
_NOTHING_TO_READ = ("BlobNotFound", "ContainerNotFound", "InvalidRange")  # the last: it is empty
_CHANGED = ("ConditionNotMet", "BlobAlreadyExists", "BlobNotFound", "TargetConditionNotMet")


class AzureDeviceBlobs:
    """DeviceBlobs in one container, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        self._container = account.blobs.get_container_client(DEVICES)
        self._create = partial(create_container, self._container)
        self._sign = partial(BlobLinks(account.blobs).sign, DEVICES)

    def read(self, path: str, max_bytes: int) -> StoredBlob | None:
        def look() -> StoredBlob | None:
            try:
                # One byte more tells whether it is too long.
                # Whoever has a link may state an encoding, and a few KB unpack to hundreds of MB.
                download = self._container.download_blob(
                    path, offset=0, length=max_bytes + 1, decompress=False
                )
            except HttpResponseError as error:
                if error_code(error) not in _NOTHING_TO_READ:
                    raise
                return None
            content = download.readall()
            if len(content) > max_bytes:
                return None
            found = download.properties
            return StoredBlob(content, found.etag, found.last_modified)

        return call(look)

    def write(self, path: str, content: bytes, content_type: str, etag: str = "") -> bool:
        condition: dict[str, Any] = {}
        if etag:
            condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified}

        def put() -> bool:
            try:
                self._container.upload_blob(
                    path,
                    content,
                    overwrite=bool(etag),
                    content_settings=ContentSettings(content_type=content_type),
                    **condition,
                )
            except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
                if error_code(error) not in _CHANGED:
                    raise
                return False
            return True

        return call(put, self._create)

    def remove(self, path: str) -> None:
        blob = self._container.get_blob_client(path)

        def delete() -> None:
            # Whoever may write a blob by a link may also take snapshots of it and lease it.
            try:
                try:
                    blob.delete_blob(delete_snapshots="include")
                except HttpResponseError as error:
                    if error_code(error) != "LeaseIdMissing":
                        raise
                    BlobLeaseClient(blob).break_lease(0)
                    blob.delete_blob(delete_snapshots="include")
            except ResourceNotFoundError:
                return

        call(delete)

    def link(self, path: str, until: datetime, may_write: bool = False) -> str | None:
        return self._sign(path, until, may_write)
