"""Report alerts in batches, such that one that the backend refuses does not hold up the others."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from photo_wire.alert import Alert, AlertsReceipt
from pi_uploader.backoff import backoff
from pi_uploader.clock import Clock
from pi_uploader.upload.client import MAX_CALL, RejectedError, UnavailableError
from pi_uploader.watchdog import Heartbeat

MAX_REQUESTS = 16  # in one round; one refused alert among a hundred is found with 14
FIRST_RETRY, MAX_RETRY = 600.0, 24 * 3600.0  # seconds until a refused alert is sent again
TOO_MANY = 429  # a new camera above the backend's quota
NOT_ACCEPTED = "does not list it among those it has recorded"

Settle = Callable[[list[Alert], AlertsReceipt], None]

log = logging.getLogger("upload")


@dataclass
class _Deferral:
    """An alert that is not sent before `until` (monotonic seconds), after `failures` in a row."""

    failures: int
    until: float


class AlertBatches:
    """Sends alerts with `report`. After a rejection the batch is halved until the refused alerts
    stand alone. These are logged and deferred: 10 minutes at first, at most a day. They are never
    dropped, since the backend may be the one that is wrong."""

    def __init__(self, report: Callable[[list[Alert]], AlertsReceipt], clock: Clock) -> None:
        self._report = report
        self._clock = clock
        self._deferred: dict[tuple[str, str], _Deferral] = {}  # by kind and id
        self._problem: str | None = None

    @property
    def deferred(self) -> int:
        """How many alerts could not be reported so far, and are sent again later."""
        return len(self._deferred)

    @property
    def problem(self) -> str | None:
        """Why the last of them could not be reported; None if there is none."""
        return self._problem if self._deferred else None

    def is_due(self, kind: str, photo_id: str) -> bool:
        """Whether this alert may be sent now."""
        deferral = self._deferred.get((kind, photo_id))
        return deferral is None or deferral.until <= self._clock.monotonic()

    def send(self, alerts: list[Alert], settle: Settle, back_within: Heartbeat) -> None:
        """Send up to 100 alerts, and call `settle` with each batch that is accepted. What is left
        after 16 requests waits for the next round. Raises UnavailableError."""
        batches = [alerts] if alerts else []
        for _ in range(MAX_REQUESTS):
            if not batches:
                return
            batch = batches.pop()
            back_within(MAX_CALL)
            try:
                receipt = self._report(batch)
            except RejectedError as error:
                if len(batch) == 1:
                    self.defer(batch[0].kind, str(batch[0].name), f"the backend {error}")
                else:
                    half = len(batch) // 2
                    batches += [batch[half:], batch[:half]]
            except UnavailableError as error:
                if error.status == TOO_MANY:  # all of these cameras are above the quota
                    for alert in batch:
                        self.defer(alert.kind, str(alert.name), f"the backend {error}")
                raise
            else:
                self._note_answers(batch, receipt)
                settle(batch, receipt)

    def defer(self, kind: str, photo_id: str, problem: str) -> None:
        """Pass over this alert for a while, longer each time."""
        key = (kind, photo_id)
        failures = self._deferred[key].failures + 1 if key in self._deferred else 1
        rest = backoff(failures, FIRST_RETRY, MAX_RETRY)
        self._deferred[key] = _Deferral(failures, self._clock.monotonic() + rest)
        self._problem = problem
        log.error("%s of %s is not reported: %s; next try in %.0f s", kind, photo_id, problem, rest)

    def forget(self, kind: str, photo_id: str) -> None:
        """This alert is no longer to be sent."""
        self._deferred.pop((kind, photo_id), None)

    def _note_answers(self, batch: list[Alert], receipt: AlertsReceipt) -> None:
        accepted = receipt.recorded | receipt.stored
        for alert in batch:
            if str(alert.name) in accepted:
                self.forget(alert.kind, str(alert.name))
            else:
                self.defer(alert.kind, str(alert.name), f"the backend {NOT_ACCEPTED}")
