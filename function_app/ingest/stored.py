"""List photos whose bytes are stored, and take back reports that they were lost.

A loss is taken back when its photo arrives after the device had reported it lost. The alert leaves
the lists, but its row stays: losses are counted along the alerts, and nobody can tell whether a
count has passed this one yet. So every loss is counted, and every one that was taken back is
subtracted (alerts/loss_counts.py).
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from function_app.services import Services
from function_app.storage.interfaces import PhotoBlobs, PhotoIndex
from function_app.storage.models import Photo, PhotoStateError, State
from photo_wire.alert import LOSS
from photo_wire.name import PhotoName

TAKEN_BACK = "losses~taken-back"  # a partition, by a name that no camera can have

TakeBack = Callable[[PhotoName], None]
"""Takes back the report of a photo's loss."""

log = logging.getLogger(__name__)


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
    index.remove(photo, None, State.DELETED if tombstone else State.EXPIRED)


def take_back(services: Services, name: PhotoName) -> None:
    """Take back the report that this photo was lost, if there is one. It may be repeated, also
    after it was stopped at any point. Raises StorageUnavailableError."""
    kept = services.alerts.find(name, LOSS)
    if kept is None:
        return
    services.tally.insert(TAKEN_BACK, str(name), {})
    services.alerts.take_back(kept)
    log.info("the loss of %s is taken back: it arrived", name)


def taking_back(services: Services) -> TakeBack:
    """Return `take_back` for these services."""
    return partial(take_back, services)
