"""Ask the backend periodically whether it still has the photos of the last receipts.

A receipt is true when it is given: a store may lose photos later. So the device keeps its last
thousand receipts and checks some of them periodically. It raises an alert for each
photo that the backend no longer has, and sends the photo again if a copy was kept on the device
(`CAMERA_KEEP`).
"""

import logging

from photo_wire.alert import MISSING, Alert, AlertsReceipt
from photo_wire.known import MAX_IDS
from pi_uploader.alerts.batches import AlertBatches
from pi_uploader.alerts.photo_log import MISSING_FILE, RECEIPTS_FILE, PhotoLog
from pi_uploader.client import (
    MAX_CALL_SECONDS,
    BackendClient,
    RejectedError,
    UnavailableError,
)
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.watchdog import KeepAlive, no_keep_alive

FIRST_POLL_SECONDS = 60.0  # after the start; no photo waits for it
POLL_SECONDS = 3600.0  # all receipts are checked within ten hours
POLL_AFTER_MISSING_SECONDS = 60.0  # one missing photo suggests that there are more
RETRY_SECONDS = 600.0  # after a request that failed, or while there are no receipts
RETRY_OLD_BACKEND_SECONDS = 24 * 3600.0
NOT_FOUND = 404  # from a backend that is too old for this request

log = logging.getLogger("upload")


class MissingPhotoMonitor:
    """Checks the photos of some receipts periodically. Any thread may record a receipt; one at a
    time may poll."""

    def __init__(self, spool: Spool, client: BackendClient, clock: Clock) -> None:
        self._spool = spool
        self._client = client
        self._batches = AlertBatches(client.send_alerts, clock)
        self._receipts = PhotoLog(spool.folder / RECEIPTS_FILE)
        self._missing = PhotoLog(spool.folder / MISSING_FILE)
        self._clock = clock
        self._next_poll = clock.monotonic() + FIRST_POLL_SECONDS
        self._asked: set[str] = set()  # ids, in this round
        self._sent_again: set[str] = set()  # ids, since the start

    def record_receipt(self, photo: SpooledPhoto) -> None:
        """Record that the backend has this photo."""
        self._receipts.add(photo)
        self._missing.remove([str(photo.name)])

    def poll(self, keep_alive: KeepAlive = no_keep_alive) -> None:
        """If a check is due, check up to 100 photos, the newest first. Report the missing ones, and
        send them again if copies were kept."""
        if self._clock.monotonic() < self._next_poll:
            return
        delay = RETRY_SECONDS
        try:
            if photos := self._choose():
                keep_alive(MAX_CALL_SECONDS)
                known = self._client.find_known([str(photo.name) for photo in photos])
                missing = [photo for photo in photos if str(photo.name) in known.missing]
                self._report(missing, keep_alive)
                self._asked |= known.known | known.missing
                delay = POLL_AFTER_MISSING_SECONDS if missing else POLL_SECONDS
        except (RejectedError, UnavailableError) as error:
            if getattr(error, "status", None) == NOT_FOUND:
                delay = RETRY_OLD_BACKEND_SECONDS
            else:
                log.warning("receipts are not compared with the store yet: the backend %s", error)
        finally:
            self._next_poll = self._clock.monotonic() + delay

    def _choose(self) -> list[SpooledPhoto]:
        photos = self._receipts.photos()
        remaining = [photo for photo in photos if str(photo.name) not in self._asked]
        if not remaining:
            self._asked.clear()
            remaining = photos
        return remaining[:MAX_IDS]

    def _report(self, missing: list[SpooledPhoto], keep_alive: KeepAlive) -> None:
        """Report missing photos. Their receipts are removed only when that is done: if the process
        ends in between, the next one checks them again."""
        if not missing:
            return
        for photo in missing:
            log.error("photo missing %s: the backend confirmed it but no longer has it", photo.name)
        due = [one for one in missing if self._batches.is_due(MISSING, str(one.name))]
        self._batches.send([missing_alert(one) for one in due], self._on_accepted, keep_alive)

    def _on_accepted(self, alerts: list[Alert], receipt: AlertsReceipt) -> None:
        names = {alert.name for alert in alerts if str(alert.name) in receipt.recorded}
        missing = [photo for photo in self._receipts.photos() if photo.name in names]
        for photo in missing:
            self._missing.add(photo)
        self._receipts.remove([str(photo.name) for photo in missing])
        for photo in missing:
            self._send_again(photo)

    def _send_again(self, photo: SpooledPhoto) -> None:
        """Send a photo again if a copy was kept; only once, so that a backend that sends receipts
        and stores nothing is not sent the same photos for ever."""
        if str(photo.name) in self._sent_again:
            log.error(
                "photo %s is missing again after it was sent again: a copy stays here", photo.name
            )
        elif self._spool.requeue_kept(photo):
            self._sent_again.add(str(photo.name))
            log.info("photo %s was kept here and is sent again", photo.name)


def missing_alert(photo: SpooledPhoto) -> Alert:
    """Return the alert of a photo that the backend no longer has."""
    return Alert(
        photo.name,
        MISSING,
        "its device has a receipt for it, and the store has it no longer",
        {"sha256": photo.sha256, "size": photo.size, "content_type": photo.media.content_type},
    )
