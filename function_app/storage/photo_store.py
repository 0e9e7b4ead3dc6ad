"""Index photos whose bytes are stored: the one place that writes the index after the blobs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import Photo, PhotoStateError, State
from function_app.storage.photo_interfaces import PhotoBlobs, PhotoIndex
from function_app.storage.table_store import MAX_ATTEMPTS
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
        photo that is indexed under its id, or what is left of one that a person deleted.

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
                if left and self.index.restore(left):  # somebody restores it just now
                    self.settle(left)
                    return None if left.path == photo.path else left
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
        yet, so leave them unchanged. If it is in the trash, it is listed there."""
        left = self.blobs.find_or_tombstone(photo.name, photo.media)
        if left and not left.is_tombstone:
            self.settle(photo)
        else:
            self.index.unindex(photo, State.DELETED if left else State.EXPIRED)

    def update(self, photo: Photo, change: Callable[[Photo], Photo | None]) -> Photo | None:
        """Change what is stored of a photo beside its bytes (PhotoBlobs.update), and have the index
        follow. Return what is stored; None if nothing is. Raises DamagedRecordError.

        What was stored last decides, however many do this at once. May be stopped at any point:
        doing it again, or a repair, has the index follow.
        """
        return self._settle(photo, self.blobs.update(photo.name, photo.media, change))

    def settle(self, photo: Photo) -> Photo | None:
        """Have the index and the list of the trash agree with what is stored of a photo, and return
        that. A photo that is in neither stays so."""
        return self._settle(photo, self.blobs.find_or_tombstone(photo.name, photo.media))

    def _settle(self, photo: Photo, stored: Photo | None) -> Photo | None:
        for _ in range(MAX_ATTEMPTS):
            self._follow(photo, stored)
            left = self.blobs.find_or_tombstone(photo.name, photo.media)
            if left == stored:
                return stored
            stored = left
        raise StorageUnavailableError(f"other instances changed {photo.name} each time")

    def _follow(self, photo: Photo, stored: Photo | None) -> None:
        """Have the index follow once. It may be late: then the caller sees that, and repeats it."""
        if stored and stored.is_trashed:
            self.index.trash(stored)
            return
        if stored and stored.deleted_at is None:
            if not self.index.restore(stored):
                self.index.update(stored)
            return
        indexed = self.index.get(photo.name) if stored else None
        if stored and indexed and indexed.path == stored.path:
            self.index.remove(stored, State.DELETED)
        if trashed := self.index.get_trashed(photo.name):
            self.index.forget_trashed(trashed)
