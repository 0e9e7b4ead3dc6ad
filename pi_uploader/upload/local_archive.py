"""CAMERA_UPLOAD=off: photos go no farther than the folder of those that are kept."""

import logging
import threading

from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.upload.time_correction import MAX_REFUSALS, REST_OF_STUCK, TimeCorrection
from pi_uploader.watchdog import Heartbeat, no_heartbeat

IDLE = 0.5  # seconds between looks at the spool
REST = 60.0  # seconds after the disk refused

log = logging.getLogger("upload")


def keep_all(
    spool: Spool,
    stop: threading.Event,
    back_within: Heartbeat = no_heartbeat,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Move every photo that waits to those that are kept, until `stop` is set. One that the disk
    will not move is passed over for a while, and holds up none of the others."""
    naming = TimeCorrection(spool, clock)
    stuck: dict[SpooledPhoto, float] = {}
    while not stop.is_set():
        back_within(10 * REST)
        naming.name_undated()
        refusals = 0
        for photo in spool.waiting_photos():
            if stop.is_set() or refusals == MAX_REFUSALS:
                break
            if stuck.get(photo, 0.0) > clock.monotonic():
                continue
            try:
                spool.remove(photo, keep=True)
                log.info("photo kept %s", photo.name)
            except OSError as error:
                refusals += 1
                stuck[photo] = clock.monotonic() + REST_OF_STUCK
                log.error("%s waits to be kept, the disk answers: %s", photo.name, error.strerror)
        stop.wait(REST if refusals == MAX_REFUSALS else IDLE)
