"""Report to the backend what a person should know: photos in quarantine, losses, and alerts of the
monitors."""

import logging
import math
from collections.abc import Callable, Collection
from itertools import islice, starmap

from photo_wire.alert import (
    LOSS,
    MAX_ALERTS,
    MAX_REASON,
    QUARANTINE,
    Alert,
    AlertsReceipt,
)
from pi_uploader.alerts.batches import AlertBatches
from pi_uploader.alerts.clock_skew_monitor import ClockSkewMonitor
from pi_uploader.alerts.disk_monitor import DiskMonitor
from pi_uploader.alerts.missing_photo_monitor import MissingPhotoMonitor
from pi_uploader.alerts.outbox import AlertOutbox
from pi_uploader.alerts.periodic import PeriodicTask
from pi_uploader.alerts.spool_usage_monitor import SpoolUsageMonitor
from pi_uploader.client import (
    MAX_CALL_SECONDS,
    BackendClient,
    RejectedError,
    UnavailableError,
)
from pi_uploader.clock import Clock
from pi_uploader.spool import Loss, Spool, SpooledPhoto
from pi_uploader.watchdog import KeepAlive

REPORT_SECONDS = 5.0  # between two reports: losses gather, and are reported together
RETRY_SECONDS = 60.0  # after a report that failed
RETRY_OUTBOX_SECONDS = 600.0  # after an alert of a monitor that could not be sent

log = logging.getLogger("upload")


class AlertReporter:
    """Sends what is still to be reported.

    `count_waiting` returns how many photos of a camera wait. Any thread
    may ask whether a report is due; the one that claims it sends it.
    """

    def __init__(
        self,
        spool: Spool,
        client: BackendClient,
        clock: Clock,
        count_waiting: Callable[[str], int | None] = lambda camera: None,
    ) -> None:
        self._spool = spool
        self._client = client
        self._clock = clock
        self._count_waiting = count_waiting
        self._task = PeriodicTask(clock)
        self._has_changed = True  # there may be something to report
        self._batches = AlertBatches(self._send_alerts, clock)
        self._quarantine: list[Alert] = []  # pending, of photos in quarantine or stuck
        self._stuck: set[SpooledPhoto] = set()
        self._has_listed_quarantine = False  # what lay there at the start
        self._outbox = AlertOutbox(spool.folder / "alerts.json")
        self._next_outbox_try = clock.monotonic()
        self._disk = DiskMonitor(spool, self._outbox, clock)
        self._spool_usage = SpoolUsageMonitor(spool, self._outbox, clock)
        self._clock_skew = ClockSkewMonitor(spool, self._outbox, clock)
        self._missing_photos = MissingPhotoMonitor(spool, client, clock)

    @property
    def deferred(self) -> tuple[int, str | None]:
        """How many losses and quarantined photos cannot be reported now, and why the last of them
        cannot."""
        return self._batches.deferred, self._batches.problem

    # --- what happens on the device

    def record_quarantined(self, reason: str, photo: SpooledPhoto) -> None:
        """Report that this photo was quarantined, and why."""
        self._quarantine.append(quarantine_alert(reason, photo))
        self._has_changed = True

    def record_stuck(self, reason: str, photo: SpooledPhoto) -> None:
        """Report, once, that this photo can be neither sent nor quarantined."""
        if photo not in self._stuck:
            self._stuck.add(photo)
            self.record_quarantined(reason, photo)

    def record_delivery(self, photo: SpooledPhoto) -> None:
        """Record that the backend has this photo: keep the receipt, and compare the clocks."""
        for kind in (LOSS, QUARANTINE):
            self._batches.forget(kind, str(photo.name))
        self._missing_photos.record_receipt(photo)
        self._clock_skew.record_delivery(photo, self._client.server_time)

    def record_change(self) -> None:
        """Record that a process has put something into the spool, which may be a loss."""
        self._has_changed = True

    def poll(self) -> None:
        """Poll the monitors of the disk and the spool."""
        self._disk.poll()
        self._spool_usage.poll()

    def is_poll_due(self) -> bool:
        """Return whether `poll` has something to do."""
        return not (self._disk.due_in() and self._spool_usage.due_in())

    # --- reports

    def try_claim(self) -> bool:
        """Return whether a report is due. Whoever gets True has to call `send`: no one else
        will."""
        return self._task.try_claim()

    def due_in(self) -> float:
        """Return the seconds until there is something to send; infinity if nothing is known."""
        if self._has_changed:
            return self._task.due_in()
        if not self._outbox.pending():
            return math.inf
        return max(self._task.due_in(), self._next_outbox_try - self._clock.monotonic())

    def send(self, in_flight: Collection[int], keep_alive: KeepAlive) -> None:
        """Send what is pending, up to a limit. `in_flight` are the sequence numbers of the photos
        that are being sent at this moment."""
        delay = RETRY_SECONDS
        self._has_changed = False
        try:
            if self._send_about_photos(in_flight, keep_alive):
                delay = REPORT_SECONDS
            self._send_outbox(keep_alive)
            self._missing_photos.poll(keep_alive)
        finally:
            self._task.release(delay)

    def _send_about_photos(self, in_flight: Collection[int], keep_alive: KeepAlive) -> bool:
        """Report quarantined and lost photos; return whether that succeeded. If a photo had arrived
        and only its receipt was lost, the backend answers `stored`."""
        try:
            self._send_quarantine(keep_alive)  # before the loss of a photo that was evicted there
            self._send_losses(in_flight, keep_alive)
        except UnavailableError as error:
            self._has_changed = True
            log.warning("losses and quarantined photos are not reported yet: the backend %s", error)
        except OSError as error:
            self._has_changed = True
            log.error("losses cannot be reported: disk error: %s", error.strerror)
        else:
            return True
        return False

    def _send_quarantine(self, keep_alive: KeepAlive) -> None:
        """Report the photos in quarantine. Those that lay there at the start are among them: the
        earlier process may not have reported them, and the backend keeps each alert once."""
        if not self._has_listed_quarantine:
            self._quarantine += starmap(quarantine_alert, self._spool.quarantined_photos())
            self._has_listed_quarantine = True
        due = (one for one in self._quarantine if self._batches.is_due(one.kind, str(one.name)))
        alerts = list(islice(due, MAX_ALERTS))

        def on_accepted(batch: list[Alert], receipt: AlertsReceipt) -> None:
            for alert in batch:
                if str(alert.name) in receipt.recorded:
                    self._quarantine.remove(alert)

        if alerts:
            self._has_changed = True  # there may be more
        self._batches.send(alerts, on_accepted, keep_alive)

    def _send_losses(self, in_flight: Collection[int], keep_alive: KeepAlive) -> None:
        due = (
            loss
            for loss in self._spool.losses.unreported()
            if self._batches.is_due(LOSS, str(loss.photo.name))
        )
        losses = {str(one.photo.name): one for one in islice(due, MAX_ALERTS)}
        if losses:
            self._has_changed = True  # there may be more
        # A photo in flight may arrive; its receipt then revokes the loss.
        losses = {
            name: loss for name, loss in losses.items() if loss.photo.sequence not in in_flight
        }

        def on_accepted(batch: list[Alert], receipt: AlertsReceipt) -> None:
            for alert in batch:
                self._settle_loss(losses[str(alert.name)], receipt)

        self._batches.send(list(map(loss_alert, losses.values())), on_accepted, keep_alive)

    def _settle_loss(self, loss: Loss, receipt: AlertsReceipt) -> None:
        """Record what the backend knows of a loss. If the record cannot be moved, the loss is
        reported again later, and does not hold up others."""
        name = str(loss.photo.name)
        try:
            if name in receipt.stored:
                self._spool.losses.forget(loss.photo)
                log.info("no loss after all, the backend has it: %s", name)
            elif name in receipt.recorded:
                self._spool.losses.record_reported(loss)
                log.info("loss reported %s (%s)", name, loss.reason)
        except OSError as error:
            self._batches.defer(LOSS, name, f"its record cannot be moved: {error.strerror}")

    def _send_outbox(self, keep_alive: KeepAlive) -> None:
        """Send the monitors' alerts one by one, so that one that the backend rejects does not hold
        up another."""
        if self._clock.monotonic() < self._next_outbox_try:
            return
        for alert in self._outbox.pending():
            keep_alive(MAX_CALL_SECONDS)
            try:
                self._send_alerts([alert])
            except (RejectedError, UnavailableError) as error:
                self._next_outbox_try = self._clock.monotonic() + RETRY_OUTBOX_SECONDS
                log.warning("%s %s is not sent yet: the backend %s", alert.kind, alert.name, error)
            else:
                self._outbox.record_sent(alert)
                log.info("%s sent %s", alert.kind, alert.name)

    def _send_alerts(self, alerts: list[Alert]) -> AlertsReceipt:
        """Send these alerts; if all are of one camera, with the number of its photos that wait."""
        cameras = {alert.name.camera for alert in alerts}
        waiting = self._count_waiting(cameras.pop()) if len(cameras) == 1 else None
        return self._client.send_alerts(alerts, waiting)


def loss_alert(loss: Loss) -> Alert:
    """Return the alert of a photo that was lost."""
    return _photo_alert(LOSS, loss.reason, loss.photo)


def quarantine_alert(reason: str, photo: SpooledPhoto) -> Alert:
    """Return the alert of a photo in quarantine."""
    return _photo_alert(QUARANTINE, reason, photo)


def _photo_alert(kind: str, reason: str, photo: SpooledPhoto) -> Alert:
    """Return an alert about a photo. `reason` is a folder's name, which a person may have made."""
    text = "".join(filter(str.isprintable, reason))[:MAX_REASON]
    return Alert(
        photo.name,
        kind,
        text or "unknown",
        {
            "content_type": photo.media.content_type,
            "size": photo.size,
            "sha256": photo.sha256,
            "trigger": photo.trigger.value,
            "clock": photo.clock.value,
        },
    )
