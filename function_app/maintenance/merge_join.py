"""What there is of each photo of a camera: its blob, its row, its thumbnail."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from heapq import merge
from itertools import groupby

from function_app.storage.models import Photo
from photo_wire.name import PhotoName


@dataclass(frozen=True, slots=True)
class Traces:
    """What was found under a photo's name: in `blobs` photos, and the marks of deleted ones."""

    name: PhotoName
    blobs: tuple[Photo, ...] = ()
    row: Photo | None = None
    has_thumbnail: bool = False

    @property
    def marks(self) -> list[Photo]:
        return [blob for blob in self.blobs if blob.deleted_at]

    @property
    def photo(self) -> Photo | None:
        """The photo that is stored: of several kinds under one name the one that is listed."""
        stored = [blob for blob in self.blobs if not blob.deleted_at]
        listed = (blob for blob in stored if self.row and blob.path == self.row.path)
        return next(listed, stored[0] if stored else None)

    @property
    def others(self) -> list[Photo]:
        """What else is stored under the photo's name: it was refused when it came (409)."""
        return [blob for blob in self.blobs if not blob.deleted_at and blob is not self.photo]

    @property
    def is_listed(self) -> bool:
        return bool(self.row and self.photo and self.row.path == self.photo.path)

    @property
    def row_has_blob(self) -> bool:
        """Whether there is what the row says, or the mark that it left."""
        return self.row is not None and self.row.path in {blob.path for blob in self.blobs}


def merge_join(
    blobs: Iterable[Photo], rows: Iterable[Photo], thumbnails: Iterable[PhotoName]
) -> Iterator[Traces]:
    """All of them by their photos, the oldest first: in the order that each has by itself, by time
    and then by id. They are read as they are needed."""
    found = merge(
        (Traces(blob.name, blobs=(blob,)) for blob in blobs),
        (Traces(row.name, row=row) for row in rows),
        (Traces(name, has_thumbnail=True) for name in thumbnails),
        key=_order,
    )
    for _, of_one in groupby(found, key=_order):
        yield reduce(_together, of_one)


def _together(one: Traces, other: Traces) -> Traces:
    return Traces(
        one.name,
        one.blobs + other.blobs,
        one.row or other.row,
        one.has_thumbnail or other.has_thumbnail,
    )


def _order(traces: Traces) -> tuple[datetime, str]:
    return traces.name.captured_at, str(traces.name)
