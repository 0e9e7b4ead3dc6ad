"""What the device tells the backend besides its photos: what was set aside, what was given up, and
what else a person should know."""

import logging
from collections.abc import Callable, Collection
from itertools import islice, starmap

from photo_wire.alert import (
    LOSS,
    MAX_AT_ONCE,
    MAX_REASON,
    QUARANTINE,
    Alert,
    AlertsReceipt,
)
from pi_uploader.alerts.batches import AlertBatches
from pi_uploader.alerts.clock_skew_monitor import ClockSkewMonitor
from pi_uploader.alerts.disk_monitor import DiskMonitor
from pi_uploader.alerts.outbox import AlertOutbox
from pi_uploader.alerts.spool_usage_monitor import SpoolUsageMonitor
from pi_uploader.clock import Clock
from pi_uploader.spool import Loss, Spool, SpooledPhoto
from pi_uploader.upload.client import (
    MAX_CALL,
    BackendClient,
    RejectedError,
    UnavailableError,
)
from pi_uploader.upload.receipts import ReceiptCheck
from pi_uploader.upload.turn import Turn
from pi_uploader.watchdog import Heartbeat

REPORT_PAUSE = 5.0  # seconds in which losses gather before they are reported together
REPORT_AGAIN = 60.0  # seconds after a report that failed
NOTICED_AGAIN = 600.0  # seconds after what was noticed could not be told

log = logging.getLogger("upload")


class AlertReporter:
    """What is still to be told. `waiting` how many photos of a
    camera wait. Several threads may ask whether it is time to; one of them tells."""

    def __init__(
        self,
        spool: Spool,
        delivery: BackendClient,
        clock: Clock,
        waiting: Callable[[str], int | None] = lambda camera: None,
    ) -> None:
        self._spool = spool
        self._delivery = delivery
        self._clock = clock
        self._turn = Turn(clock)
        self._untold: list[Alert] = []  # of photos that were set aside, or cannot be
        self._stuck: set[SpooledPhoto] = set()  # those that cannot be, and are noted
        self._has_looked_back = False  # at those that lay there at the start
        self._noticed = AlertOutbox(spool.folder / "alerts.json")
        self._noticed_next = clock.monotonic()
        self._filling = SpoolUsageMonitor(spool, self._noticed, clock)
        self._waiting = waiting
        self._batches = AlertBatches(self._report, clock)
        self._receipt_check = ReceiptCheck(spool, delivery, clock)
        self._disk_monitor = DiskMonitor(spool, self._noticed, clock)
        self._clock_check = ClockSkewMonitor(spool, self._noticed, clock)

    @property
    def deferred(self) -> tuple[int, str | None]:
        """How many losses and quarantined photos cannot be reported for now, and why not the last
        of them."""
        return self._batches.deferred, self._batches.problem

    def note_set_aside(self, reason: str, photo: SpooledPhoto) -> None:
        """Have it told that this photo was set aside."""
        self._untold.append(quarantine_alert(reason, photo))

    def note_stuck(self, reason: str, photo: SpooledPhoto) -> None:
        """Have it told, once, that this photo is neither sent nor set aside, and why."""
        if photo not in self._stuck:
            self._stuck.add(photo)
            self._untold.append(quarantine_alert(reason, photo))

    def note_delivery(self, photo: SpooledPhoto) -> None:
        """This photo is delivered: a moment to compare the clocks, and a receipt to keep."""
        for kind in (LOSS, QUARANTINE):
            self._batches.forget(kind, str(photo.name))
        self._receipt_check.note_receipt(photo)
        self._clock_check.note_delivery(photo, self._delivery.server_time)

    def look(self) -> None:
        """Notice what can be noticed without the backend, if it is time to."""
        self._disk_monitor.look()
        self._filling.look()

    def begin(self) -> bool:
        """Whether it is time to tell. Who hears that it is has to `tell`: nobody else will."""
        return self._turn.try_claim()

    def tell(self, under_way: Collection[int], back_within: Heartbeat) -> None:
        """Tell some of it at once. `under_way` are the sequence numbers of the photos that are on
        their way at this moment."""
        pause = REPORT_AGAIN
        try:
            if self._tell_of_photos(under_way, back_within):
                pause = REPORT_PAUSE
            self._tell_of_noticed(back_within)
            self._receipt_check.ask(back_within)
        finally:
            self._turn.release(pause)

    def _tell_of_photos(self, under_way: Collection[int], back_within: Heartbeat) -> bool:
        """Tell of those set aside and those given up; whether that went well. The backend knows
        better where one had arrived after all, its receipt having been lost on the way."""
        try:
            self._tell_of_quarantine(back_within)  # before its loss, where it was given up since
            self._tell_of_losses(under_way, back_within)
        except UnavailableError as error:
            log.warning("losses and quarantined photos are not reported yet: the backend %s", error)
        except OSError as error:
            log.error("losses cannot be reported, the disk answers: %s", error.strerror)
        else:
            return True
        return False

    def _tell_of_losses(self, under_way: Collection[int], back_within: Heartbeat) -> None:
        # One that is on its way yet may arrive; its receipt then takes the loss back.
        settled = (
            loss
            for loss in self._spool.losses.unreported()
            if loss.photo.sequence not in under_way
            and self._batches.is_due(LOSS, str(loss.photo.name))
        )
        losses = {str(one.photo.name): one for one in islice(settled, MAX_AT_ONCE)}

        def settle(batch: list[Alert], receipt: AlertsReceipt) -> None:
            for alert in batch:
                self._settle(losses[str(alert.name)], receipt)

        self._batches.send(list(map(loss_alert, losses.values())), settle, back_within)

    def _report(self, alerts: list[Alert]) -> AlertsReceipt:
        """Report these alerts; those of one camera with the number of its photos that wait."""
        cameras = {alert.name.camera for alert in alerts}
        waiting = self._waiting(cameras.pop()) if len(cameras) == 1 else None
        return self._delivery.report(alerts, waiting)

    def _tell_of_quarantine(self, back_within: Heartbeat) -> None:
        """Tell of the photos that were set aside; of those that lie there at the start, too, since
        the one before may not have come to it. The backend keeps each once."""
        if not self._has_looked_back:
            self._untold += starmap(quarantine_alert, self._spool.quarantined_photos())
            self._has_looked_back = True
        due = (one for one in self._untold if self._batches.is_due(one.kind, str(one.name)))
        alerts = list(islice(due, MAX_AT_ONCE))
        self._batches.send(alerts, self._settle_quarantine, back_within)

    def _settle_quarantine(self, batch: list[Alert], receipt: AlertsReceipt) -> None:
        for alert in batch:
            if str(alert.name) in receipt.recorded:
                self._untold.remove(alert)

    def _tell_of_noticed(self, back_within: Heartbeat) -> None:
        """Tell each thing alone, so that one that the backend rejects holds up nothing else."""
        if self._clock.monotonic() < self._noticed_next:
            return
        for alert in self._noticed.pending():
            back_within(MAX_CALL)
            try:
                self._report([alert])
            except (RejectedError, UnavailableError) as error:
                self._noticed_next = self._clock.monotonic() + NOTICED_AGAIN
                log.warning("%s %s is not told yet: the backend %s", alert.kind, alert.name, error)
            else:
                self._noticed.mark_sent(alert)
                log.info("%s told %s", alert.kind, alert.name)

    def _settle(self, loss: Loss, receipt: AlertsReceipt) -> None:
        """Note what the backend said of a loss. A record that the disk does not move is reported
        again later, and holds up no other."""
        name = str(loss.photo.name)
        try:
            if name in receipt.stored:
                self._spool.losses.forget(loss.photo)
                log.info("no loss after all, the backend has it: %s", name)
            elif name in receipt.recorded:
                self._spool.losses.mark_reported(loss)
                log.info("loss reported %s (%s)", name, loss.reason)
        except OSError as error:
            self._batches.defer(LOSS, name, f"its record cannot be moved: {error.strerror}")


def loss_alert(loss: Loss) -> Alert:
    """What the backend is told of a photo that was given up."""
    return _alert(LOSS, loss.reason, loss.photo)


def quarantine_alert(reason: str, photo: SpooledPhoto) -> Alert:
    """What it is told of one that was set aside."""
    return _alert(QUARANTINE, reason, photo)


def _alert(kind: str, reason: str, photo: SpooledPhoto) -> Alert:
    """The reason is a folder's name, which somebody may have made by hand."""
    words = "".join(filter(str.isprintable, reason))[:MAX_REASON]
    return Alert(
        photo.name,
        kind,
        words or "unknown",
        {
            "content_type": photo.media.content_type,
            "size": photo.size,
            "sha256": photo.sha256,
            "trigger": photo.trigger.value,
            "clock": photo.clock.value,
        },
    )
