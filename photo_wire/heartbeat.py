"""A heartbeat: a device's report of its state. photo_wire/heartbeat_reply.py has the reply.

A device sends it to `POST /api/devices/{device}/heartbeat` as JSON. While it sends photos, a
heartbeat that is due rides on the next upload, in the header X-Heartbeat; the reply is then in the
header X-Heartbeat-Reply. Both count only in requests with the signature of the device.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from photo_wire.camera_state import MAX_TEXT, MAX_WORDS, CameraState, parse_camera
from photo_wire.command import CommandResult
from photo_wire.command import parse_result as parse_command_result
from photo_wire.errors import WireError, parse_json_object
from photo_wire.headers import HEARTBEAT as HEARTBEAT
from photo_wire.headers import ClockStatus
from photo_wire.members import Members
from photo_wire.moment import format_time
from photo_wire.name import check_camera

MAX_STATE_BYTES = 16 * 1024  # of JSON, without the results of commands
MAX_BYTES = 256 * 1024  # of JSON, with them
MAX_HEADER = 4 * 1024  # characters
MAX_CAMERAS = 32
MAX_RESULTS = 64  # of commands
MAX_INTERVAL = 86_400  # seconds
_GOODBYE_BYTES = 256  # that a goodbye may add to a state
_SHORT_REASONS = (100, 50, 25)  # characters of a reason, if longer ones do not fit


def heartbeat_path(device: str) -> str:
    """Return the path to which a device of this name sends its heartbeats."""
    return f"/api/devices/{device}/heartbeat"


class NetworkKind(StrEnum):
    """How a device reaches the network."""

    WIFI = "wifi"
    ETHERNET = "ethernet"
    MOBILE = "mobile"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Network:
    """The network of a device; `signal` is in dBm."""

    kind: NetworkKind
    signal: float | None = None


@dataclass(frozen=True, slots=True)
class SpoolState:
    """The photos that wait on a device: how many, when the oldest was taken, how many bytes."""

    waiting: int | None = None
    oldest: datetime | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The state of a device. Members that it does not know are None.

    `interval` is the number of seconds to the next heartbeat, `uptime` in seconds; `cpu` is the
    share of all cores that was busy; sizes are in bytes, the temperature in degrees Celsius.
    `losses` and `quarantine` are numbers of photos. `commands` are the results that the backend has
    not acknowledged yet. `goodbye` is the reason of a planned end.
    """

    version: str
    interval: int
    sent_at: datetime | None = None
    uptime: float | None = None
    cpu: float | None = None
    memory_free: int | None = None
    memory_total: int | None = None
    disk_free: int | None = None
    disk_total: int | None = None
    inodes_free: int | None = None
    temperature: float | None = None
    throttled: tuple[str, ...] = ()
    clock: ClockStatus | None = None
    network: Network | None = None
    site: str | None = None
    spool: SpoolState | None = None
    losses: int | None = None
    quarantine: int | None = None
    sent_this_month: int | None = None
    monthly_limit: int | None = None
    paused_until: datetime | None = None
    cameras: Mapping[str, CameraState] = field(default_factory=dict)
    commands: tuple[CommandResult, ...] = ()
    goodbye: str | None = None

    def to_json(self) -> bytes:
        """Return the body of the request. Half a surrogate pair in a text of the device becomes a
        question mark: it is not Unicode text."""
        text = json.dumps(known_members(self), ensure_ascii=False, separators=(",", ":"))
        return text.encode(errors="replace")

    def cut_to_fit(self) -> "Heartbeat":
        """Return the heartbeat as the backend takes it: with at most MAX_STATE_BYTES besides the
        results of commands. The zones and masks of cameras are left out first, those with the most
        corners before others; then the reasons why cameras fail, are blind or get no labels are
        cut; then pins, sources and abilities of cameras are left out, and the cameras at last. A
        camera that fails keeps a reason."""
        return next((one for one in self._versions() if one._fits()), replace(self, cameras={}))

    def _versions(self) -> "Iterator[Heartbeat]":
        """Yield the heartbeat with less and less of its cameras."""
        yield self
        cut = self
        for name in sorted(self.cameras, key=lambda one: -self.cameras[one].corners):
            cut = replace(cut, cameras={**cut.cameras, name: cut.cameras[name].without_polygons()})
            yield cut
        for length in _SHORT_REASONS:
            cut = cut._with_cameras(partial(CameraState.with_short_reasons, length=length))
            yield cut
        yield (cut := cut._with_cameras(lambda one: replace(one, pins=())))
        yield cut._with_cameras(lambda one: replace(one, source=None, can=()))

    def _with_cameras(self, change: Callable[[CameraState], CameraState]) -> "Heartbeat":
        return replace(self, cameras={name: change(one) for name, one in self.cameras.items()})

    def _fits(self) -> bool:
        return len(replace(self, commands=()).to_json()) <= MAX_STATE_BYTES - _GOODBYE_BYTES

    def to_header(self) -> str | None:
        """Return the value of X-Heartbeat, or None if it would be too long."""
        body = self.to_json()
        if len(body) > MAX_STATE_BYTES:
            return None
        header = base64.urlsafe_b64encode(zlib.compress(body)).rstrip(b"=").decode()
        return header if len(header) <= MAX_HEADER else None


def parse_heartbeat(body: bytes) -> Heartbeat:
    """Return the heartbeat in a body. Raises WireError, naming the member that is wrong. Texts are
    made printable and cut, see Members.text."""
    if len(body) > MAX_BYTES:
        raise WireError("heartbeat", f"has more than {MAX_BYTES} bytes")
    members = Members(parse_json_object(body, "heartbeat"))
    version, interval = (
        members.text("version", MAX_TEXT),
        members.whole("interval", 1, MAX_INTERVAL),
    )
    if not version:
        raise members.missing("version")
    if interval is None:
        raise members.missing("interval")
    spool, network, clock = (
        members.child("spool"),
        members.child("network"),
        members.text("clock", 16),
    )
    heartbeat = Heartbeat(
        version=version,
        interval=interval,
        sent_at=members.time("sent_at"),
        uptime=members.number("uptime", 0, 1e12),
        cpu=members.number("cpu", 0, 1000),
        memory_free=members.whole("memory_free"),
        memory_total=members.whole("memory_total"),
        disk_free=members.whole("disk_free"),
        disk_total=members.whole("disk_total"),
        inodes_free=members.whole("inodes_free"),
        temperature=members.number("temperature", -300, 1000),
        throttled=members.keywords("throttled", MAX_WORDS),
        clock=None if clock is None else _clock(clock),
        network=_parse_network(network) if network else None,
        site=members.text("site", MAX_TEXT),
        spool=_parse_spool(spool) if spool else None,
        losses=members.whole("losses"),
        quarantine=members.whole("quarantine"),
        sent_this_month=members.whole("sent_this_month"),
        monthly_limit=members.whole("monthly_limit"),
        paused_until=members.time("paused_until"),
        cameras=_cameras(members),
        commands=tuple(
            parse_command_result(one, f"commands[{index}]")
            for index, one in enumerate(members.array("commands", MAX_RESULTS))
        ),
        goodbye=members.text("goodbye", MAX_TEXT),
    )
    size = len(replace(heartbeat, commands=()).to_json()) if heartbeat.commands else len(body)
    if size > MAX_STATE_BYTES:
        raise WireError("heartbeat", f"has more than {MAX_STATE_BYTES} bytes besides its commands")
    return heartbeat


def parse_cameras(value: object) -> dict[str, CameraState]:
    """Return the state of each camera in a JSON object, of any size. Raises WireError."""
    return _cameras(Members({"cameras": value}))


def _cameras(members: Members) -> dict[str, CameraState]:
    return {
        check_camera(name, "cameras"): parse_camera(camera)
        for name, camera in members.children("cameras", MAX_CAMERAS).items()
    }


def parse_header(text: str) -> Heartbeat:
    """Return the heartbeat in the header X-Heartbeat. Raises WireError."""
    if len(text) > MAX_HEADER:
        raise WireError(HEARTBEAT, f"is longer than {MAX_HEADER} characters")
    inflater = zlib.decompressobj()
    try:
        padded = text + "=" * (-len(text) % 4)
        packed = base64.b64decode(padded, altchars=b"-_", validate=True)
        # With a limit: a few KB of zeros inflate to megabytes.
        body = inflater.decompress(packed, MAX_STATE_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise WireError(HEARTBEAT, "is not base64url of deflated JSON") from None
    if len(body) > MAX_STATE_BYTES or not inflater.eof:
        raise WireError(HEARTBEAT, f"does not inflate to at most {MAX_STATE_BYTES} bytes")
    return parse_heartbeat(body)


def _parse_network(members: Members) -> Network:
    kind = members.text("kind", 16) or ""
    known = kind in list(NetworkKind)
    return Network(
        NetworkKind(kind) if known else NetworkKind.OTHER, members.number("signal", -1000, 1000)
    )


def _parse_spool(members: Members) -> SpoolState:
    return SpoolState(members.whole("waiting"), members.time("oldest"), members.whole("bytes"))


def _clock(text: str) -> ClockStatus:
    try:
        return ClockStatus(text)
    except ValueError:
        raise WireError("clock", f"is not one of {', '.join(ClockStatus)}") from None


def known_members(value: Any) -> dict[str, Any]:
    """Return a heartbeat, or a part of one, as JSON has it, without what is unknown or empty."""
    members = {one.name: getattr(value, one.name) for one in fields(value)}
    return {name: _to_json(one) for name, one in members.items() if one not in (None, (), {})}


def _to_json(value: Any) -> Any:
    """Return the JSON of a member."""
    if isinstance(value, CommandResult):
        return value.to_properties()
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple):
        return [_to_json(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _to_json(one) for name, one in value.items()}
    return known_members(value)
