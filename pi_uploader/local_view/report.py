"""The state of the device, for GET /status, the page and MQTT."""

import threading
from dataclasses import asdict
from typing import Any

from photo_wire import __version__
from photo_wire.headers import ClockStatus
from photo_wire.moment import format_time
from pi_uploader.agent.health import HealthReader
from pi_uploader.clock import Clock
from pi_uploader.settings import DeviceSettings
from pi_uploader.spool import SpooledPhoto
from pi_uploader.spool.admin import count_spool

CACHE_SECONDS = 2.0
MIN_ROOM = 256_000_000  # bytes beside the reserve, below which no photo is taken on request


class DeviceReport:
    """What is known of machine and spool, which are read every two seconds at most. Threads share
    it."""

    def __init__(self, settings: DeviceSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._health = HealthReader(settings.spool)
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._facts: dict[str, Any] = {}

    def facts(self) -> dict[str, Any]:
        """Return the state of machine and spool, without the cameras. Raises OSError."""
        with self._lock:
            if self._clock.monotonic() - self._read_at >= CACHE_SECONDS:
                self._facts = self._read()
                self._read_at = self._clock.monotonic()
            return self._facts

    def has_room(self) -> bool:
        """Return whether photos on request leave room for those of triggers: they fill the disk
        neither into the reserve nor above four fifths of CAMERA_SPOOL_MB."""
        facts = self.facts()
        free, limit = facts["machine"]["disk_free"], self._settings.spool_bytes
        is_disk_free = free is None or free >= self._settings.reserve_bytes + MIN_ROOM
        return is_disk_free and (limit is None or facts["spool"]["waiting_bytes"] < 0.8 * limit)

    def _read(self) -> dict[str, Any]:
        counts = count_spool(self._settings.spool, self._settings.runtime)
        health = asdict(self._health.read())
        if network := health["network"]:
            health["network"] = {**network, "kind": str(network["kind"])}
        return {
            "device": self._settings.device,
            "site": self._settings.site,
            "version": __version__,
            "at": format_time(self._clock.now()),
            "clock_is_set": self._clock.is_set(),
            "machine": health,
            "spool": {
                "waiting": counts.waiting,
                "waiting_bytes": counts.backlog.bytes,
                "oldest_captured_at": _captured_at(counts.backlog.oldest),
                "oldest": str(counts.backlog.oldest.name) if counts.backlog.oldest else None,
                "quarantined": counts.quarantined,
                "losses": counts.losses,
                "kept": counts.kept,
                "limit_bytes": self._settings.spool_bytes,
            },
        }


def _captured_at(photo: SpooledPhoto | None) -> str | None:
    """Return when a photo was taken; None if there is none, or the clock was not set."""
    is_known = photo and photo.clock is ClockStatus.SYNCED
    return format_time(photo.name.captured_at) if photo and is_known else None
