"""A fleet of devices that send heartbeats, fall silent and come back, and the timer that watches
them, at moments that a test chooses."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from function_app.devices.silence import overdue_at
from function_app.devices.states import DeviceState
from function_app.devices.watch import watch_devices
from function_app.services import Services
from photo_wire.alert import Alert
from tests.support.devices import heartbeat, store_state

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return the moment so many minutes after START."""
    return START + timedelta(minutes=minutes)


@dataclass
class Fleet:
    """Devices of `services`; each has the cameras of `cameras`, by default one of its name."""

    services: Services
    cameras: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def beat(self, device: str, minutes: float, **members: Any) -> None:
        """Store a heartbeat as of this minute."""
        cameras = self.cameras.get(device, (device,))
        sent = heartbeat(*cameras, **members)
        now = at(minutes)
        state = DeviceState(device, sent, now, frozenset(cameras), overdue_at(sent, now))
        store_state(self.services, state)

    def run(self, first: float, last: float | None = None) -> None:
        """Run the timer in each minute of a range, a second after it began."""
        minutes = first
        while minutes <= (first if last is None else last):
            watch_devices(self.services, at(minutes) + timedelta(seconds=1))
            minutes += 1

    def alerts(self, kind: str = "") -> list[Alert]:
        """Return what the list of all cameras shows, the oldest first."""
        found = self.services.alerts.newest(1000, None)
        shown = [one.together or one.alert for one in found if not one.is_joined]
        return [alert for alert in reversed(shown) if kind in ("", alert.kind)]

    def own_alerts(self, camera: str) -> list[Alert]:
        """Return what the list of a camera shows, the oldest first."""
        found = self.services.alerts.newest_of(camera, 1000, None)
        return [one.alert for one in reversed(found)]
