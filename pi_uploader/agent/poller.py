"""Polls the blob with the commands of this device, to which the backend gave it a link."""

import logging
from collections.abc import Mapping

from photo_wire.blob_link import BlobLink
from photo_wire.command import Command
from photo_wire.command_blob import parse_blob
from photo_wire.errors import WireError
from pi_uploader.agent.live import Live
from pi_uploader.agent.problem_log import ProblemLog
from pi_uploader.agent.schedule import Schedule
from pi_uploader.agent.server_clock import ServerClock
from pi_uploader.agent.state import DataQuota
from pi_uploader.client import UnavailableError
from pi_uploader.client.blobs import BlobClient
from pi_uploader.clock import Clock

_FORBIDDEN, _NOT_FOUND = 403, 404
_LINK_IS_OLD = (
    "commands cannot be polled: the link is no longer this device's. Another key was approved for "
    "this device's name, or the device was removed: pi-uploader identity shows this device's key"
)

log = logging.getLogger("agent")


class Poller:
    """Polls when `schedule` says, and tells `live` who looks at a camera. Not thread-safe."""

    def __init__(
        self,
        blobs: BlobClient,
        schedule: Schedule,
        live: Live,
        quota: DataQuota,
        clock: Clock,
        server_clock: ServerClock,
    ) -> None:
        self._blobs = blobs
        self._schedule = schedule
        self._live = live
        self._quota = quota
        self._clock = clock
        self._server_clock = server_clock
        self._problems = ProblemLog(log)
        self._link: BlobLink | None = None
        self._etag: str | None = None

    def set_link(self, link: BlobLink | None) -> None:
        """Poll the blob that this link leads to from now on; none without a link."""
        self._link = link
        if link:
            self._schedule.begin_polls()
        else:
            self._schedule.end_polls()

    def poll(self) -> Mapping[str, Command] | None:
        """If a poll is due, look into the blob. Return the open commands by id if it has changed,
        else None."""
        if self._schedule.poll_due_in():
            return None
        link = self._link
        if link is None or self._server_clock.seconds_until(link.expires_at) <= 0:
            self.set_link(None)
            return None
        if self._quota.is_spent(self._clock.now()):
            self._schedule.record_poll(is_looking=False)
            return None
        try:
            found = self._read(link)
        except (UnavailableError, WireError) as error:
            self._handle_failure(error)
            return None
        self._schedule.record_poll(self._live.is_looking())
        self._problems.forget("poll", "commands can be polled again")
        return found

    def _read(self, link: BlobLink) -> Mapping[str, Command] | None:
        """Return the open commands in the blob; None if it has not changed. Raises UnavailableError
        and WireError."""
        response = self._blobs.read(link.url, self._etag)
        self._quota.add(response.size, self._clock.now())
        found = None
        if response.content is not None:
            blob = parse_blob(response.content)
            found = {command.id: command for command in blob.open}
            self._live.update(blob.looking_until, blob.live)
            self._etag = response.etag
        self._server_clock.record(response.server_time)
        return found

    def _handle_failure(self, error: UnavailableError | WireError) -> None:
        status = error.status if isinstance(error, UnavailableError) else None
        if status == _FORBIDDEN:  # a new link will come
            self.set_link(None)
        else:
            self._schedule.record_poll_failure()
        problem = f"commands cannot be polled, and come with heartbeats: the storage {error}"
        if status == _NOT_FOUND:
            problem = f"{_LINK_IS_OLD} (the storage {error})"
        self._problems.warn("poll", problem)
