"""Commands as heartbeats and timers see them: what a device is asked to do, and what it reports."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from function_app.services import Services
from function_app.storage.commands import blob_path
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.parallel import map_parallel
from photo_wire.blob_link import BlobLink
from photo_wire.command import CommandResult
from photo_wire.heartbeat_reply import HeartbeatReply
from photo_wire.moment import to_milliseconds

# Each heartbeat brings a new link, so that a device with a heartbeat an hour always has one.
LINK_TTL = timedelta(days=1)

log = logging.getLogger(__name__)


def reply_for(services: Services, device: str, key: str, now: datetime) -> HeartbeatReply:
    """Return the reply to a heartbeat of the device with this key: its open commands, and a link to
    the blob in which it finds later ones. One request, some more at the first heartbeat of a key.
    Raises StorageUnavailableError."""
    open_now = services.commands.to_do(device, key, now)
    return HeartbeatReply(_link(services, blob_path(device, key), now), open_now)


def record_results(
    services: Services, device: str, results: Iterable[CommandResult], now: datetime
) -> tuple[str, ...]:
    """Record what a device reports of commands, and return their ids, for the reply. A command that
    is not known, because it was purged, is among them, so that the device reports it no more.
    Raises StorageUnavailableError."""
    acknowledged = []
    for result in results:
        if services.commands.record(device, result, now) is None:
            log.warning("%s reports of a command that is not known: %s", device, result.id)
        acknowledged.append(result.id)
    return tuple(acknowledged)


def purge(services: Services, devices: Collection[str], now: datetime) -> int:
    """Remove commands of these devices that are older than storage.commands.COMMAND_TTL, with their
    outputs. Return how many. One request for each device."""
    purged = map_parallel(lambda device: services.commands.purge(device, now), devices)
    return sum(purged.values())


def _link(services: Services, path: str, now: datetime) -> BlobLink | None:
    end = to_milliseconds(now + LINK_TTL).replace(microsecond=0)
    try:
        url = services.device_blobs.link(path, end)
    except StorageUnavailableError as error:  # commands come with heartbeats alone
        log.warning("no link to the blob %s: %s", path, error)
        return None
    return BlobLink(url, end) if url else None
