"""CAMERA_UPLOAD=off: photos go no farther than the folder of those that are kept."""

import logging
import threading
import time
from datetime import UTC, datetime

from pi_uploader.clock import clock_is_set
from pi_uploader.spool import Spool
from pi_uploader.upload.naming import Naming
from pi_uploader.watchdog import BackWithin, unwatched

IDLE = 0.5  # seconds between looks at the spool
REST = 60.0  # seconds after the disk refused

log = logging.getLogger("upload")


def keep_all(spool: Spool, stop: threading.Event, back_within: BackWithin = unwatched) -> None:
    """Move every photo that waits to those that are kept, until `stop` is set."""
    naming = Naming(spool, time.monotonic, lambda: datetime.now(UTC), clock_is_set)
    while not stop.is_set():
        back_within(10 * REST)
        wait = IDLE
        naming.name_undated()
        try:
            for photo in spool.photos_waiting():
                spool.remove(photo, keep=True)
                log.info("photo kept %s", photo.name)
                if stop.is_set():
                    return
        except OSError as error:
            log.error("photos wait to be kept, the disk answers: %s", error.strerror)
            wait = REST
        stop.wait(wait)
