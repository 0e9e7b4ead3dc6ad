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

from photo_wire.command import CommandResult
from photo_wire.command import parse_result as parse_command_result
from photo_wire.errors import WireError, parse_json_object
from photo_wire.headers import HEARTBEAT as HEARTBEAT
from photo_wire.headers import ClockStatus
from photo_wire.members import Members
from photo_wire.moment import format_time
from photo_wire.name import check_camera
from photo_wire.polygons import Outline, parse_polygons

MAX_STATE_BYTES = 16 * 1024  # of JSON, without the results of commands
MAX_BYTES = 256 * 1024  # of JSON, with them
MAX_HEADER = 4 * 1024  # characters
MAX_CAMERAS = 32
MAX_PINS = 40  # of a camera
MAX_RESULTS = 64  # of commands
MAX_INTERVAL = 86_400  # seconds
MAX_TEXT = 64  # characters of a site, a version, a source, the use of a pin, a goodbye
MAX_REASON = 200  # characters of what makes a camera fail
_MAX_WORDS = 16
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


@dataclass(frozen=True, slots=True)
class PinState:
    """A GPIO pin that a camera uses: its BCM number, the setting that names it, and whether it is
    active now, which a triggered camera can be and an idle one is not."""

    number: int
    use: str | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraState:
    """The state of a camera. `failures` are those since its last photo, `failing` is why the last
    one happened, `disarmed_until` None for a person's word; `can` are the kinds of pictures that it
    takes: photo, clip, live. `motion` is WATCHING, or BLIND and the reason
    (photo_wire/motion.py), since `motion_since`; None if the camera does not look for motion in its
    picture. `detection` is WORKING, or FAILING and the reason since `detection_since`; None if no
    model labels its photos. `zones` and `masks` are where motion counts and where it does not, as
    in photo_wire/polygons.py, without `omitted_polygons` of them for which a heartbeat has no
    room."""

    source: str | None = None
    armed: bool | None = None
    disarmed_until: datetime | None = None
    last_trigger: datetime | None = None
    last_photo: datetime | None = None
    failures: int | None = None
    failing: str | None = None
    pins: tuple[PinState, ...] = ()
    can: tuple[str, ...] = ()
    motion: str | None = None
    motion_since: datetime | None = None
    detection: str | None = None
    detection_since: datetime | None = None
    zones: tuple[Outline, ...] = ()
    masks: tuple[Outline, ...] = ()
    omitted_polygons: int | None = None


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
        for name in sorted(self.cameras, key=lambda one: -_corners(self.cameras[one])):
            cut = replace(cut, cameras={**cut.cameras, name: _without_polygons(cut.cameras[name])})
            yield cut
        for length in _SHORT_REASONS:
            cut = cut._with_cameras(partial(_with_short_reason, length=length))
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
        throttled=members.keywords("throttled", _MAX_WORDS),
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
        check_camera(name, "cameras"): _parse_camera(camera)
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


def _parse_camera(members: Members) -> CameraState:
    pins = members.array("pins", MAX_PINS)
    return CameraState(
        source=members.text("source", MAX_TEXT),
        armed=members.flag("armed"),
        disarmed_until=members.time("disarmed_until"),
        last_trigger=members.time("last_trigger"),
        last_photo=members.time("last_photo"),
        failures=members.whole("failures"),
        failing=members.text("failing", MAX_REASON),
        pins=tuple(
            _parse_pin(Members(one, f"{members.path('pins')}[{index}]"))
            for index, one in enumerate(pins)
        ),
        can=members.keywords("can", _MAX_WORDS),
        motion=members.text("motion", MAX_REASON),
        motion_since=members.time("motion_since"),
        detection=members.text("detection", MAX_REASON),
        detection_since=members.time("detection_since"),
        zones=parse_polygons(members, "zones"),
        masks=parse_polygons(members, "masks"),
        omitted_polygons=members.whole("omitted_polygons", 1),
    )


def _corners(camera: CameraState) -> int:
    return sum(map(len, camera.zones + camera.masks))


def _without_polygons(camera: CameraState) -> CameraState:
    omitted = len(camera.zones) + len(camera.masks) + (camera.omitted_polygons or 0)
    return replace(camera, zones=(), masks=(), omitted_polygons=omitted or None)


def _with_short_reason(camera: CameraState, length: int) -> CameraState:
    return replace(
        camera,
        failing=camera.failing and camera.failing[:length],
        motion=camera.motion and camera.motion[:length],
        detection=camera.detection and camera.detection[:length],
    )


def _parse_pin(members: Members) -> PinState:
    number = members.whole("number", 0, 1000)
    if number is None:
        raise members.missing("number")
    return PinState(number, members.text("use", MAX_TEXT), members.flag("is_active"))


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
