"""The photos' bytes in Blob Storage, each with all that is known of the photo as metadata; and the
thumbnails, in a container of their own, which may be deleted at any time and are made anew."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
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
from azure.storage.blob import BlobClient, BlobProperties, ContainerClient, ContentSettings

from function_app.storage.azure.account import Account
from function_app.storage.azure.errors import call, error_code
from function_app.storage.azure.new_blobs import EXISTS
from function_app.storage.errors import DamagedRecordError, StorageUnavailableError
from function_app.storage.models import Photo, blob_path, parse_photo
from function_app.storage.table_store import MAX_ATTEMPTS
from photo_wire.errors import WireError
from photo_wire.media import Media
from photo_wire.name import PhotoName, parse_name

CONTAINER = "photos"


class AzurePhotoBlobs:
    """PhotoBlobs in one container, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        self._container = account.blobs.get_container_client(CONTAINER)
        self._create = partial(create_container, self._container)
        self._put = partial(account.new_blobs.put, CONTAINER)
        self._read = partial(account.blob_reads.read_range, CONTAINER)

    def add(self, photo: Photo, body: bytes) -> Photo | None:
        def put() -> Photo | None:
            try:
                self._put(photo.path, body, photo.media.content_type, photo.to_properties())
            except HttpResponseError as error:
                if error_code(error) not in EXISTS:
                    raise
                blob = self._container.get_blob_client(photo.path)
                return parse_photo(blob.get_blob_properties().metadata)
            return None

        def put_again() -> Photo | None:
            """Try twice: another request may remove the blob that exists before its metadata is
            read, if a photo of another format has the id."""
            try:
                return put()
            except ResourceNotFoundError as error:
                if error_code(error) != "BlobNotFound":
                    raise
                return put()

        return call(put_again, self._create)

    def read(self, photo: Photo, first: int, count: int) -> bytes | None:
        return call(lambda: self._read(photo.path, first, count))

    def find(self, name: PhotoName, media: Media) -> Photo | None:
        photo = self.find_or_tombstone(name, media)
        return None if photo is None or photo.deleted_at else photo

    def find_or_tombstone(self, name: PhotoName, media: Media) -> Photo | None:
        blob = self._container.get_blob_client(blob_path(name, media))

        def look() -> Photo | None:
            try:
                return parse_photo(blob.get_blob_properties().metadata)
            except (ResourceNotFoundError, DamagedRecordError):
                return None

        return call(look)

    def remove(self, photo: Photo) -> None:
        def delete() -> None:
            try:
                self._container.delete_blob(photo.path)
            except ResourceNotFoundError:
                return

        call(delete)

    def remove_unchanged(self, photo: Photo) -> None:
        blob = self._container.get_blob_client(photo.path)

        def delete() -> None:
            try:
                found = blob.get_blob_properties()
                stored = parse_photo(found.metadata)
                if (stored.sha256, stored.deleted_at) == (photo.sha256, photo.deleted_at):
                    blob.delete_blob(etag=found.etag, match_condition=MatchConditions.IfNotModified)
            except (ResourceNotFoundError, ResourceModifiedError, DamagedRecordError):
                return

        call(delete)

    def write_tombstone(self, photo: Photo, now: datetime) -> None:
        blob = self._container.get_blob_client(photo.path)
        metadata = replace(photo, deleted_at=now, is_trashed=False).to_properties()
        call(lambda: blob.upload_blob(b"", overwrite=True, metadata=metadata))

    def update(
        self, name: PhotoName, media: Media, change: Callable[[Photo], Photo | None]
    ) -> Photo | None:
        blob = self._container.get_blob_client(blob_path(name, media))

        def attempt() -> Photo | None:
            found = blob.get_blob_properties()
            stored = parse_photo(found.metadata)
            changed = change(stored)
            if changed != stored:
                _replace(blob, changed, found.etag)
            return changed

        def attempt_often() -> Photo | None:
            for _ in range(MAX_ATTEMPTS):
                with suppress(ResourceModifiedError):
                    try:
                        return attempt()
                    except ResourceNotFoundError:
                        return None
            raise StorageUnavailableError(f"other instances changed {name} each time")

        return call(attempt_often)

    def renew(self, photo: Photo) -> None:
        blob = self._container.get_blob_client(photo.path)

        def write() -> None:
            # What was removed is gone, and what was changed meanwhile is new.
            with suppress(ResourceNotFoundError, ResourceModifiedError, DamagedRecordError):
                found = blob.get_blob_properties()
                _replace(blob, parse_photo(found.metadata), found.etag)

        call(write)

    def cameras(self) -> list[str]:
        def look() -> list[str]:
            try:
                return [folder.name.rstrip("/") for folder in self._container.walk_blobs()]
            except ResourceNotFoundError:
                return []

        return call(look)

    def list_photos(self, camera: str) -> Iterator[Photo | None]:
        blobs = self._container.list_blobs(name_starts_with=f"{camera}/", include=["metadata"])
        pages = blobs.by_page()

        def look() -> list[BlobProperties] | None:
            page = next(pages, None)
            return None if page is None else list(page)

        while (page := call(look)) is not None:  # an empty one may come before others
            yield from map(_parse_blob, page)

    def check(self) -> None:
        def look() -> None:
            try:
                self._container.get_container_properties()
            except ResourceNotFoundError:
                return  # it is created with the first photo

        call(look)


def _replace(blob: BlobClient, photo: Photo | None, etag: str) -> None:
    """Replace what is stored, if it still has this etag. Raises the SDK's errors, such as
    ResourceModifiedError."""
    condition: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    if photo is None:
        blob.delete_blob(**condition)
    elif photo.is_tombstone:
        blob.upload_blob(b"", overwrite=True, metadata=photo.to_properties(), **condition)
    else:
        blob.set_blob_metadata(photo.to_properties(), **condition)


def create_container(container: ContainerClient) -> None:
    """Create the container, unless another instance has just done so. Raises the SDK's errors, such
    as ContainerBeingDeleted."""
    try:
        container.create_container()
    except ResourceExistsError as error:
        if error_code(error) != "ContainerAlreadyExists":
            raise


def _parse_blob(blob: BlobProperties) -> Photo | None:
    """Return the photo of a blob; None for one that Nightjar did not write, or that was moved."""
    try:
        photo = parse_photo(blob.metadata or {})
    except DamagedRecordError:
        return None
    return photo if photo.path == blob.name else None


THUMBNAILS = "thumbnails"


class AzureThumbnails:
    """Thumbnails in one container, which is created when it is first missed."""

    def __init__(self, account: Account) -> None:
        self._container = account.blobs.get_container_client(THUMBNAILS)
        self._create = partial(create_container, self._container)
        self._read = partial(account.blob_reads.read, THUMBNAILS)

    def read(self, photo: Photo) -> bytes | None:
        return call(lambda: self._read(_thumbnail_path(photo.name)))

    def write(self, photo: Photo, body: bytes) -> None:
        kind = ContentSettings(content_type=Media.JPEG.content_type)

        def put() -> None:
            self._container.upload_blob(
                _thumbnail_path(photo.name), body, overwrite=True, content_settings=kind
            )

        call(put, self._create)

    def remove(self, name: PhotoName) -> None:
        def delete() -> None:
            try:
                self._container.delete_blob(_thumbnail_path(name))
            except ResourceNotFoundError:
                return

        call(delete)

    def list_names(self, camera: str) -> Iterator[PhotoName]:
        pages = self._container.list_blobs(name_starts_with=f"{camera}/").by_page()

        def look() -> list[str] | None:
            try:
                page = next(pages, None)
            except ResourceNotFoundError:
                return None
            return None if page is None else [blob.name for blob in page]

        while (page := call(look)) is not None:  # an empty one may come before others
            for path in page:
                if name := _thumbnail_name(path):
                    yield name


def _thumbnail_path(name: PhotoName) -> str:
    return blob_path(name, Media.JPEG)


def _thumbnail_name(path: str) -> PhotoName | None:
    try:
        return parse_name(path.rpartition("/")[2].removesuffix(".jpg"))
    except WireError:
        return None
