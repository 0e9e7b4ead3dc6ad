"""Ask the backend periodically whether it still has the photos of the last receipts.

A receipt is true when it is given: a store may lose photos later. So the device keeps its last
thousand receipts and checks some of them periodically. It raises an alert for each
photo that the backend no longer has, and sends the photo again if a copy was kept on the device
(`CAMERA_KEEP`).

    receipts.log    the name of the photo's file in the spool, a line for each receipt
    missing.log     the same for each photo that the backend no longer has

The spool does not depend on these files. They are never flushed: a power cut may take the last
lines, and then a few photos are not checked.
"""

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from photo_wire.alert import MISSING, Alert, AlertsReceipt
from photo_wire.known import MAX_IDS
from pi_uploader import state_files
from pi_uploader.alerts.batches import AlertBatches
from pi_uploader.client import (
    MAX_CALL_SECONDS,
    BackendClient,
    RejectedError,
    UnavailableError,
)
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.spool.photo import parse_file_name
from pi_uploader.watchdog import Heartbeat, no_heartbeat

MAX_RECEIPTS = 1000
RECEIPTS_FILE = "receipts.log"  # in the spool's folder
MISSING_FILE = "missing.log"
FIRST_POLL_SECONDS = 60.0  # after the start; no photo waits for it
POLL_SECONDS = 3600.0  # all receipts are checked within ten hours
POLL_AFTER_MISSING_SECONDS = 60.0  # one missing photo suggests that there are more
RETRY_SECONDS = 600.0  # after a request that failed, or while there are no receipts
RETRY_OLD_BACKEND_SECONDS = 24 * 3600.0
NOT_FOUND = 404  # from a backend that is too old for this request

log = logging.getLogger("upload")


class PhotoLog:
    """The last photos of a kind, in a small file. `max_photos` are kept. Threads share it."""

    def __init__(self, file: Path, max_photos: int = MAX_RECEIPTS) -> None:
        self._file = file
        self._max_photos = max_photos
        self._lock = threading.Lock()
        self._photos: dict[str, SpooledPhoto] = {}  # by id, the newest last
        self._line_count = 0  # of the file
        try:
            lines = state_files.read_state_file(file).decode(errors="replace").splitlines()
        except FileNotFoundError:
            return
        except OSError:
            self._line_count = 2 * max_photos  # so that the first receipt replaces the file
            return
        self._line_count = len(lines)
        for photo in filter(None, map(parse_file_name, lines)):
            self._insert(photo)

    def add(self, photo: SpooledPhoto) -> None:
        """Add a photo as the newest."""
        with self._lock:
            self._insert(photo)
            if self._line_count >= 2 * self._max_photos:
                self._rewrite()
                return
            with suppress(OSError):  # a full disk: the photos matter more
                state_files.append(self._file, f"{photo.file_name}\n".encode())
                self._line_count += 1

    def remove(self, ids: Iterable[str]) -> None:
        """Remove the photos with these ids, if they are here."""
        with self._lock:
            removed = [one for one in ids if self._photos.pop(one, None)]
            if removed:
                self._rewrite()

    def photos(self) -> list[SpooledPhoto]:
        """Return the photos, the newest first."""
        with self._lock:
            return list(reversed(self._photos.values()))

    def _insert(self, photo: SpooledPhoto) -> None:
        self._photos.pop(str(photo.name), None)
        self._photos[str(photo.name)] = photo
        while len(self._photos) > self._max_photos:
            del self._photos[next(iter(self._photos))]

    def _rewrite(self) -> None:
        lines = "".join(f"{one.file_name}\n" for one in self._photos.values())
        with suppress(OSError):
            state_files.write_atomically(self._file, lines.encode())
            self._line_count = len(self._photos)


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

    def poll(self, heartbeat: Heartbeat = no_heartbeat) -> None:
        """If a check is due, check up to 100 photos, the newest first. Report the missing ones, and
        send them again if copies were kept."""
        if self._clock.monotonic() < self._next_poll:
            return
        delay = RETRY_SECONDS
        try:
            if photos := self._choose():
                heartbeat(MAX_CALL_SECONDS)
                known = self._client.find_known([str(photo.name) for photo in photos])
                missing = [photo for photo in photos if str(photo.name) in known.missing]
                self._report(missing, heartbeat)
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

    def _report(self, missing: list[SpooledPhoto], heartbeat: Heartbeat) -> None:
        """Report missing photos. Their receipts are removed only when that is done: if the process
        ends in between, the next one checks them again."""
        if not missing:
            return
        for photo in missing:
            log.error("photo missing %s: the backend confirmed it but no longer has it", photo.name)
        due = [one for one in missing if self._batches.is_due(MISSING, str(one.name))]
        self._batches.send([missing_alert(one) for one in due], self._on_accepted, heartbeat)

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


def count_missing(folder: Path) -> int:
    """Return how many photos of the spool in `folder` the backend is known to have lost."""
    return len(PhotoLog(folder / MISSING_FILE).photos())
