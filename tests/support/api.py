"""A client of the running backend, and a view of the storage account behind it."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from photo_wire.headers import UPLOAD_PATH
from photo_wire.name import PhotoName, new_name
from tests.support.backend import Backend
from tests.support.waiting import wait_for

MOMENT = datetime(2026, 11, 20, 12, 1, 34, 567_000, UTC)


class Api:
    """A client of the running backend, which knows its keys."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.http = requests.Session()

    def put(
        self,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """PUT a photo, with a function key."""
        key = {"x-functions-key": self.backend.function_key}
        return self.http.put(
            self.backend.base_url + UPLOAD_PATH,
            data=body,
            headers={**key, **(headers or {})},
            params=params,
            timeout=90,
        )

    def read(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> requests.Response:
        """Request a path with the read token."""
        bearer = {"Authorization": f"Bearer {self.backend.read_token}"}
        return self.ask(path, {**bearer, **(headers or {})}, method)

    def read_counts(self, path: str) -> Any:
        """Return the JSON of a path with counts, after a count of all that is stored now."""
        self.backend.count()
        reply = self.read(path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def thumbnail(
        self, name: object, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Request a photo's thumbnail, and repeat that while none can be made now, as every client
        does: on a busy machine a request may have to wait longer than the backend lets it."""

        def ask() -> list[requests.Response]:
            reply = self.read(f"/api/photos/{name}/thumbnail", headers)
            if reply.status_code != 503:
                return [reply]
            assert int(reply.headers["Retry-After"]) > 0
            return []

        (reply,) = wait_for(ask, 300, f"the thumbnail of {name}")
        return reply

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET", **more: Any
    ) -> requests.Response:
        """Request a path without credentials."""
        return self.http.request(
            method, self.backend.base_url + path, headers=headers, timeout=90, **more
        )

    def listed(self, camera: str) -> list[dict[str, Any]]:
        """All photos of a camera, as the first page of its list has them."""
        reply = self.read(f"/api/photos?camera={camera}&limit=200")
        assert reply.status_code == 200, reply.text
        photos: list[dict[str, Any]] = reply.json()["photos"]
        return photos

    def audit_log(self, headers: Mapping[str, str]) -> list[dict[str, Any]]:
        """All entries of the audit log, page after page. What is recorded once an hour has the time
        at which the hour began, and so may be on a later page."""
        entries: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            reply = self.ask(f"/api/accesses?limit=200{cursor}", headers)
            assert reply.status_code == 200, reply.text
            page = reply.json()
            entries += page["accesses"]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        return entries

    def all_listed(self, camera: str) -> list[dict[str, Any]]:
        """All photos of a camera, page after page."""
        photos: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            reply = self.read(f"/api/photos?camera={camera}&limit=200{cursor}")
            assert reply.status_code == 200, reply.text
            page = reply.json()
            photos += page["photos"]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        return photos


class Store:
    """The blobs and rows in the storage account, read without the backend."""

    def __init__(self, connection_string: str) -> None:
        blobs = BlobServiceClient.from_connection_string(connection_string)
        self.container = blobs.get_container_client("photos")
        tables = TableServiceClient.from_connection_string(connection_string)
        self.table = tables.get_table_client("photos")

    def blobs(self, camera: str) -> list[str]:
        """The names of a camera's blobs."""
        try:
            return [blob.name for blob in self.container.list_blobs(name_starts_with=f"{camera}/")]
        except ResourceNotFoundError:
            return []

    def rows(self, camera: str) -> list[str]:
        """The keys of all rows in which the camera's name occurs, claims included."""
        try:
            return [row["RowKey"] for row in self.table.list_entities() if camera in row["RowKey"]]
        except ResourceNotFoundError:
            return []


def new_camera() -> str:
    """A camera's name that no other test uses: the store is shared."""
    return f"test-{secrets.token_hex(6)}"


def photo_headers(name: PhotoName) -> dict[str, str]:
    """Return a device's headers for a photo of this name."""
    return {"X-Photo-Id": str(name), "X-Trigger": "motion", "X-Clock": "synced"}


def name_of(camera: str, moment: datetime = MOMENT, tag: str = "5f3a9c2e") -> PhotoName:
    return new_name(camera, moment, tag)
