"""The last receipts, and the question whether the cloud still has their photos.

What a receipt proves holds for the day on which it was given: a store may lose photos later. So the
device keeps the last thousand receipts and asks for some of them now and then. What the cloud no
longer has is told to a person, and where a copy was kept on the device (`CAMERA_KEEP`), that copy
is sent again.

    receipts.log    the name of the photo's file in the spool, a line for each receipt
    missing.log     the same for each photo that the cloud no longer has

Neither is part of the spool's truth. They are never flushed: a power cut may take the last lines,
and then a few photos are not asked for.
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
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.spool.photo import parse_file_name
from pi_uploader.upload.client import (
    MAX_CALL,
    BackendClient,
    RejectedError,
    UnavailableError,
)
from pi_uploader.watchdog import Heartbeat, no_heartbeat

MAX_RECEIPTS = 1000
RECEIPTS = "receipts.log"  # files in the spool's folder
MISSING_PHOTOS = "missing.log"
FIRST_QUESTION = 60.0  # seconds after the start; no photo waits for it
BETWEEN_QUESTIONS = 3600.0  # seconds; all receipts are asked for within ten hours
AFTER_A_MISS = 60.0  # seconds: what is missing does not come alone
ASK_AGAIN = 600.0  # seconds after a question that failed, or while there are no receipts
NOT_SOON = 24 * 3600.0  # seconds
NO_SUCH_ROUTE = 404

log = logging.getLogger("upload")


class PhotoLog:
    """The last photos of a kind, in a small file; threads share it. `max_photos` are kept."""

    def __init__(self, file: Path, max_photos: int = MAX_RECEIPTS) -> None:
        self._file = file
        self._max_photos = max_photos
        self._lock = threading.Lock()
        self._photos: dict[str, SpooledPhoto] = {}  # by id, the newest last
        self._lines = 0  # in the file
        try:
            lines = state_files.read_state_file(file).decode(errors="replace").splitlines()
        except FileNotFoundError:
            return
        except OSError:  # the first receipt takes the place of what cannot be read
            self._lines = 2 * max_photos
            return
        self._lines = len(lines)
        for photo in filter(None, map(parse_file_name, lines)):
            self._keep(photo)

    def add(self, photo: SpooledPhoto) -> None:
        """Note a photo as the newest."""
        with self._lock:
            self._keep(photo)
            if self._lines >= 2 * self._max_photos:
                self._rewrite()
                return
            with suppress(OSError):  # a full disk: photos matter more
                state_files.append(self._file, f"{photo.file_name}\n".encode())
                self._lines += 1

    def remove(self, ids: Iterable[str]) -> None:
        """Forget these photos."""
        with self._lock:
            gone = [one for one in ids if self._photos.pop(one, None)]
            if gone:
                self._rewrite()

    def photos(self) -> list[SpooledPhoto]:
        """The photos, the newest first."""
        with self._lock:
            return list(reversed(self._photos.values()))

    def _keep(self, photo: SpooledPhoto) -> None:
        self._photos.pop(str(photo.name), None)
        self._photos[str(photo.name)] = photo
        while len(self._photos) > self._max_photos:
            del self._photos[next(iter(self._photos))]

    def _rewrite(self) -> None:
        lines = "".join(f"{one.file_name}\n" for one in self._photos.values())
        with suppress(OSError):
            state_files.write_atomically(self._file, lines.encode())
            self._lines = len(self._photos)


class ReceiptCheck:
    """Asks for some receipts now and then. One thread at a time
    asks; any may note a receipt."""

    def __init__(self, spool: Spool, delivery: BackendClient, clock: Clock) -> None:
        self._spool = spool
        self._delivery = delivery
        self._batches = AlertBatches(delivery.report, clock)
        self._receipts = PhotoLog(spool.folder / RECEIPTS)
        self._missing = PhotoLog(spool.folder / MISSING_PHOTOS)
        self._clock = clock
        self._next = clock.monotonic() + FIRST_QUESTION
        self._asked: set[str] = set()  # ids, in this round
        self._sent_again: set[str] = set()  # ids, since the start

    def note_receipt(self, photo: SpooledPhoto) -> None:
        """The backend has this photo."""
        self._receipts.add(photo)
        self._missing.remove([str(photo.name)])

    def ask(self, back_within: Heartbeat = no_heartbeat) -> None:
        """Ask for up to 100 photos, the newest first, if it is time to; tell of those that are
        missing, and send them again if copies were kept."""
        if self._clock.monotonic() < self._next:
            return
        pause = ASK_AGAIN
        try:
            if photos := self._choose():
                back_within(MAX_CALL)
                known = self._delivery.find_known([str(photo.name) for photo in photos])
                missing = [photo for photo in photos if str(photo.name) in known.missing]
                self._tell(missing, back_within)
                self._asked |= known.known | known.missing
                pause = AFTER_A_MISS if missing else BETWEEN_QUESTIONS
        except (RejectedError, UnavailableError) as error:
            if getattr(error, "status", None) == NO_SUCH_ROUTE:
                pause = NOT_SOON  # a backend of before there was this question
            else:
                log.warning("receipts are not compared with the store yet: the backend %s", error)
        finally:
            self._next = self._clock.monotonic() + pause

    def _choose(self) -> list[SpooledPhoto]:
        photos = self._receipts.photos()
        left = [photo for photo in photos if str(photo.name) not in self._asked]
        if not left:  # the round is over
            self._asked.clear()
            left = photos
        return left[:MAX_IDS]

    def _tell(self, missing: list[SpooledPhoto], back_within: Heartbeat) -> None:
        """Tell of missing photos. Only then do their receipts go: a stop in between is followed by
        the same question."""
        if not missing:
            return
        for photo in missing:
            log.error(
                "photo missing %s: the cloud gave a receipt, and has it no longer", photo.name
            )
        due = [one for one in missing if self._batches.is_due(MISSING, str(one.name))]
        self._batches.send([missing_alert(one) for one in due], self._settle, back_within)

    def _settle(self, told: list[Alert], receipt: AlertsReceipt) -> None:
        names = {alert.name for alert in told if str(alert.name) in receipt.recorded}
        missing = [photo for photo in self._receipts.photos() if photo.name in names]
        for photo in missing:
            self._missing.add(photo)
        self._receipts.remove([str(photo.name) for photo in missing])
        for photo in missing:
            self._send_again(photo)

    def _send_again(self, photo: SpooledPhoto) -> None:
        """Send a photo again if a copy was kept, once: else a backend that gives receipts and has
        nothing would be sent the same photos for ever."""
        if str(photo.name) in self._sent_again:
            log.error(
                "photo %s is missing again after it was sent again: a copy stays here", photo.name
            )
        elif self._spool.requeue_kept(photo):
            self._sent_again.add(str(photo.name))
            log.info("photo %s was kept here and is sent again", photo.name)


def missing_alert(photo: SpooledPhoto) -> Alert:
    """What a person is told of a photo that the backend no longer has."""
    return Alert(
        photo.name,
        MISSING,
        "its device has a receipt for it, and the store has it no longer",
        {"sha256": photo.sha256, "size": photo.size, "content_type": photo.media.content_type},
    )


def count_missing(folder: Path) -> int:
    """How many photos of the spool in this folder the backend no longer has, as far as is known."""
    return len(PhotoLog(folder / MISSING_PHOTOS).photos())
