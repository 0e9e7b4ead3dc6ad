"""Send alerts in batches, such that one that the backend rejects does not hold up the others."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from photo_wire.alert import Alert, AlertsReceipt
from pi_uploader.backoff import backoff
from pi_uploader.client import MAX_CALL_SECONDS, RejectedError, UnavailableError
from pi_uploader.clock import Clock
from pi_uploader.watchdog import KeepAlive

MAX_REQUESTS = 16  # in one round; one rejected alert among a hundred is found with 14
FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 600.0, 24 * 3600.0  # until a rejected alert is sent again
TOO_MANY_REQUESTS = 429  # a new camera above the backend's quota

OnAccepted = Callable[[list[Alert], AlertsReceipt], None]

log = logging.getLogger("upload")


@dataclass
class _Deferral:
    """An alert that is not sent before `until` (monotonic seconds), after `failures` in a row."""

    failures: int
    until: float


class AlertBatches:
    """Sends alerts with `send_alerts`, a method of the client.

    After a rejection the batch is halved until the rejected alerts stand alone. These are logged
    and deferred, for 10 minutes at first and for a day at most. They are never dropped, since the
    mistake may be the backend's.
    """

    def __init__(self, send_alerts: Callable[[list[Alert]], AlertsReceipt], clock: Clock) -> None:
        self._send_alerts = send_alerts
        self._clock = clock
        self._deferred: dict[tuple[str, str], _Deferral] = {}  # by kind and id
        self._problem: str | None = None

    @property
    def deferred(self) -> int:
        """How many alerts are deferred."""
        return len(self._deferred)

    @property
    def problem(self) -> str | None:
        """Why the last of them was deferred; None if none is."""
        return self._problem if self._deferred else None

    def is_due(self, kind: str, photo_id: str) -> bool:
        """Return whether this alert may be sent now."""
        deferral = self._deferred.get((kind, photo_id))
        return deferral is None or deferral.until <= self._clock.monotonic()

    def send(self, alerts: list[Alert], on_accepted: OnAccepted, keep_alive: KeepAlive) -> None:
        """Send up to 100 alerts, and call `on_accepted` with each batch that is accepted. What is
        left after 16 requests waits for the next round. Raises UnavailableError."""
        batches = [alerts] if alerts else []
        for _ in range(MAX_REQUESTS):
            if not batches:
                return
            batch = batches.pop()
            keep_alive(MAX_CALL_SECONDS)
            try:
                receipt = self._send_alerts(batch)
            except RejectedError as error:
                if len(batch) == 1:
                    self.defer(batch[0].kind, str(batch[0].name), f"the backend {error}")
                else:
                    half = len(batch) // 2
                    batches += [batch[half:], batch[:half]]
            except UnavailableError as error:
                if error.status == TOO_MANY_REQUESTS:  # all of these cameras are above the quota
                    for alert in batch:
                        self.defer(alert.kind, str(alert.name), f"the backend {error}")
                raise
            else:
                self._record_receipt(batch, receipt)
                on_accepted(batch, receipt)

    def defer(self, kind: str, photo_id: str, problem: str) -> None:
        """Defer this alert, twice as long each time. `problem` says why."""
        key = (kind, photo_id)
        failures = self._deferred[key].failures + 1 if key in self._deferred else 1
        delay = backoff(failures, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS)
        self._deferred[key] = _Deferral(failures, self._clock.monotonic() + delay)
        self._problem = problem
        log.error(
            "%s of %s is not reported: %s; next try in %.0f s", kind, photo_id, problem, delay
        )

    def forget(self, kind: str, photo_id: str) -> None:
        """Forget the deferral of an alert that is not to be sent any more."""
        self._deferred.pop((kind, photo_id), None)

    def _record_receipt(self, batch: list[Alert], receipt: AlertsReceipt) -> None:
        accepted = receipt.recorded | receipt.stored
        for alert in batch:
            if str(alert.name) in accepted:
                self.forget(alert.kind, str(alert.name))
            else:
                problem = "the backend does not list it among those it has recorded"
                self.defer(alert.kind, str(alert.name), problem)
