"""A photo is deleted: its bytes, its thumbnail, and last its rows.

The rows go last because they are how the photo is found: after a crash in between, the photo is
still listed, and deleting it again finishes the work. The other way round its bytes would be left,
and a repair would list them again. The index subtracts the photo from the counts in the transaction
that removes the rows: another deletion at that moment removes nothing, and subtracts nothing.
"""

from datetime import datetime, timedelta

from function_app.services import Services
from function_app.storage.models import Photo, State

TOMBSTONE_TTL = timedelta(days=365)  # longer than a photo waits in a spool, or lies on a card


def delete(photo: Photo, services: Services, marked_at: datetime | None = None) -> None:
    """Delete a photo; what of it is gone already is no error. `marked_at` leaves a mark of this
    moment: a device that never had the photo's receipt and sends it again is told that it came, and
    it does not come back, in this format or in another (docs/decisions/0012-deleted-is-deleted.md).
    Raises StorageUnavailableError."""
    if marked_at:
        services.blobs.write_tombstone(photo, marked_at)
    else:
        services.blobs.remove(photo)
    services.thumbnails.remove(photo.name)
    state = State.DELETED if marked_at else State.EXPIRED
    services.index.remove(photo, state)


def is_over(mark: Photo, now: datetime) -> bool:
    """Whether the mark of a deleted photo has been kept long enough."""
    return mark.deleted_at is not None and now - mark.deleted_at > TOMBSTONE_TTL
