"""What becomes of a photo after an attempt to send it: it is removed, retried or quarantined."""

import logging
import math
import threading
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

from photo_wire.receipt import Receipt
from pi_uploader.alerts.reporter import AlertReporter
from pi_uploader.client import RejectedError, RequestError
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto, UnreadablePhotoError
from pi_uploader.upload.backlog import BacklogCounter, PhotoSelector
from pi_uploader.upload.labels import PhotoLabels
from pi_uploader.upload.retries import RetryTracker
from pi_uploader.upload.state import UploadState
from pi_uploader.upload.time_correction import DEFER_SECONDS

MAX_REJECTIONS = 2  # of a photo, with another accepted in between; then quarantine
MAX_FAILURES = 10  # the same for backend errors
MAX_UNREADABLE = 5  # photos in a row that are quarantined because of the disk

log = logging.getLogger("upload")


class Outcomes:
    """Handles the outcome of each attempt to send a photo. `keep`: a copy of a delivered photo
    stays on the device. Threads share it; the `lock` guards the selector, the retries and the
    state."""

    def __init__(
        self,
        spool: Spool,
        *,
        selector: PhotoSelector,
        retries: RetryTracker,
        state: UploadState,
        reporter: AlertReporter,
        backlog: BacklogCounter,
        labels: PhotoLabels,
        keep: bool,
        clock: Clock,
        lock: threading.RLock,
    ) -> None:
        self._spool = spool
        self._selector = selector
        self._retries = retries
        self._state = state
        self._reporter = reporter
        self._backlog = backlog
        self._labels = labels
        self._keep = keep
        self._clock = clock
        self._lock = lock
        self._unreadable = 0  # photos in a row

    def handle_receipt(self, photo: SpooledPhoto, receipt: Receipt) -> None:
        """Remove a photo from the spool: the backend has stored it."""
        with self._lock:
            self._retries.record_success(photo.sequence)
            self._selector.record_delivery(photo)
            self._unreadable = 0
            self._state.record_delivery(receipt, self._clock.monotonic(), self._clock.now())
        log.info("photo delivered %s %d bytes", photo.name, receipt.size)
        try:
            self._spool.remove(photo, self._keep)
        except OSError as error:
            with self._lock:
                self._selector.undeletable.add(photo)
            log.error(
                "%s was delivered but cannot be deleted from the spool: %s",
                photo.name,
                error.strerror,
            )
        self._labels.remove(photo)
        self._reporter.record_delivery(photo)
        self._backlog.record_removed(photo.name)

    def handle_failure(self, photo: SpooledPhoto, error: RequestError) -> None:
        """Back off, or quarantine the photo if it has failed too often."""
        max_failures: float = MAX_FAILURES
        reason = "never-accepted"
        if isinstance(error, RejectedError):
            max_failures, reason = MAX_REJECTIONS, f"rejected-{error.status}"
        elif error.status == HTTPStatus.TOO_MANY_REQUESTS:
            max_failures = math.inf  # camera above the quota: keep retrying until someone fixes it
        with self._lock:
            should_quarantine = self._retries.record_failure(photo.sequence) >= max_failures
            if not should_quarantine:
                wait = self._retries.back_off(photo.sequence, error)
                until = self._clock.now() + timedelta(seconds=wait)
                self._state.record_problem(str(error), until, self._clock.monotonic())
        if should_quarantine:
            self.quarantine(photo, reason, error)
        else:
            log.warning("%s waits: the backend %s; next try in %.0f s", photo.name, error, wait)

    def handle_unreadable(self, photo: SpooledPhoto, error: UnreadablePhotoError) -> None:
        """Quarantine an unreadable photo. If there are many in a row, the disk is to blame: the
        photos stay where they are, and are tried again in an hour."""
        with self._lock:
            self._unreadable += 1
            is_disk_failing = self._unreadable > MAX_UNREADABLE
        if is_disk_failing:
            self.defer(photo, str(error.problem))
            log.error("%s; next try in an hour", error)
        else:
            self.quarantine(photo, "unreadable", error)

    def quarantine(self, photo: SpooledPhoto, reason: str, error: Exception) -> None:
        """Move a photo to those that are not sent again by themselves, and report it."""
        try:
            self._spool.quarantine(photo, reason)
        except FileNotFoundError:
            pass  # evicted a moment ago
        except OSError as disk_error:
            self.defer(photo, f"{reason}; cannot be quarantined: {disk_error.strerror}")
            log.error("%s cannot be quarantined (%s): %s", photo.name, error, disk_error.strerror)
            return
        else:
            log.error("photo quarantined as %s: %s: %s", reason, photo.name, error)
            self._reporter.record_quarantined(reason, photo)
            self._backlog.record_removed(photo.name)
        with self._lock:
            self._retries.forget(photo.sequence)

    def defer(self, photo: SpooledPhoto, reason: str) -> None:
        """Defer this photo for an hour, and report it once."""
        with self._lock:
            self._selector.defer(photo, DEFER_SECONDS)
        self._reporter.record_stuck(reason, photo)

    def remove_delivered(self) -> None:
        """Try again to remove the delivered photos that the disk did not remove."""
        for photo in list(self._selector.undeletable):
            with suppress(OSError):
                self._spool.remove(photo, self._keep)
                with self._lock:
                    self._selector.undeletable.discard(photo)
