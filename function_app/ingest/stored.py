"""List photos whose bytes are stored."""

from collections.abc import Callable
from datetime import datetime

from function_app.storage.interfaces import PhotoBlobs, PhotoIndex
from function_app.storage.models import Photo, PhotoStateError, State
from photo_wire.name import PhotoName

TakeBack = Callable[[PhotoName], None]
"""Takes back the report of a photo's loss: LossCounts.take_back."""


def list_photo(
    photo: Photo,
    blobs: PhotoBlobs,
    index: PhotoIndex,
    take_back: TakeBack,
    now: datetime,
    waiting: int | None = None,
) -> Photo | None:
    """List a photo whose bytes are stored, at this moment. Return None if it was not listed before,
    else the photo that is listed under its id, or the tombstone of one that a person deleted.

    A report of its loss is taken back first: if that stops here, a repair lists the photo later.
    The other way round the loss would stay on record for ever. Raises StorageUnavailableError.
    """
    try:
        return index.add(photo, now, waiting)
    except PhotoStateError as error:
        if error.state is State.LOST:
            take_back(photo.name)
        elif (left := blobs.find_or_tombstone(photo.name, error.media)) and left.deleted_at:
            return left
    return index.add_anyway(photo, now, waiting)


def list_found(
    photo: Photo,
    blobs: PhotoBlobs,
    index: PhotoIndex,
    take_back: TakeBack,
    now: datetime,
    waiting: int | None = None,
) -> Photo | None:
    """As `list_photo`, for a photo that was stored earlier: it may be deleted at this moment, and
    does not stay on the list then."""
    listed = list_photo(photo, blobs, index, take_back, now, waiting)
    if listed is None and not blobs.find(photo.name, photo.media):
        unlist_deleted(photo, blobs, index)
    return listed


def unlist_deleted(photo: Photo, blobs: PhotoBlobs, index: PhotoIndex) -> None:
    """Take a photo off the list again that was deleted while it was listed here. Nobody has counted
    it yet, so it is not counted out."""
    tombstone = blobs.find_or_tombstone(photo.name, photo.media)
    index.unlist(photo, State.DELETED if tombstone else State.EXPIRED)
