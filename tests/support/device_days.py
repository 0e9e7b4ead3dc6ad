"""Devices that live through days of bad Wi-Fi, power cuts and spells, simulated second by second.

Everything is drawn from one seed. A device sends heartbeats as the agent does: one each interval,
one at once if a state changes, and a failed one again after 10, 20, 40, 60, 60 ... seconds. Nothing
here knows the backend: what it stores, and what becomes of that, is up to the test.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import Heartbeat, SpoolState

START = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
RETRIES = (10.0, 20.0, 40.0, 60.0)  # seconds, the last one again and again
LOST_REQUESTS, LOST_REPLIES = 0.03, 0.01
INTERVALS = (60, 300, 300, 300, 300, 300, 900)

Span = tuple[float, float]
"""From a second of the simulation until another."""


def moment(second: float) -> datetime:
    """Return the moment of a second of the simulation, in whole milliseconds."""
    return START + timedelta(milliseconds=round(second * 1000))


@dataclass
class Spans:
    """Spans of time, in which something is so. They may overlap."""

    spans: list[Span]
    _starts: list[float] = field(init=False)

    def __post_init__(self) -> None:
        merged: list[Span] = []
        for start, end in sorted(self.spans):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        self.spans = merged
        self._starts = [start for start, _ in merged]

    def has(self, second: float) -> bool:
        """Return whether it is so at this second."""
        at = bisect_right(self._starts, second) - 1
        return at >= 0 and second < self.spans[at][1]

    def edges(self) -> list[float]:
        """Return when it changes."""
        return [second for span in self.spans for second in span]


@dataclass(frozen=True)
class Stored:
    """A heartbeat that the backend stored, at a second of the simulation."""

    second: float
    heartbeat: Heartbeat


@dataclass
class Device:
    """A device, what happens to it, and what comes of that."""

    name: str
    site: str
    interval: int
    cameras: list[str]
    lost: Spans  # no Wi-Fi
    off: Spans  # it was shut down, and started later
    restarts: list[Span]
    dies_at: float | None
    disarmed: dict[str, Spans]
    failing: dict[str, Spans]
    paused: Spans
    spent: Spans  # the data budget
    photos: dict[str, list[float]]
    stored: list[Stored] = field(default_factory=list)

    def is_alive(self, second: float) -> bool:
        """Return whether the device runs."""
        is_dead = self.dies_at is not None and second >= self.dies_at
        is_restarting = any(start < second < end for start, end in self.restarts)
        return not (is_dead or is_restarting or self.off.has(second))

    def heartbeat(self, second: float, goodbye: str | None = None) -> Heartbeat:
        """Return what the device says at this second."""
        cameras = {
            name: CameraState(
                armed=not self.disarmed[name].has(second),
                failing="no frames" if self.failing[name].has(second) else None,
            )
            for name in self.cameras
        }
        return Heartbeat(
            version="0.14.0",
            interval=self.interval,
            site=self.site or None,
            spool=SpoolState(int(second) % 50),
            sent_this_month=1000 if self.spent.has(second) else 10,
            monthly_limit=1000,
            paused_until=moment(second + HOUR) if self.paused.has(second) else None,
            cameras=cameras,
            goodbye=goodbye,
        )


@dataclass
class World:
    """Devices, the outages of their backend, and the runs of its timer."""

    devices: list[Device]
    days: float
    down: Spans
    runs: list[float]


def simulate(seed: int, devices: int, cameras: int, days: float) -> World:
    """Return a world with so many devices and cameras in all, after so many days."""
    random = Random(seed)
    length = days * DAY
    outages = _spans(random, length, days / 5, 20 * MINUTE, 3 * HOUR)
    down = Spans([*outages, *_spans(random, length, days, 5.0, 3 * MINUTE)])
    world = World([], days, down, _runs(random, length, down))
    numbers = [cameras // devices + (at < cameras % devices) for at in range(devices)]
    cuts: dict[str, list[Span]] = {}  # of the power of a site, or of its network
    for at, number in enumerate(numbers):
        site = f"site {at % (devices // 3)}" if at % 4 else ""
        cut = cuts.setdefault(site, _spans(random, length, days / 5, MINUTE, 4 * HOUR))
        device = _device(random, f"device-{at:03d}", site, number, length, cut)
        _send(random, device, down, length)
        world.devices.append(device)
    return world


def _device(
    random: Random, name: str, site: str, cameras: int, length: float, cut: Sequence[Span]
) -> Device:
    days = length / DAY
    names = [f"{name}-cam-{number}" for number in range(cameras)]
    spans = random.choice((6, 15, 40))
    lost = [
        *cut,
        *_spans(random, length, days * spans, 2.0, 90.0),
        *_spans(random, length, days * 2, MINUTE, 9 * MINUTE),
        *_spans(random, length, days / 2, 9 * MINUTE, 6 * HOUR),
    ]
    device = Device(
        name=name,
        site=site,
        interval=random.choice(INTERVALS),
        cameras=names,
        lost=Spans(lost),
        off=Spans(_spans(random, length, days / 10, MINUTE, 10 * HOUR)),
        restarts=_spans(random, length, days / 3, 20.0, 4 * MINUTE),
        dies_at=random.uniform(0.1, 1) * length if random.random() < 0.3 else None,
        disarmed={one: Spans(_spans(random, length, days, MINUTE, 12 * HOUR)) for one in names},
        failing={one: Spans(_spans(random, length, days / 3, 30.0, 8 * HOUR)) for one in names},
        paused=Spans(_spans(random, length, days / 4, HOUR, 6 * HOUR)),
        spent=Spans([(random.uniform(0.5, 1.5) * length, length)]),
        photos={},
    )
    device.photos = {one: _photos(random, device, one, length) for one in names}
    return device


def _spans(
    random: Random, length: float, mean_number: float, shortest: float, longest: float
) -> list[Span]:
    """Return spans at random places; short ones are as likely as long ones, by order of
    magnitude."""
    number = int(mean_number) + (random.random() < mean_number % 1)
    spans = []
    for _ in range(number):
        start = random.uniform(0, length)
        spans.append((start, start + shortest * (longest / shortest) ** random.random()))
    return spans


def _photos(random: Random, device: Device, camera: str, length: float) -> list[float]:
    """Return when the camera takes photos: also without Wi-Fi, but then they come late."""
    taken = []
    second = 0.0
    while (second := second + random.expovariate(1 / (20 * MINUTE))) < length:
        for _ in range(random.choice((1, 1, 1, 4))):
            can = not device.disarmed[camera].has(second) and not device.failing[camera].has(second)
            if can and second < length and device.is_alive(second):
                taken.append(round(second, 3))
            second += random.uniform(0.5, 40)
    return taken


def _runs(random: Random, length: float, down: Spans) -> list[float]:
    """Return when the timer runs: some runs are missed, late or doubled."""
    runs = []
    for minute in range(int(length // MINUTE)):
        chance = random.random()
        if chance < 0.03:
            continue
        late = random.uniform(0, 100) if chance < 0.08 else random.uniform(0, 2)
        runs.append(minute * MINUTE + late)
        if chance > 0.97:
            runs.append(minute * MINUTE + late + random.choice((0.0, 0.001, 5.0)))
    return sorted(round(second, 3) for second in runs if not down.has(second))


def _send(random: Random, device: Device, down: Spans, length: float) -> None:
    """Let the device send its heartbeats."""
    changes = {edge for one in device.cameras for edge in device.disarmed[one].edges()}
    changes |= {edge for one in device.cameras for edge in device.failing[one].edges()}
    changes |= {*device.paused.edges(), *device.spent.edges()}
    stops = {start: "shutdown" for start, _ in device.off.spans}
    stops |= {start: "restart" for start, _ in device.restarts}
    pending = sorted((second, "change") for second in changes)
    pending += [(start, goodbye) for start, goodbye in stops.items()]
    pending += [(end, "start") for _, end in (*device.off.spans, *device.restarts)]
    pending = sorted(one for one in pending if one[0] < length)
    next_at, failures, at = random.uniform(0, device.interval), 0, 0
    while min(next_at, pending[at][0] if at < len(pending) else length) < length:
        second, why, goodbye = next_at, "due", None
        if at < len(pending) and pending[at][0] <= next_at:
            (second, why), at = pending[at], at + 1
        if why in ("shutdown", "restart"):
            goodbye = why
        if not goodbye and not device.is_alive(second):
            next_at = max(next_at, second + 1) if why != "due" else second + 20
            continue
        if goodbye and not device.is_alive(second - 0.001):
            continue
        is_through = not device.lost.has(second) and not down.has(second)
        is_through = is_through and random.random() >= LOST_REQUESTS
        if is_through:
            device.stored.append(Stored(round(second, 3), device.heartbeat(second, goodbye)))
        if is_through and random.random() >= LOST_REPLIES:
            failures, next_at = 0, second + device.interval + random.uniform(0, 2)
        else:
            next_at = second + RETRIES[min(failures, len(RETRIES) - 1)]
            failures += 1
