"""What the device has noticed and a person should know, in a small file beside the photos.

It holds one alert of each kind at most, from the moment of which it tells until it may be told
anew. So nothing is told again because a process was started again, what is noticed while there is
no network is told when there is one, and an alert keeps its id: told twice, the backend has it
once.

It is no part of the spool's truth: it is replaced as a whole and never flushed. Where a full disk
refuses it, or a power cut takes it, the same thing may be told once more.
"""

import json
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from photo_wire.alert import Alert, parse_alerts
from photo_wire.errors import WireError
from pi_uploader.state_files import read_state_file, write_json_atomically


def readable(moment: datetime) -> str:
    """A moment as a person reads it in an alert's sentence; the details have it exactly."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


class AlertOutbox:
    """The alerts in `file`, by their kinds. Threads share it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._alerts: dict[str, Alert] = {}
        self._told: set[str] = set()  # kinds
        with suppress(OSError, ValueError, WireError):  # none, or none that can be read
            written = read_state_file(file)
            self._alerts = {alert.kind: alert for alert in parse_alerts(written)}
            told = json.loads(written).get("told")
            self._told = {kind for kind in self._alerts if isinstance(told, list) and kind in told}

    def last(self, kind: str) -> Alert | None:
        """The alert of this kind, told or not."""
        return self._alerts.get(kind)

    def is_sent(self, kind: str) -> bool:
        return kind in self._told

    def pending(self) -> list[Alert]:
        with self._lock:
            return [alert for kind, alert in self._alerts.items() if kind not in self._told]

    def add(self, alert: Alert) -> None:
        """Have this alert told, in place of the last one of its kind."""
        with self._lock:
            self._alerts[alert.kind] = alert
            self._told.discard(alert.kind)
            self._write()

    def mark_sent(self, alert: Alert) -> None:
        """The backend has this alert on record."""
        with self._lock:
            if self._alerts.get(alert.kind) == alert:
                self._told.add(alert.kind)
                self._write()

    def forget(self, kind: str) -> None:
        """What it told of is over."""
        with self._lock:
            self._alerts.pop(kind, None)
            self._told.discard(kind)
            self._write()

    def _write(self) -> None:
        alerts = [alert.to_properties() for alert in self._alerts.values()]
        with suppress(OSError):  # a full disk: the photos matter more
            write_json_atomically(self._file, {"alerts": alerts, "told": sorted(self._told)})
