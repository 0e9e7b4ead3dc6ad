"""Thumbnails as the backend makes them, in a process of their own, and as that process does."""

import io
from contextlib import suppress
from typing import BinaryIO

from function_app.media import decode_thumbnail
from function_app.media.errors import UndecodableError
from function_app.media.thumbnails import MAX_CPU_SECONDS, Decoder, Job, thumbnail_job
from photo_wire.media import Media


def patient_decoder(max_cpu_seconds: int = MAX_CPU_SECONDS) -> Decoder:
    """A decoder with the limits of processor time and memory alone: on a machine that works for
    others, too, little processor time may take minutes by the clock."""
    return Decoder(max_cpu_seconds, max_seconds=900)


def thumbnail(photo: BinaryIO, media: Media) -> bytes:
    """The photo's thumbnail; nothing if none can be made."""
    try:
        return patient_decoder().run(thumbnail_job(photo, media))
    except UndecodableError:
        return b""


def thumbnail_here(photo: bytes, media: Media) -> bytes:
    """The same without a process, where hundreds are made."""
    try:
        job: Job = thumbnail_job(io.BytesIO(photo), media)
    except UndecodableError:
        return b""
    with suppress(Exception):  # as its process does
        return decode_thumbnail.thumbnail(job.picture, job.format, job.orientation)
    return b""
