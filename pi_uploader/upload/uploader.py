"""Choose a photo, and send it; outcomes.py beside it handles what becomes of it."""

import logging
import math
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from photo_wire.receipt import Receipt
from pi_uploader.agent.carrier import HeartbeatCarrier
from pi_uploader.agent.pause import UploadPause
from pi_uploader.alerts.reporter import AlertReporter
from pi_uploader.client import MAX_CALL_SECONDS, BackendClient, RequestError
from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.spool import DamagedPhotoError, Spool, SpooledPhoto, UnreadablePhotoError
from pi_uploader.upload.backlog import BacklogCounter, PhotoSelector
from pi_uploader.upload.labels import PhotoLabels
from pi_uploader.upload.limits import PhotoBody, Reservation, UploadLimits
from pi_uploader.upload.outcomes import Outcomes
from pi_uploader.upload.retries import RetryTracker
from pi_uploader.upload.state import UploadState
from pi_uploader.upload.time_correction import TimeCorrection
from pi_uploader.upload.wake_ups import WakeUps
from pi_uploader.watchdog import KeepAlive, no_keep_alive

log = logging.getLogger("upload")


@dataclass(frozen=True)
class UploadOptions:
    """`state_file` is written for `pi-uploader status`; None for no such file. `keep`: a copy of
    each photo stays on the device. Nothing is sent during a `pause`. `carrier` has the heartbeats
    that go with photos. `detectors` are those of the settings."""

    limits: UploadLimits = field(default_factory=UploadLimits)
    state_file: Path | None = None
    keep: bool = False
    pause: UploadPause | None = None
    carrier: HeartbeatCarrier = field(default_factory=HeartbeatCarrier)
    detectors: Mapping[str, bool] = field(default_factory=dict)


class _Chosen(NamedTuple):
    """A photo to send, and what the limits have reserved for it."""

    photo: SpooledPhoto
    reservation: Reservation


class Uploader:
    """Uploads from a spool. Several threads share one and call `step`.

    As many of them send at once as the client has connections. With one thread more, the next photo
    is read and verified, and the last one removed, while the others are being sent.

    A photo that fails is tried again after another one was accepted, and quarantined if it
    fails then, too. So one bad photo does not hold up the others, and while a backend
    rejects everything, nothing is quarantined.
    """

    def __init__(
        self,
        spool: Spool,
        client: BackendClient,
        options: UploadOptions | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        chance: Callable[[], float] = random.random,
    ) -> None:
        options = options or UploadOptions()
        self.client = client
        self.retries = RetryTracker(clock, chance)
        self.wake_ups = WakeUps()
        self._spool = spool
        self._limits = options.limits
        self._pause = options.pause
        self._carrier = options.carrier
        self._state = UploadState(options.state_file, clock)
        self._clock = clock
        self._sending = threading.Semaphore(client.connections)
        self._lock = threading.RLock()
        self._selector = PhotoSelector(spool, self.retries, clock)
        self._backlog = BacklogCounter(spool, clock)
        self._labels = PhotoLabels(spool, options.detectors, clock)
        self._reporter = AlertReporter(spool, client, clock, self._backlog.count_waiting)
        self._time_correction = TimeCorrection(spool, clock, self._reporter.record_stuck)
        self._outcomes = Outcomes(
            spool,
            selector=self._selector,
            retries=self.retries,
            state=self._state,
            reporter=self._reporter,
            backlog=self._backlog,
            labels=self._labels,
            keep=options.keep,
            clock=clock,
            lock=self._lock,
        )

    def seconds_until_send(self) -> float:
        """Return the seconds until one of the photos that wait may be sent; 0 if one may be now."""
        wait = self.retries.breaker.open_for()
        if self._selector.has_only_retries():
            wait = max(wait, self.retries.retry_breaker.open_for())
        return wait

    def step(self, keep_alive: KeepAlive = no_keep_alive) -> float:
        """Send one photo, if one may be sent; return the seconds to sleep before the next step,
        which a wake-up may end: infinity if nothing is known that will be due."""
        keep_alive(MAX_CALL_SECONDS)
        self._reporter.poll()  # also while the backend cannot be reached
        with self._lock:
            self._state.write_if_due(self._clock.monotonic())
            if not self.retries.breaker.allows(len(self._selector.in_flight)):
                return self._due_in()
            self._time_correction.name_undated()
            chosen = None if self._is_paused() else self._choose()
            if chosen and self.wake_ups.sleepers and self._selector.has_more():
                self.wake_ups.wake()
        try:
            self._report(keep_alive, can_send_photo=chosen is not None)
            return self._send(chosen, keep_alive) if chosen else self._due_in()
        finally:
            if chosen:
                self._release(chosen)

    def notify(self) -> None:
        """Have a thread look into the spool: a process may have put something into it."""
        self._reporter.record_change()
        self._selector.notify()
        self.wake_ups.wake()

    def poll(self) -> None:
        """Have a thread look into the spool if there is something to do: a photo of which the
        notification was lost, or a check of the disk."""
        waiting = self._spool.newest() or next(self._spool.undated_photos(), None)
        if waiting or self._reporter.is_poll_due():
            self.notify()

    def prioritize(self, tag: str) -> None:
        """Send the photo whose name ends in this tag before others, once it is in the spool."""
        with self._lock:
            self._selector.prioritize(tag)

    def finish(self) -> None:
        """Write the state file, before the process ends."""
        with self._lock:
            self._state.write(self._clock.monotonic())

    def _due_in(self) -> float:
        """Return the seconds until there is something to do that is known of already; infinity if
        there is nothing."""
        with self._lock:
            due = (
                self._state.due_in(self._clock.monotonic()),
                self._selector.due_in(),
                self._time_correction.due_in(),
                self._report_due_in(),
                (self._pause.remaining() if self._pause else 0.0) or math.inf,
            )
        return min(due)

    def _report_due_in(self) -> float:
        """Return the seconds until a report may be sent; infinity if nothing is to be reported, or
        while a failing backend is tried with a photo."""
        if self.retries.breaker.failures and self._selector.in_flight:
            return math.inf
        return max(self.retries.breaker.open_for(), self._reporter.due_in())

    # --- choose

    def _is_paused(self) -> bool:
        return self._pause is not None and self._pause.remaining() > 0

    def _choose(self) -> _Chosen | None:
        """Choose the photo to send next, and mark it as in flight."""
        for photo in self._selector.candidates():
            if problem := self._limits.problem(photo):
                log.error("%s waits, next try in an hour: %s", photo.name, problem)
                self._outcomes.defer(photo, problem)
            elif wait := self._labels.wait_seconds(photo):
                self._selector.defer(photo, wait)
            elif reservation := self._limits.reserve(
                photo, self._selector.in_flight.values(), self._clock.now()
            ):
                self._selector.in_flight[photo.sequence] = photo
                return _Chosen(photo, reservation)
        return None

    def _release(self, chosen: _Chosen) -> None:
        """Record that the photo is no longer in flight."""
        self._limits.settle(chosen.reservation)
        with self._lock:
            self._selector.in_flight.pop(chosen.photo.sequence, None)

    # --- send

    def _send(self, chosen: _Chosen, keep_alive: KeepAlive) -> float:
        """Send the photo and handle the response; return the seconds to wait before the next
        step."""
        photo, reservation = chosen
        keep_alive(2 * MAX_CALL_SECONDS)  # the threads that send come first
        try:
            with self._open(photo) as file, self._sending:
                keep_alive(MAX_CALL_SECONDS)
                if self.retries.breaker.open_for():  # another photo has failed meanwhile
                    return self._due_in()
                body = PhotoBody(photo, file, reservation, self._limits.rate)
                try:
                    receipt = self._put(photo, body)
                except RequestError as error:  # recorded before the next thread sends
                    self._outcomes.handle_failure(photo, error)
                    return self._due_in() if self.retries.breaker.open_for() else 0.0
        except FileNotFoundError:
            return 0.0  # evicted a moment ago
        except UnreadablePhotoError as error:
            self._outcomes.handle_unreadable(photo, error)
            return 0.0
        except DamagedPhotoError as error:
            self._outcomes.quarantine(photo, "damaged", error)
            return 0.0
        self._outcomes.handle_receipt(photo, receipt)
        return 0.0

    def _put(self, photo: SpooledPhoto, body: PhotoBody) -> Receipt:
        """Send the photo, with the heartbeat that is due, if there is one. Raises RequestError."""
        carried = self._carrier.take()
        waiting, labels = self._waiting_after(photo), self._labels.of(photo)
        try:
            return self.client.send_photo(photo, body, waiting, carried, labels)
        finally:
            if carried:
                self._carrier.settle(carried)

    def _open(self, photo: SpooledPhoto) -> BinaryIO:
        """Open the photo's file. If the disk fails once, try again."""
        try:
            return self._spool.open(photo)
        except UnreadablePhotoError:
            return self._spool.open(photo)

    def _waiting_after(self, photo: SpooledPhoto) -> int | None:
        """Return how many photos of its camera will wait when all in flight are delivered."""
        with self._lock:
            cameras = [one.name.camera for one in self._selector.in_flight.values()]
        return self._backlog.count_after(photo.name.camera, cameras.count(photo.name.camera))

    # --- report

    def _report(self, keep_alive: KeepAlive, can_send_photo: bool) -> None:
        """Send alerts if a report is due. While the backend fails, a photo is sent first; without
        one, as when the photo that failed was evicted, the report is the next attempt."""
        if self.retries.breaker.failures and can_send_photo:
            return
        if not self._reporter.try_claim():
            return
        self._outcomes.remove_delivered()  # else they could be evicted, and reported as losses
        self._reporter.send(self._selector.in_flight, keep_alive)
        with self._lock:
            self._state.record_deferred_reports(*self._reporter.deferred)
