"""What exists under the name of each photo of a camera: blobs, a row of the index and a thumbnail,
merge-joined by photo. A repair compares them (repair.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from heapq import merge
from itertools import groupby

from function_app.storage.models import Photo
from photo_wire.name import PhotoName


@dataclass(frozen=True, slots=True)
class StoredParts:
    """What exists under a photo's name. `blobs` holds photos, those in the trash included, and
    tombstones."""

    name: PhotoName
    blobs: tuple[Photo, ...] = ()
    row: Photo | None = None
    has_thumbnail: bool = False

    @property
    def deleted(self) -> list[Photo]:
        """What is left of deleted photos: tombstones, and photos in the trash."""
        return [blob for blob in self.blobs if blob.deleted_at]

    @property
    def is_in_trash(self) -> bool:
        """Whether a photo of this name is in the trash."""
        return any(blob.is_trashed for blob in self.blobs)

    @property
    def photo(self) -> Photo | None:
        """The stored photo: of several formats under one name the one that is indexed."""
        stored = [blob for blob in self.blobs if not blob.deleted_at]
        indexed = (blob for blob in stored if self.row and blob.path == self.row.path)
        return next(indexed, stored[0] if stored else None)

    @property
    def others(self) -> list[Photo]:
        """Other stored formats under the name, which were rejected when they arrived (409)."""
        return [blob for blob in self.blobs if not blob.deleted_at and blob is not self.photo]

    @property
    def is_indexed(self) -> bool:
        """Whether the row is that of the stored photo."""
        return bool(self.row and self.photo and self.row.path == self.photo.path)

    @property
    def row_has_blob(self) -> bool:
        """Whether the blob of the row exists, as a photo or as a tombstone."""
        return self.row is not None and self.row.path in {blob.path for blob in self.blobs}


def merge_join(
    blobs: Iterable[Photo], rows: Iterable[Photo], thumbnails: Iterable[PhotoName]
) -> Iterator[StoredParts]:
    """Yield the parts of each photo, the oldest first. All three inputs are in this order, by time
    and then by id, and are read lazily."""
    parts = merge(
        (StoredParts(blob.name, blobs=(blob,)) for blob in blobs),
        (StoredParts(row.name, row=row) for row in rows),
        (StoredParts(name, has_thumbnail=True) for name in thumbnails),
        key=_sort_key,
    )
    for _, group in groupby(parts, key=_sort_key):
        yield reduce(_combine, group)


def _combine(one: StoredParts, other: StoredParts) -> StoredParts:
    return StoredParts(
        one.name,
        one.blobs + other.blobs,
        one.row or other.row,
        one.has_thumbnail or other.has_thumbnail,
    )


def _sort_key(parts: StoredParts) -> tuple[datetime, str]:
    return parts.name.captured_at, str(parts.name)
