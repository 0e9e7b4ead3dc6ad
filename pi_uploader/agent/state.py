"""The state of this device, for a heartbeat."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from photo_wire import __version__
from photo_wire.camera_state import CameraState
from photo_wire.headers import ClockStatus
from photo_wire.heartbeat import Heartbeat, SpoolState, parse_cameras
from photo_wire.motion import WATCHING, WORKING
from pi_uploader.agent.health import Health, HealthReader
from pi_uploader.agent.pause import UploadPause
from pi_uploader.agent.problem_log import ProblemLog
from pi_uploader.clock import Clock
from pi_uploader.control import NotRunningError, ask
from pi_uploader.spool import Spool

STATE_SECONDS = 3.0  # for the capture process to tell its state

T = TypeVar("T")

log = logging.getLogger("agent")


class DataQuota(Protocol):
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
    """Reads what a heartbeat tells. A part that cannot be read is left out, whatever the reason,
    and logged once: the heartbeat shows at least that the device lives. Not thread-safe."""

    device: DeviceInfo
    spool: Spool
    pause: UploadPause
    quota: DataQuota
    clock: Clock
    root: Path = Path("/")
    _health: HealthReader = field(init=False)
    _problems: ProblemLog = field(default_factory=lambda: ProblemLog(log), init=False)

    def __post_init__(self) -> None:
        self._health = HealthReader(self.spool.folder, self.root)

    def read(self) -> Heartbeat:
        """Return the state now, cut to what a heartbeat may have, without what became of commands.
        The capture process has some seconds to tell its part."""
        health = self._read("machine", self._health.read, Health())
        spool, quarantined = self._read("spool", self._spool, None) or (None, None)
        sent, limit = self._sent()
        return Heartbeat(
            version=__version__,
            interval=round(self.device.interval),
            sent_at=self.clock.now(),
            **{one.name: getattr(health, one.name) for one in fields(health)},
            clock=ClockStatus.SYNCED if self.clock.is_set() else ClockStatus.UNSYNCED,
            site=self.device.site,
            spool=spool,
            losses=self._read("losses", self.spool.losses.count, None),
            quarantine=quarantined,
            sent_this_month=sent,
            monthly_limit=limit,
            paused_until=self.pause.until,
            cameras=self._cameras(),
        ).cut_to_fit()

    def read_spool(self, before: Heartbeat) -> Heartbeat:
        """Return `before` as of now, with what the spool holds now and what was sent. The rest is
        as it was: no other process is asked, which may have ended already."""
        spool, quarantined = self._read("spool", self._spool, None) or (None, None)
        sent, limit = self._sent()
        return replace(
            before,
            sent_at=self.clock.now(),
            spool=spool,
            losses=self._read("losses", self.spool.losses.count, None),
            quarantine=quarantined,
            sent_this_month=sent,
            monthly_limit=limit,
        ).cut_to_fit()

    def has_changed(self, before: Heartbeat) -> bool:
        """Return whether a camera is armed, disarmed, failing, blind or without labels that was not
        so before, or uploads are held back now or no longer: by a pause, or by the month's quota.
        """
        sent, limit = self._sent()
        now = replace(
            before,
            sent_this_month=sent,
            monthly_limit=limit,
            paused_until=self.pause.until,
            cameras=self._cameras() or before.cameras,
        )
        return _conditions(now) != _conditions(before)

    def _spool(self) -> tuple[SpoolState, int]:
        """Return what waits in the spool, and how many photos are in quarantine."""
        backlog, oldest = self.spool.backlog(), self.spool.oldest()
        captured_at = oldest.name.captured_at if oldest else None
        return SpoolState(backlog.photos, captured_at, backlog.bytes), backlog.quarantined

    def _sent(self) -> tuple[int | None, int | None]:
        used = self._read("month's data", lambda: self.quota.used(self.clock.now()), None)
        return used or (None, None)

    def _cameras(self) -> Mapping[str, CameraState]:
        """Return the state of each camera; none if the capture process does not tell it."""
        try:
            return self._read("cameras", lambda: read_cameras(self.spool.folder), {})
        except NotRunningError:
            return {}

    def _read(self, part: str, read: Callable[[], T], missing: T) -> T:
        """Return a part of the state, or `missing` if it cannot be read. Raises NotRunningError."""
        try:
            value = read()
        except NotRunningError:
            raise
        except Exception as error:  # noqa: BLE001  none may keep the device silent
            problem = f"{error}" or type(error).__name__
            self._problems.warn(part, f"the state of the {part} is not known: {problem}")
            return missing
        self._problems.forget(part)
        return value


def read_cameras(spool: Path) -> Mapping[str, CameraState]:
    """Return the state of each camera, from the capture process of this spool. Raises ControlError,
    and WireError if it tells what no heartbeat may have."""
    cameras = ask(spool, {"do": "state"}, STATE_SECONDS).members.get("cameras", {})
    return parse_cameras(cameras)  # checked as the backend does


def _conditions(state: Heartbeat) -> object:
    """Return what counts from the heartbeat that reports it."""
    is_spent = (
        state.monthly_limit is not None and (state.sent_this_month or 0) >= state.monthly_limit
    )
    cameras = {
        name: (
            one.armed,
            bool(one.failing),
            one.motion == WATCHING,
            one.detection == WORKING,
        )
        for name, one in state.cameras.items()
    }
    return is_spent, state.paused_until, cameras
