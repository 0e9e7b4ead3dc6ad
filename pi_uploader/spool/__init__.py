"""Where a photo waits, safe from a power cut, until the cloud has confirmed every byte."""

from pi_uploader.spool.checked import DamagedPhotoError, SpoolError, UnreadablePhotoError
from pi_uploader.spool.entry import Instant, SpooledPhoto
from pi_uploader.spool.records import Loss
from pi_uploader.spool.room import Fill, Room
from pi_uploader.spool.spool import Spool
from pi_uploader.spool.tally import Tally, tally

__all__ = [
    "DamagedPhotoError",
    "Fill",
    "Instant",
    "Loss",
    "Room",
    "Spool",
    "SpoolError",
    "SpooledPhoto",
    "Tally",
    "UnreadablePhotoError",
    "tally",
]
