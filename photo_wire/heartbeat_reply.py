"""The backend's reply to a heartbeat: where the device reads its commands, and which are open."""

import json
from dataclasses import dataclass

from photo_wire.blob_link import MAX_URL, BlobLink
from photo_wire.command import Command, check_command_id, parse_commands
from photo_wire.errors import WireError, parse_json_object
from photo_wire.heartbeat import MAX_RESULTS
from photo_wire.members import Members

HEARTBEAT_REPLY = "X-Heartbeat-Reply"


@dataclass(frozen=True, slots=True)
class HeartbeatReply:
    """The backend's reply. `link` leads to the blob with the device's commands. `open` are the
    commands that the device should execute, `acknowledged` the ids of those whose results are
    recorded. `is_recorded` is False while the device's key waits for the owner's approval: nothing
    was recorded then, and the reply has nothing."""

    link: BlobLink | None = None
    open: tuple[Command, ...] = ()
    acknowledged: tuple[str, ...] = ()
    is_recorded: bool = True

    def to_json(self) -> bytes:
        """Return the reply as JSON in ASCII, for a body or a header."""
        if not self.is_recorded:
            return json.dumps({"standing": "unknown"}).encode()
        members = {
            "link": self.link.to_properties() if self.link else None,
            "open": [command.to_properties() for command in self.open],
            "acknowledged": list(self.acknowledged),
        }
        return json.dumps(members).encode()


def parse_reply(body: bytes) -> HeartbeatReply:
    """Return the reply in a body or a header. Raises WireError, and never quotes an address."""
    members = Members(parse_json_object(body, "reply"))
    if members.text("standing", 16) == "unknown":
        return HeartbeatReply(is_recorded=False)
    link = members.child("link")
    ids = members.array("acknowledged", MAX_RESULTS)
    if not all(isinstance(one, str) for one in ids):
        raise WireError("acknowledged", "is not a list of ids")
    return HeartbeatReply(
        _parse_link(link) if link else None,
        parse_commands(members.array("open", MAX_RESULTS)),
        tuple(check_command_id(one, "acknowledged") for one in ids),
    )


def _parse_link(members: Members) -> BlobLink:
    url, expires_at = members.text("url", MAX_URL), members.time("expires_at")
    if not url or not url.isascii() or not url.startswith(("https://", "http://")):
        raise WireError("link.url", "is not an address")
    if expires_at is None:
        raise members.missing("expires_at")
    return BlobLink(url, expires_at)
