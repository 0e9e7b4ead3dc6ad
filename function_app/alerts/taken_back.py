"""Losses that were none: the photo arrived after its device had reported it lost.

The alert leaves the lists. Its row stays, since the losses are counted along the alerts and nobody
can tell whether a count has passed it yet: every loss counts, and every one that is taken back
counts against it (loss_counts.py).
"""

import logging
from functools import partial

from function_app.ingest.stored import TakeBack
from function_app.services import Services
from photo_wire.alert import LOSS
from photo_wire.name import PhotoName

TAKEN_BACK = "losses~taken-back"  # a partition, by a name that no camera can have

log = logging.getLogger(__name__)


def take_back(services: Services, name: PhotoName) -> None:
    """Take back the report that this photo was lost, if there is one. It may be repeated, after a
    stop at any point too. Raises StorageUnavailableError."""
    kept = services.alerts.find(name, LOSS)
    if kept is None:
        return
    services.tally.insert(TAKEN_BACK, str(name), {})
    services.alerts.take_back(kept)
    log.info("the loss of %s is taken back: it arrived", name)


def taking_back(services: Services) -> TakeBack:
    """`take_back` for this backend."""
    return partial(take_back, services)
