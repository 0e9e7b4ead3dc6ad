"""Live pictures: while somebody looks at a camera, a small fresh one goes to a blob each second."""

import logging
import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from photo_wire.blob_link import BlobLink
from pi_uploader.agent.server_clock import ServerClock
from pi_uploader.agent.state import DataQuota
from pi_uploader.client import MAX_CALL_SECONDS, UnavailableError
from pi_uploader.client.blobs import BlobClient
from pi_uploader.clock import Clock
from pi_uploader.control import ControlError, ask
from pi_uploader.watchdog import KeepAlive, no_keep_alive

PICTURE_SECONDS = 1.0  # between two pictures of a camera
RETRY_SECONDS = 5.0  # after one that failed
REQUEST_BYTES = 1_000  # of the request for one, besides the picture, response included
PREVIEW_SECONDS = 5.0  # for the capture process to make one
MAX_LOOK_SECONDS = 600.0  # after the last change of the blob; a look lasts for two minutes

log = logging.getLogger("agent")


class Live:
    """The cameras that somebody looks at. Not thread-safe."""

    def __init__(
        self,
        spool: Path,
        blobs: BlobClient,
        quota: DataQuota,
        clock: Clock,
        server_clock: ServerClock,
    ) -> None:
        self._spool = spool
        self._blobs = blobs
        self._quota = quota
        self._clock = clock
        self._server_clock = server_clock
        self._looking_until: Mapping[str, datetime] = {}
        self._links: Mapping[str, BlobLink] = {}
        self._due_at: dict[str, float] = {}  # by camera, in monotonic seconds
        self._problems: dict[str, str] = {}  # by camera; logged once

    def update(self, looking_until: Mapping[str, datetime], links: Mapping[str, BlobLink]) -> None:
        """Set until when somebody looks at each camera, and where its pictures go. A backend that
        names a time in years does not have them for as long."""
        with suppress(OverflowError):
            last = self._server_clock.now() + timedelta(seconds=MAX_LOOK_SECONDS)
            looking_until = {camera: min(one, last) for camera, one in looking_until.items()}
        self._looking_until, self._links = looking_until, links

    def is_looking(self) -> bool:
        """Return whether somebody looks at a camera."""
        return bool(self._cameras())

    def due_in(self) -> float:
        """Return the seconds until the next picture is due; infinity if nobody looks."""
        now = self._clock.monotonic()
        waits = (max(0.0, self._due_at.get(one, now) - now) for one in self._cameras())
        return min(waits, default=math.inf)

    def send_due(self, keep_alive: KeepAlive = no_keep_alive) -> None:
        """Send a picture of each camera that somebody looks at, if it is due and the month's data
        is not spent."""
        cameras = self._cameras()
        self._due_at = {one: at for one, at in self._due_at.items() if one in cameras}
        self._problems = {one: text for one, text in self._problems.items() if one in cameras}
        for camera in cameras:
            start = self._clock.monotonic()
            if self._due_at.get(camera, start) > start:
                continue
            keep_alive(MAX_CALL_SECONDS)
            try:
                self._send(camera)
            except (ControlError, UnavailableError) as error:
                self._due_at[camera] = self._clock.monotonic() + RETRY_SECONDS
                self._log_once(camera, error)
            else:
                self._due_at[camera] = start + PICTURE_SECONDS
                self._problems.pop(camera, None)

    def _cameras(self) -> list[str]:
        if not self._looking_until or self._quota.is_spent(self._clock.now()):
            return []
        return [
            camera
            for camera, until in self._looking_until.items()
            if camera in self._links and self._server_clock.seconds_until(until) > 0
        ]

    def _send(self, camera: str) -> None:
        """Send a picture. Raises ControlError and UnavailableError."""
        request = {"do": "preview", "camera": camera}
        picture = ask(self._spool, request, PREVIEW_SECONDS).body
        self._quota.add(len(picture) + REQUEST_BYTES, self._clock.now())  # also if it fails
        self._blobs.write(self._links[camera].url, picture, "image/jpeg")

    def _log_once(self, camera: str, error: Exception) -> None:
        if self._problems.get(camera) != str(error):
            self._problems[camera] = str(error)
            who = "" if isinstance(error, ControlError) else "the storage "
            log.warning("%s: no live picture: %s%s", camera, who, error)
