"""Where a photo waits, safe from a power cut, until the cloud has confirmed every byte."""

from pi_uploader.spool.entry import Instant, SpooledPhoto
from pi_uploader.spool.spool import DamagedPhotoError, Spool, SpoolError, Tally

__all__ = ["DamagedPhotoError", "Instant", "Spool", "SpoolError", "SpooledPhoto", "Tally"]
