"""A photo is deleted: its bytes, its thumbnail, and last its rows.

The rows go last because they are how the photo is found: after a crash in between, the photo is
still listed, and deleting it again finishes the work. The other way round its bytes would be left,
and a repair would list them again.
"""

from function_app.backend import Backend
from function_app.keeping.tally import uncount
from function_app.storage.records import Photo


def delete(photo: Photo, backend: Backend) -> None:
    """Delete a photo; what of it is gone already is no error. Raises StorageAwayError."""
    backend.blobs.remove(photo)
    backend.thumbnails.remove(photo.name)
    uncount(photo, backend)
    backend.index.remove(photo)
