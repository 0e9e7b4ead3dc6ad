"""The blob that a device polls: its open commands, and who looks at its cameras."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from photo_wire.blob_link import MAX_URL, BlobLink
from photo_wire.command import MAX_CAMERAS, Command, json_object, json_time, parse_commands
from photo_wire.errors import WireError, parse_json_object
from photo_wire.moment import format_time
from photo_wire.name import check_camera

MAX_BLOB_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class CommandBlob:
    """What a device polls: its open commands, until when somebody looks at each camera, and where
    the pictures for them go."""

    open: tuple[Command, ...] = ()
    looking_until: Mapping[str, datetime] = field(default_factory=dict)
    live: Mapping[str, BlobLink] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return the blob's bytes."""
        content = {
            "open": [command.to_properties() for command in self.open],
            "looking_until": {
                camera: format_time(until) for camera, until in self.looking_until.items()
            },
            "live": {camera: link.to_properties() for camera, link in self.live.items()},
        }
        return json.dumps(content).encode()


def parse_blob(body: bytes) -> CommandBlob:
    """Return the content of the blob. Raises WireError, naming the member that is wrong, and never
    quoting an address."""
    if len(body) > MAX_BLOB_BYTES:
        raise WireError("commands", f"the blob has more than {MAX_BLOB_BYTES} bytes")
    members = parse_json_object(body, "commands")
    looking = _by_camera(members, "looking_until")
    live = _by_camera(members, "live")
    return CommandBlob(
        parse_commands(members.get("open", [])),
        {camera: json_time(value, f"looking_until.{camera}") for camera, value in looking.items()},
        {camera: _parse_link(value, f"live.{camera}") for camera, value in live.items()},
    )


def _parse_link(value: object, where: str) -> BlobLink:
    members = json_object(value, where)
    url = members.get("url")
    if not isinstance(url, str) or not url.isascii() or not url.isprintable():
        raise WireError(f"{where}.url", "is not an address")
    if len(url) > MAX_URL or not url.startswith(("https://", "http://")):
        raise WireError(f"{where}.url", "is not an address")
    return BlobLink(url, json_time(members.get("expires_at"), f"{where}.expires_at"))


def _by_camera(members: Mapping[str, Any], member: str) -> dict[str, Any]:
    values = members.get(member, {})
    if not isinstance(values, dict) or len(values) > MAX_CAMERAS:
        raise WireError(member, f"is not an object with at most {MAX_CAMERAS} cameras")
    for camera in values:
        check_camera(camera, member)
    return values
