"""The upload process: from the spool to the backend, a few photos at a time."""

import logging
import math
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from photo_wire.receipt import Receipt
from pi_uploader.alerts.reporter import AlertReporter
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.spool import DamagedPhotoError, Spool, SpooledPhoto, UnreadablePhotoError
from pi_uploader.upload.backlog import Backlog
from pi_uploader.upload.backoff import Backoff
from pi_uploader.upload.client import (
    MAX_CALL,
    BackendClient,
    RejectedError,
    UnavailableError,
)
from pi_uploader.upload.limits import Limits
from pi_uploader.upload.rate_limit import MonthlyQuota, Pace, Reservation
from pi_uploader.upload.retry_tracker import FAILURES, REJECTIONS, RetryTracker
from pi_uploader.upload.schedule import takes_oldest
from pi_uploader.upload.state import UploadState
from pi_uploader.upload.time_correction import REST_OF_STUCK, TimeCorrection
from pi_uploader.watchdog import Heartbeat, no_heartbeat

IDLE = 0.5  # seconds between looks at a spool from which nothing can be sent
TOO_MANY = 429
MAX_NAP = 5.0  # seconds; while the gate is closed, others may open it
UNREADABLE = "unreadable"  # why a photo was set aside
MAX_UNREADABLE = 5  # photos in a row that are set aside for that
MAX_REJECTED_IN_A_ROW = 10  # photos; if more are, the backend itself is taken to be out of order

log = logging.getLogger("upload")


class Uploader:
    """What the upload process knows besides the spool: how things went lately. Several threads
    share one and take steps with it. `keep`: photos stay on the device, too.

    A photo that fails is tried again after another one was accepted, and set aside if it fails
    then too. So one bad photo blocks no other, and a backend that rejects everything for a while
    condemns nothing.

    `gate` is closed while the backend fails. A rejection is an answer about one photo: it holds up
    only those that were rejected before, unless many are rejected in a row.
    """

    def __init__(
        self,
        spool: Spool,
        delivery: BackendClient,
        *,
        pace: Pace | None = None,
        data_budget: MonthlyQuota | None = None,
        state_file: Path | None = None,
        keep: bool = False,
        clock: Clock = SYSTEM_CLOCK,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.gate = Backoff(clock, chance)
        self._retry_gate = Backoff(clock, chance)
        self._spool = spool
        self._delivery = delivery
        self._limits = Limits(pace, data_budget, clock)
        self._keep = keep
        self._state = UploadState(state_file, clock)
        self._clock = clock
        self._backlog = Backlog(spool, clock)
        self._reports = AlertReporter(spool, delivery, clock, self._backlog.waiting)
        self._naming = TimeCorrection(spool, clock, self._reports.note_stuck)
        self._lock = threading.RLock()
        self._turn = 0
        self._doubts = RetryTracker()
        self._rejected: set[int] = set()  # since a photo was accepted; sequence numbers
        self._under_way: dict[int, SpooledPhoto] = {}  # by sequence numbers
        self._delivered: set[SpooledPhoto] = set()  # and yet here: the disk would not let go
        self._stuck: dict[SpooledPhoto, float] = {}  # the disk would not move it: passed over
        self._unreadable = 0  # photos in a row

    def closed_for(self) -> float:
        """Return the seconds until something may be sent of what waits; 0 if it may be now, or if
        nothing waits."""
        if self._spool.newest(self._is_out_or_doubted) or not self._spool.newest(self._is_out):
            return self.gate.closed_for()
        return max(self.gate.closed_for(), self._retry_gate.closed_for())

    def step(self, back_within: Heartbeat = no_heartbeat) -> float:
        """Send one photo, if one may go; return the seconds to wait before the next step."""
        back_within(MAX_CALL)
        self._reports.look()  # while nothing gets through, too
        with self._lock:
            self._state.write_if_due(self._clock.monotonic())
            if not self.gate.admits(len(self._under_way)):
                return min(self.gate.closed_for(), MAX_NAP) or IDLE
            self._naming.name_undated()
            chosen = self._choose_affordable()
            if chosen:
                self._under_way[chosen[0].sequence] = chosen[0]
        try:
            self._report(back_within)
            back_within(MAX_CALL)
            return self._send(*chosen) if chosen else IDLE
        finally:
            if chosen:
                self._limits.settle(chosen[1])
                with self._lock:
                    self._under_way.pop(chosen[0].sequence, None)

    def finish(self) -> None:
        """Write down what is only known here, before the process ends."""
        with self._lock:
            self._state.write(self._clock.monotonic())

    def _report(self, back_within: Heartbeat) -> None:
        """Tell the backend what it should know, if it is time to and something gets through."""
        if self.gate.failures or not self._reports.begin():
            return
        self._let_go_again()  # what is delivered is no loss
        self._reports.tell(self._under_way, back_within)
        with self._lock:
            self._state.note_deferred_reports(*self._reports.deferred)

    def _choose_affordable(self) -> tuple[SpooledPhoto, Reservation] | None:
        """The photo to send next, and what is reserved for it. Where the oldest is too much for the
        month or the pace, the newest may go, and the other way round."""
        for is_oldest in (takes_oldest(self._turn), not takes_oldest(self._turn)):
            photo = self._choose(is_oldest)
            if photo is None:
                return None
            if problem := self._limits.problem(photo):
                log.error("%s waits, and is looked at again in an hour: %s", photo.name, problem)
                self._pass_over(photo, problem)
            elif reservation := self._limits.reserve(photo, self._under_way.values()):
                return photo, reservation
        return None

    def _choose(self, is_oldest: bool) -> SpooledPhoto | None:
        pick = self._spool.oldest if is_oldest else self._spool.newest
        photo = pick(self._is_out_or_doubted)
        if photo is None and not self._retry_gate.closed_for():
            photo = pick(self._is_out)
        return photo

    def _is_out(self, photo: SpooledPhoto) -> bool:
        return (
            photo.sequence in self._under_way
            or photo in self._delivered
            or self._stuck.get(photo, 0.0) > self._clock.monotonic()
        )

    def _is_out_or_doubted(self, photo: SpooledPhoto) -> bool:
        return self._is_out(photo) or self._doubts.should_defer(
            photo.sequence, self._clock.monotonic()
        )

    def _send(self, photo: SpooledPhoto, reservation: Reservation) -> float:
        try:
            with self._open(photo) as file:
                body = self._limits.body(photo, file, reservation)
                receipt = self._delivery.send(photo, body, self._left_after(photo))
        except FileNotFoundError:
            return 0.0  # given up to make room, a moment ago
        except UnreadablePhotoError as error:
            self._note_unreadable(photo, error)
            return 0.0
        except DamagedPhotoError as error:
            self._set_aside(photo, "damaged", error)
            return 0.0
        except RejectedError as error:
            return self._note_failure(photo, error, REJECTIONS, f"rejected-{error.status}")
        except UnavailableError as error:
            # A camera too many (429) waits for a person, however long that takes.
            allowed = math.inf if error.status == TOO_MANY else FAILURES
            return self._note_failure(photo, error, allowed, "never-accepted")
        self._note_delivery(photo, receipt)
        return 0.0

    def _open(self, photo: SpooledPhoto) -> BinaryIO:
        """The photo's file. A disk that fails once is asked twice."""
        try:
            return self._spool.open(photo)
        except UnreadablePhotoError:
            return self._spool.open(photo)

    def _note_unreadable(self, photo: SpooledPhoto, error: UnreadablePhotoError) -> None:
        """Set a photo aside that the disk does not give. Where many in a row are like that, the
        disk is the one to blame: the photos are left where they are, and tried in an hour."""
        with self._lock:
            self._unreadable += 1
            is_disk = self._unreadable > MAX_UNREADABLE
        if is_disk:
            self._pass_over(photo, str(error.problem))
            log.error("%s; it is tried again in an hour", error)
        else:
            self._set_aside(photo, UNREADABLE, error)

    def _pass_over(self, photo: SpooledPhoto, reason: str) -> None:
        with self._lock:
            now = self._clock.monotonic()
            self._stuck = {one: until for one, until in self._stuck.items() if until > now}
            self._stuck[photo] = now + REST_OF_STUCK
        self._reports.note_stuck(reason, photo)

    def _left_after(self, photo: SpooledPhoto) -> int | None:
        """How many photos of its camera will wait when this one, and those that are under way with
        it, are delivered."""
        with self._lock:
            cameras = [one.name.camera for one in self._under_way.values()]
            under_way = cameras.count(photo.name.camera)
        return self._backlog.left(photo.name.camera, under_way)

    def _note_delivery(self, photo: SpooledPhoto, receipt: Receipt) -> None:
        with self._lock:
            self.gate.open()
            self._unreadable = 0
            self._retry_gate.open()
            self._turn += 1
            self._doubts.accept(photo.sequence)
            self._rejected.clear()
            self._state.delivered(receipt, self._clock.monotonic(), self._clock.now())
        log.info("photo delivered %s %d bytes", photo.name, receipt.size)
        try:
            self._spool.remove(photo, self._keep)
        except OSError as error:
            with self._lock:
                self._delivered.add(photo)
            log.error("%s is delivered, but the disk keeps it: %s", photo.name, error.strerror)
        self._reports.note_delivery(photo)
        self._backlog.note_gone(photo.name)

    def _let_go_again(self) -> None:
        """Try once more to remove what the disk would not let go."""
        for photo in list(self._delivered):
            with suppress(OSError):
                self._spool.remove(photo, self._keep)
                with self._lock:
                    self._delivered.discard(photo)

    def _note_failure(
        self,
        photo: SpooledPhoto,
        error: RejectedError | UnavailableError,
        failures_allowed: float,
        reason: str,
    ) -> float:
        with self._lock:
            failures = self._doubts.fail(photo.sequence, self._clock.monotonic())
            condemned = failures >= failures_allowed
            wait = 0.0 if condemned else self._close(photo, error)
            if not condemned:
                until = self._clock.now() + timedelta(seconds=wait)
                self._state.refused(str(error), until, self._clock.monotonic())
        if condemned:
            self._set_aside(photo, reason, error)
        else:
            log.warning("%s waits: the backend %s; next try in %.0f s", photo.name, error, wait)
        return min(self.gate.closed_for(), MAX_NAP)

    def _close(self, photo: SpooledPhoto, error: RejectedError | UnavailableError) -> float:
        """Close the gate, or after a rejection the one for retries; return the seconds until this
        photo may be tried again."""
        if isinstance(error, UnavailableError):
            return self.gate.close(error.retry_after)
        self._rejected.add(photo.sequence)
        wait = self._retry_gate.close(None)
        if len(self._rejected) > MAX_REJECTED_IN_A_ROW:
            wait = max(wait, self.gate.close(None))
        return wait

    def _set_aside(self, photo: SpooledPhoto, reason: str, error: Exception) -> None:
        try:
            self._spool.quarantine(photo, reason)
        except FileNotFoundError:
            pass  # given up to make room, a moment ago
        except OSError as refusal:
            self._pass_over(photo, f"{reason}; cannot be set aside: {refusal.strerror}")
            log.error("%s cannot be set aside (%s): %s", photo.name, error, refusal.strerror)
            return
        else:
            log.error("photo set aside as %s: %s: %s", reason, photo.name, error)
            self._reports.note_set_aside(reason, photo)
            self._backlog.note_gone(photo.name)
        with self._lock:
            self._doubts.forget(photo.sequence)


def work(uploader: Uploader, stop: threading.Event, back_within: Heartbeat = no_heartbeat) -> None:
    """Take steps until `stop` is set. A disk that fails for a while ends nothing."""
    while not stop.is_set():
        try:
            wait = uploader.step(back_within)
        except Exception:
            log.exception("the upload goes on after an unexpected error")
            wait = MAX_NAP
        back_within(2 * MAX_NAP)
        stop.wait(wait)
