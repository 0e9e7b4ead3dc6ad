"""Thumbnails as the backend makes them, and a photo of which each read is recorded."""

import io
from contextlib import suppress
from typing import BinaryIO

from function_app.browse.thumbnails import CHUNK_SIZE, open_photo
from function_app.media import decode_thumbnail
from function_app.media.errors import UndecodableError
from function_app.media.thumbnails import MAX_CPU_SECONDS, Decoder, Job, thumbnail_job
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import Photo
from photo_wire.media import Media
from tests.support.api import MOMENT, name_of


def patient_decoder(max_cpu_seconds: int = MAX_CPU_SECONDS) -> Decoder:
    """Return a decoder with limits of CPU time and memory, and almost none of real time: on a
    shared machine little CPU time may take minutes."""
    return Decoder(max_cpu_seconds, max_seconds=900)


def thumbnail(photo: BinaryIO, media: Media) -> bytes:
    """Return the photo's thumbnail; no bytes if none can be made."""
    try:
        return patient_decoder().run(thumbnail_job(photo, media))
    except UndecodableError:
        return b""


def thumbnail_here(photo: bytes, media: Media) -> bytes:
    """Return the same without starting a process, for tests that make hundreds."""
    try:
        job: Job = thumbnail_job(io.BytesIO(photo), media)
    except UndecodableError:
        return b""
    with suppress(Exception):  # as the process does
        return decode_thumbnail.thumbnail(job.picture, job.format, job.orientation)
    return b""


class RecordingBlobs:
    """A blob store of one photo that records which ranges are read."""

    def __init__(self, content: bytes, media: Media) -> None:
        self.content: bytes | StorageUnavailableError | None = content
        self.photo = Photo(name_of("gate"), media, "", len(content), MOMENT)
        self.reads: list[tuple[int, int]] = []

    def read(self, photo: Photo, first: int, count: int) -> bytes | None:
        assert 0 <= first < first + count <= photo.size, "a store refuses a range beyond the end"
        self.reads.append((first, count))
        if isinstance(self.content, StorageUnavailableError):
            raise self.content
        return self.content and self.content[first : first + count]

    def open(self) -> io.BufferedReader:
        return open_photo(self, self.photo, CHUNK_SIZE)  # type: ignore[arg-type]
