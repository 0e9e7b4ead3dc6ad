"""Index photos whose bytes are stored: the one place that writes the index after the blobs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from function_app.storage.interfaces import PhotoBlobs, PhotoIndex
from function_app.storage.models import Photo, PhotoStateError, State
from photo_wire.name import PhotoName


@dataclass(frozen=True, slots=True)
class PhotoStore:
    """The bytes of photos and their index. `take_back` takes back the report of a photo's loss
    (LossCounts.take_back). All methods raise StorageUnavailableError."""

    blobs: PhotoBlobs
    index: PhotoIndex
    take_back: Callable[[PhotoName], None]

    def index_photo(self, photo: Photo, now: datetime, waiting: int | None = None) -> Photo | None:
        """Index a photo whose bytes are stored. Return None if it was not indexed before, else the
        photo that is indexed under its id, or the tombstone of one that a person deleted.

        A report of its loss is taken back first: after a crash in between, a repair indexes the
        photo. In the other order the loss would stay on record for ever.
        """
        try:
            return self.index.add(photo, now, waiting)
        except PhotoStateError as error:
            if error.state is State.LOST:
                self.take_back(photo.name)
            else:
                left = self.blobs.find_or_tombstone(photo.name, error.media)
                if left and left.deleted_at:
                    return left
        return self.index.add_anyway(photo, now, waiting)

    def index_existing(
        self, photo: Photo, now: datetime, waiting: int | None = None
    ) -> Photo | None:
        """As `index_photo`, for a photo that was stored by an earlier request. It may be deleted
        during the call; then it does not stay in the index."""
        indexed = self.index_photo(photo, now, waiting)
        if indexed is None and not self.blobs.find(photo.name, photo.media):
            self.unindex_deleted(photo)
        return indexed

    def unindex_deleted(self, photo: Photo) -> None:
        """Undo the indexing of a photo that was deleted during it. The counts do not include it
        yet, so leave them unchanged."""
        tombstone = self.blobs.find_or_tombstone(photo.name, photo.media)
        self.index.unindex(photo, State.DELETED if tombstone else State.EXPIRED)
