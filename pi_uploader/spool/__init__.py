"""Where a photo waits, safe from a power cut, until the cloud has confirmed every byte."""

from pi_uploader.spool.counts import SpoolCounts, count_spool
from pi_uploader.spool.entry import BootTime, SpooledPhoto
from pi_uploader.spool.integrity import DamagedPhotoError, SpoolError, UnreadablePhotoError
from pi_uploader.spool.quota import Fill, Room
from pi_uploader.spool.records import Loss
from pi_uploader.spool.spool import Spool

__all__ = [
    "BootTime",
    "DamagedPhotoError",
    "Fill",
    "Loss",
    "Room",
    "Spool",
    "SpoolCounts",
    "SpoolError",
    "SpooledPhoto",
    "UnreadablePhotoError",
    "count_spool",
]
