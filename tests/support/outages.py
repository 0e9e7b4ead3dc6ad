"""Cameras that live through outages of all kinds, drawn from one seed, and what really happened.

Nothing here knows the backend: each device takes photos, sends heartbeats and photos, and reports
losses when it can, in steps of some seconds. The test hands that to a backend.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import Heartbeat, SpoolState
from photo_wire.name import PhotoName, new_name
from tests.support.device_days import DAY, HOUR, MINUTE, START, Span, Spans, moment

STEP = 15.0  # seconds
LOST_REQUESTS = 0.03
UNSET = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Taken:
    """A photo, or one that would have been: when it was taken, under which name, and what became of
    it, in seconds of the simulation."""

    second: float
    name: PhotoName
    clock: str
    arrived: float | None = None
    lost: float | None = None  # when that was reported
    deleted: float | None = None
    expired: float | None = None

    def state_at(self, second: float) -> str | None:
        """Return what the backend may know of it then; None for nothing."""
        if self.lost is not None and self.lost <= second:
            return "lost"
        if self.arrived is None or self.arrived > second:
            return None
        if self.deleted is not None and self.deleted <= second:
            return "deleted"
        if self.expired is not None and self.expired <= second:
            return "expired"
        if self.clock == "unsynced" or self.name.captured_at > moment(self.arrived + MINUTE):
            return "uncertain"
        is_late = moment(self.arrived) - self.name.captured_at > moment(10 * MINUTE) - START
        return "late" if is_late else "recorded"


@dataclass
class Camera:
    """A camera, and what happens to it."""

    name: str
    disarmed: Spans
    failing: Spans
    photos: list[Taken] = field(default_factory=list)

    def state(self, second: float) -> str:
        """Return whether it could take a photo then."""
        if self.failing.has(second):
            return "failing"
        return "disarmed" if self.disarmed.has(second) else "quiet"


@dataclass
class Device:
    """A device, what happens to it, and what it sent."""

    name: str
    interval: int
    cameras: list[Camera]
    offline: Spans
    cuts: Spans  # of its power, without a goodbye
    stops: list[tuple[float, float, str]]  # it is shut down or restarts, and says so
    full: Spans  # of its disk
    paused: Spans
    newest_first: bool
    heartbeats: list[tuple[float, Heartbeat]] = field(default_factory=list)
    _off: Spans = field(init=False)

    def __post_init__(self) -> None:
        stops = [(start, end) for start, end, _ in self.stops]
        self._off = Spans([*self.cuts.spans, *stops])

    def is_on(self, second: float) -> bool:
        return not self._off.has(second)

    def booted_at(self, second: float) -> float:
        """Return when the device started that runs at this second; before the simulation for the
        first time."""
        return max((end for _, end in self._off.spans if end <= second), default=-DAY)


@dataclass
class World:
    """Devices, the outages of the backend and of its timer, the runs of that, and how many outages
    there are of each kind."""

    devices: list[Device]
    length: float
    down: Spans
    runs: list[float]
    outages: Counter[str]


def simulate(seed: int, devices: int, days: float) -> World:
    """Return what happens to some devices in some days: each has an outage every quarter of an hour
    or so."""
    random, length = Random(seed), days * DAY
    outages: Counter[str] = Counter()

    def spans(kind: str, a_day: float, shortest: float, longest: float) -> list[Span]:
        found = list(_spans(random, length, a_day * days, shortest, longest))
        outages[kind] += len(found)
        return found

    down = Spans(spans("backend down", 2, 20.0, 2 * HOUR))
    idle = Spans([*down.spans, *spans("timers down", 2, 2 * MINUTE, 4 * HOUR)])
    found = [_device(random, f"device-{number:02d}", spans) for number in range(devices)]
    for device in found:
        _live(random, device, down, length)
    runs = [one for one in _runs(random, length) if not idle.has(one)]
    for device in found:
        for camera in device.cameras:
            kept = 6 * HOUR if random.random() < 0.3 else None
            for one in camera.photos:
                outages["photos deleted or expired"] += _delete(random, one, kept, length)
            outages["losses"] += sum(one.lost is not None for one in camera.photos)
            outages["photos"] += len(camera.photos)
    photos = outages.pop("photos")
    outages["outages in all"] = outages.total()
    outages["photos"] = photos
    return World(found, length, down, runs, outages)


def _delete(random: Random, photo: Taken, kept: float | None, length: float) -> bool:
    """Let a person delete some photos, and retention those that were kept for this long. Return
    whether the photo is deleted."""
    if photo.arrived is None:
        return False
    deleted = photo.arrived + random.expovariate(1 / HOUR)
    if random.random() < 0.04 and deleted < length:
        photo.deleted = round(deleted, 3)
    elif kept and photo.arrived + kept < length:
        photo.expired = round(photo.arrived + kept, 3)
    return photo.deleted is not None or photo.expired is not None


def _device(random: Random, name: str, spans: "NewSpans") -> Device:
    names = [name] if random.random() < 0.7 else [f"{name}-a", f"{name}-b"]
    cameras = [
        Camera(
            one,
            Spans(spans("disarmed", 10, 20.0, 2 * HOUR)),
            Spans(spans("camera failing", 10, 20.0, HOUR)),
        )
        for one in names
    ]
    shutdowns = spans("shut down", 1, MINUTE, 8 * HOUR)
    restarts = spans("restarted", 8, 20.0, 4 * MINUTE)
    stops = [(*one, "shutdown") for one in shutdowns] + [(*one, "restart") for one in restarts]
    return Device(
        name,
        random.choice((60, 300, 300, 300, 900)),
        cameras,
        Spans(
            [
                *spans("network down for seconds", 50, 2.0, 90.0),
                *spans("network down for minutes", 30, MINUTE, 15 * MINUTE),
                *spans("network down for hours", 3, 15 * MINUTE, 8 * HOUR),
            ]
        ),
        Spans(
            [
                *spans("power cut for seconds", 25, 5.0, 2 * MINUTE),
                *spans("power cut for minutes", 12, 2 * MINUTE, HOUR),
            ]
        ),
        sorted(stops),
        Spans(spans("disk full", 4, MINUTE, HOUR)),
        Spans(spans("uploads paused", 3, 10 * MINUTE, 3 * HOUR)),
        random.random() < 0.3,
    )


def _spans(
    random: Random, length: float, mean: float, shortest: float, longest: float
) -> Iterator[Span]:
    """Yield spans at random places, whose lengths are spread evenly by order of magnitude."""
    for _ in range(int(mean) + (random.random() < mean % 1)):
        start = random.uniform(0, length)
        yield start, start + shortest * (longest / shortest) ** random.random()


def _runs(random: Random, length: float) -> list[float]:
    """Return when the timer runs: mostly each few minutes, late, or twice."""
    runs, second = [], 30.0
    while second < length:
        runs.append(round(second, 3))
        chance = random.random()
        if chance < 0.05:
            runs.append(round(second + random.choice((0.001, 2.0)), 3))
        second += random.choice((60, 60, 120, 240, 600)) + random.uniform(0, 20)
    return sorted(runs)


NewSpans = Callable[[str, float, float, float], list[Span]]
"""Draws the spans of an outage: of which kind, how many a day, the shortest, and the longest."""


@dataclass
class _Sender:
    """What a device knows while it lives."""

    waiting: list[tuple[Camera, Taken]] = field(default_factory=list)
    losses: list[Taken] = field(default_factory=list)  # not reported yet
    lost: int = 0
    next_heartbeat: float = 0.0
    failures: int = 0
    reported: object = None
    booted_at: float = 0.0
    is_synced: bool = False
    was_on: bool = True


def _live(random: Random, device: Device, down: Spans, length: float) -> None:
    """Let a device live through its time."""
    planned = {one.name: _planned(random, length) for one in device.cameras}
    sender, stops = _Sender(), list(device.stops)
    number = 0
    while (second := number * STEP) < length:
        number += 1
        while stops and stops[0][0] < second:
            start, _, goodbye = stops.pop(0)
            if device.is_on(start - 0.01) and _reaches(random, device, down, start - 0.01):
                _say(device, sender, round(start - 0.01, 3), goodbye)
        if not device.is_on(second):
            continue
        booted_at = device.booted_at(second)
        if booted_at != sender.booted_at:
            sender.booted_at, sender.is_synced = booted_at, False
            sender.next_heartbeat, sender.reported = second, None
        _take(device, sender, planned, second)
        if _reaches(random, device, down, second):
            _sync(device, sender)
            if random.random() < 0.8:
                _upload(device, sender, second)
            for lost in sender.losses:
                lost.lost = round(second + 5, 3)
            sender.losses = []
        _heartbeat(random, device, sender, down, second)


def _planned(random: Random, length: float) -> list[float]:
    """Return when something moves before a camera: alone, or in bursts; often in the morning, and
    at times all the time."""
    found, second = [], 0.0
    while second < length:
        second += random.expovariate(1 / (12 * MINUTE))
        for _ in range(random.choice((1, 1, 2, 5))):
            found.append(second)
            second += random.uniform(0.5, 30)
    return sorted(found, reverse=True)


def _reaches(random: Random, device: Device, down: Spans, second: float) -> bool:
    return not device.offline.has(second) and not down.has(second)


def _take(device: Device, sender: _Sender, planned: dict[str, list[float]], second: float) -> None:
    """Take the photos since the last step."""
    for camera in device.cameras:
        moments = planned[camera.name]
        while moments and moments[-1] < second:
            at = moments.pop()
            can = device.is_on(at) and device.booted_at(at) == sender.booted_at
            if not can or camera.state(at) != "quiet":
                continue
            taken = Taken(
                at, _name(camera, sender, at), "synced" if sender.is_synced else "unsynced"
            )
            camera.photos.append(taken)
            if device.full.has(at):
                sender.losses.append(taken)
                sender.lost += 1
            else:
                sender.waiting.append((camera, taken))


def _name(camera: Camera, sender: _Sender, at: float) -> PhotoName:
    """Return the name that the device gives: by its clock, which is not set after a start."""
    tag = f"{len(camera.photos):08x}"
    if sender.is_synced:
        return new_name(camera.name, moment(at), tag)
    seconds = at - sender.booted_at
    if int(sender.booted_at) % 3 == 0:  # its clock goes on from where it was saved
        return new_name(camera.name, moment(max(0.0, sender.booted_at - HOUR) + seconds), tag)
    return new_name(camera.name, UNSET + (moment(seconds) - START), tag)


def _sync(device: Device, sender: _Sender) -> None:
    """Set the clock, and correct the times of photos since the start."""
    if sender.is_synced:
        return
    sender.is_synced = True
    of_this_start = [
        one
        for one in (*(taken for _, taken in sender.waiting), *sender.losses)
        if one.clock == "unsynced" and one.second >= sender.booted_at
    ]
    for one in of_this_start:
        one.name = new_name(one.name.camera, moment(one.second), one.name.tag)
        one.clock = "corrected"


def _upload(device: Device, sender: _Sender, second: float) -> None:
    """Send some of the photos that wait."""
    if device.paused.has(second):
        return
    sender.waiting.sort(key=lambda one: one[1].name.captured_at, reverse=device.newest_first)
    sent, sender.waiting = sender.waiting[:10], sender.waiting[10:]
    for place, (_, taken) in enumerate(sent):
        taken.arrived = round(second + 1 + 0.2 * place, 3)


def _heartbeat(random: Random, device: Device, sender: _Sender, down: Spans, second: float) -> None:
    """Send a heartbeat if one is due, or at once if something changed."""
    at = second + 8
    if not device.is_on(at):
        return
    state = (
        tuple(one.state(at) for one in device.cameras),
        device.paused.has(at),
    )
    if sender.reported == state and at < sender.next_heartbeat:
        return
    if _reaches(random, device, down, at) and random.random() >= LOST_REQUESTS:
        _say(device, sender, round(at, 3), None)
        sender.reported, sender.failures = state, 0
        sender.next_heartbeat = at + device.interval
    else:
        sender.next_heartbeat, sender.failures = at + (15, 30, 60)[min(sender.failures, 2)], 1


def _say(device: Device, sender: _Sender, at: float, goodbye: str | None) -> None:
    oldest = min((one.name.captured_at for _, one in sender.waiting), default=None)
    cameras = {}
    for camera in device.cameras:
        state = camera.state(at)
        failing = "no frames" if state == "failing" else None
        cameras[camera.name] = CameraState(armed=not camera.disarmed.has(at), failing=failing)
    heartbeat = Heartbeat(
        version="0.16.0",
        interval=device.interval,
        uptime=at - sender.booted_at,
        spool=SpoolState(len(sender.waiting), oldest),
        losses=sender.lost,
        paused_until=moment(at + HOUR) if device.paused.has(at) else None,
        cameras=cameras,
        goodbye=goodbye,
    )
    device.heartbeats.append((at, heartbeat))


def last_before(device: Device, second: float) -> int:
    """Return the index of the last heartbeat at or before this second; -1 for none."""
    return bisect_right(device.heartbeats, second, key=lambda one: one[0]) - 1
