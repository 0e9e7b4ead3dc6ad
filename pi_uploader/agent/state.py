"""The state of this device, for a heartbeat."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from photo_wire import __version__
from photo_wire.errors import WireError
from photo_wire.headers import ClockStatus
from photo_wire.heartbeat import CameraState, Heartbeat, SpoolState, parse_heartbeat
from pi_uploader.agent.health import HealthReader
from pi_uploader.agent.pause import UploadPause
from pi_uploader.clock import Clock
from pi_uploader.control import ControlError, NotRunningError, ask
from pi_uploader.spool import Spool

STATE_SECONDS = 3.0  # for the capture process to tell its state

log = logging.getLogger("agent")


class DataBudget(Protocol):
    """The bytes of a month (pi_uploader/upload/limits.py). `now` is the device's own clock, in UTC,
    as for photos: with two clocks in two months the count would begin again and again."""

    def is_spent(self, now: datetime) -> bool:
        """Return whether nothing more may be sent, but what has to be."""

    def add(self, size: int, now: datetime) -> None:
        """Count bytes that were sent."""

    def used(self, now: datetime) -> tuple[int, int | None]:
        """Return the bytes of this month, and its limit, None for no limit."""


@dataclass(frozen=True)
class DeviceInfo:
    """What the settings tell of this device. The intervals are in seconds; `poll_interval` is None
    for no polls."""

    name: str
    site: str | None
    interval: float
    poll_interval: float | None


@dataclass
class StateReader:
    """Reads what a heartbeat tells. Not thread-safe."""

    device: DeviceInfo
    spool: Spool
    pause: UploadPause
    budget: DataBudget
    clock: Clock
    root: Path = Path("/")
    _health: HealthReader = field(init=False)
    _problem: str = field(default="", init=False)  # of the capture process; logged once

    def __post_init__(self) -> None:
        self._health = HealthReader(self.spool.folder, self.root)

    def read(self) -> Heartbeat:
        """Return the state now, without what became of commands. The capture process has some
        seconds to tell its part."""
        health = self._health.read()
        backlog, oldest = self.spool.backlog(), self.spool.oldest()
        sent, limit = self.budget.used(self.clock.now())
        return Heartbeat(
            version=__version__,
            interval=round(self.device.interval),
            sent_at=self.clock.now(),
            **{one.name: getattr(health, one.name) for one in fields(health)},
            clock=ClockStatus.SYNCED if self.clock.is_set() else ClockStatus.UNSYNCED,
            site=self.device.site,
            spool=SpoolState(
                waiting=backlog.photos,
                oldest=oldest.name.captured_at if oldest else None,
                bytes=backlog.bytes,
            ),
            losses=self.spool.losses.count(),
            quarantine=backlog.quarantined,
            sent_this_month=sent,
            monthly_limit=limit,
            paused_until=self.pause.until,
            cameras=self._cameras(),
        )

    def has_changed(self, before: Heartbeat) -> bool:
        """Return whether a camera is armed, disarmed or failing that was not so before, or uploads
        are held back now or no longer: by a pause, or by the month's quota."""
        sent, limit = self.budget.used(self.clock.now())
        now = replace(
            before,
            sent_this_month=sent,
            monthly_limit=limit,
            paused_until=self.pause.until,
            cameras=self._cameras() or before.cameras,
        )
        return _conditions(now) != _conditions(before)

    def _cameras(self) -> Mapping[str, CameraState]:
        """Return the state of each camera; none if the capture process does not tell it."""
        try:
            cameras = read_cameras(self.spool.folder)
        except NotRunningError:
            return {}
        except (ControlError, WireError) as error:
            if self._problem != str(error):
                self._problem = str(error)
                log.warning("the state of the cameras is not known: %s", error)
            return {}
        self._problem = ""
        return cameras


def read_cameras(spool: Path) -> Mapping[str, CameraState]:
    """Return the state of each camera, from the capture process of this spool. Raises ControlError,
    and WireError if it tells what no heartbeat may have."""
    cameras = ask(spool, {"do": "state"}, STATE_SECONDS).members.get("cameras", {})
    members = {"version": __version__, "interval": 1, "cameras": cameras}
    return parse_heartbeat(json.dumps(members).encode()).cameras  # checked as the backend does


def _conditions(state: Heartbeat) -> object:
    """Return what counts from the heartbeat that reports it."""
    is_spent = (
        state.monthly_limit is not None and (state.sent_this_month or 0) >= state.monthly_limit
    )
    cameras = {name: (one.armed, bool(one.failing)) for name, one in state.cameras.items()}
    return is_spent, state.paused_until, cameras
