"""The spool, in which photos wait until the backend has confirmed them, safe from power cuts."""

from pi_uploader.spool.losses import Loss
from pi_uploader.spool.photo import (
    DamagedPhotoError,
    PhotoInfo,
    SpooledPhoto,
    SpoolError,
    UnreadablePhotoError,
)
from pi_uploader.spool.quota import Quota, Usage
from pi_uploader.spool.spool import Spool

__all__ = [
    "DamagedPhotoError",
    "Loss",
    "PhotoInfo",
    "Quota",
    "Spool",
    "SpoolError",
    "SpooledPhoto",
    "UnreadablePhotoError",
    "Usage",
]
