"""The alerts that the device raised, in a small file beside the photos.

It holds the last alert of each kind, until that kind may be raised anew. So a restart sends nothing
again, an alert that was raised without a network is sent later, and it keeps its id: if it is sent
twice, the backend has it once.

The file is replaced as a whole and never flushed: no photo depends on it. If a full disk cannot
store it or a power cut destroys it, an alert may be sent once more.
"""

import json
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from photo_wire.alert import Alert, parse_alerts
from photo_wire.errors import WireError
from pi_uploader.state_files import read_state_file, write_json_atomically

_SENT = "told"  # the member of the file that lists the kinds of which the alert was sent


def readable(moment: datetime) -> str:
    """Return a moment as the sentence of an alert shows it; its details have it exactly."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


class AlertOutbox:
    """The alerts in `file`, by kind. Threads share it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._alerts: dict[str, Alert] = {}
        self._sent: set[str] = set()  # kinds
        with suppress(OSError, ValueError, WireError):  # no file, or one that cannot be read
            content = read_state_file(file)
            self._alerts = {alert.kind: alert for alert in parse_alerts(content)}
            sent = json.loads(content).get(_SENT)
            self._sent = {kind for kind in self._alerts if isinstance(sent, list) and kind in sent}

    def last(self, kind: str) -> Alert | None:
        """Return the alert of this kind, sent or not."""
        return self._alerts.get(kind)

    def is_sent(self, kind: str) -> bool:
        """Return whether the backend has the alert of this kind on record."""
        return kind in self._sent

    def pending(self) -> list[Alert]:
        """Return the alerts that are not sent yet."""
        with self._lock:
            return [alert for kind, alert in self._alerts.items() if kind not in self._sent]

    def add(self, alert: Alert) -> None:
        """Store an alert to be sent, in place of the last one of its kind."""
        with self._lock:
            self._alerts[alert.kind] = alert
            self._sent.discard(alert.kind)
            self._write()

    def record_sent(self, alert: Alert) -> None:
        """Record that the backend has this alert."""
        with self._lock:
            if self._alerts.get(alert.kind) == alert:
                self._sent.add(alert.kind)
                self._write()

    def forget(self, kind: str) -> None:
        """Remove the alert of this kind: its cause is gone, and it may be raised anew."""
        with self._lock:
            self._alerts.pop(kind, None)
            self._sent.discard(kind)
            self._write()

    def _write(self) -> None:
        alerts = [alert.to_properties() for alert in self._alerts.values()]
        with suppress(OSError):  # a full disk: the photos matter more
            write_json_atomically(self._file, {"alerts": alerts, _SENT: sorted(self._sent)})
