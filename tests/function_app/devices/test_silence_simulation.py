"""Devices in bad Wi-Fi, through outages of the backend, missed and doubled timers: who is silent is
alerted once and in time, nobody else is, and every minute of every camera has the right
condition."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import pairwise
from typing import Any

import pytest

from function_app.days.lane import Interval, intervals
from function_app.days.timeline import read_known
from function_app.devices.silence import overdue_at
from function_app.devices.silence_alerts import device_names
from function_app.devices.states import DeviceState
from function_app.devices.watch import watch_devices
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.models import Photo, StoredAlert
from function_app.storage.table_store import Entity
from photo_wire.alert import BACK, SILENT
from photo_wire.heartbeat import Heartbeat
from photo_wire.media import Media
from photo_wire.name import new_name
from tests.support.device_days import START, Device, World, moment, simulate
from tests.support.devices import store_state
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.silence_oracle import Gap, Oracle

LOOK_EACH = 30  # minutes


class Partitions(MemoryTable):
    """A table that finds the rows of a partition without looking at all others."""

    def __init__(self) -> None:
        super().__init__()
        self._tables: defaultdict[str, MemoryTable] = defaultdict(MemoryTable)

    def get(self, partition: str, key: str) -> Entity | None:
        return self._tables[partition].get(partition, key)

    def insert(self, partition: str, *args: Any) -> bool:
        return self._tables[partition].insert(partition, *args)

    def upsert_all(self, partition: str, *args: Any) -> None:
        self._tables[partition].upsert_all(partition, *args)

    def replace(self, partition: str, *args: Any) -> bool:
        return self._tables[partition].replace(partition, *args)

    def query(self, partition: str, *args: Any, **more: Any) -> list[Entity]:
        return self._tables[partition].query(partition, *args, **more)


def record(services: Services, device: str, heartbeat: Heartbeat, now: datetime) -> None:
    """Store a heartbeat as the backend does."""
    overdue, cameras = overdue_at(heartbeat, now), frozenset(heartbeat.cameras)
    store_state(services, DeviceState(device, heartbeat, now, cameras, overdue))


@dataclass(frozen=True)
class Look:
    """What a timeline said at a moment of the simulation of the two hours before, without
    photos."""

    device: Device
    first: int
    conditions: list[str]


def run(world: World, looks: list[Look]) -> Services:
    """Let the backend live through what happens in a world. Now and then look at a timeline."""
    services = memory_services(Settings(""), devices=Partitions())
    heartbeats = [
        (one.second, 0, device, one.heartbeat) for device in world.devices for one in device.stored
    ]
    timers = [(second, 1, None, None) for second in world.runs]
    events: Any = merge(sorted(heartbeats, key=lambda one: one[0]), timers, key=lambda one: one[:2])
    for second, _, device, heartbeat in events:
        if heartbeat is None:
            watch_devices(services, moment(second))
            if second // 60 % LOOK_EACH == 0:
                looks += [look(services, one, second) for one in world.devices]
        else:
            record(services, device.name, heartbeat, moment(second))
    for device in world.devices:
        for camera, taken in device.photos.items():
            for second in taken:  # those that waited for the Wi-Fi came late
                name = new_name(camera, moment(second), "00000000")
                photo = Photo(name, Media.JPEG, "ab" * 32, 1, moment(second))
                services.index.add(photo, moment(second))
    return services


def read_timeline(
    services: Services, device: Device, camera: str, start: datetime, end: datetime
) -> list[Interval]:
    """Return the intervals of a camera, as the route does at the moment `end`."""
    known, until = read_known(services, camera, device.name, (start, end))
    assert until == end
    return intervals([known], known.first, known.end, 0, False)


def look(services: Services, device: Device, second: float) -> Look:
    minute = int(second // 60)
    first = max(0, minute - 120)
    start, end = (START + timedelta(minutes=one) for one in (first, minute))
    return Look(device, first, conditions(services, device, device.cameras[0], start, end))


def count_hasty(one: Look, truth: Sequence[str]) -> int:
    """Return how many minutes had another condition than they have at last, and not one that says
    that nobody knows yet."""
    return sum(
        condition not in (truth[minute], "unknown no-heartbeat-yet")
        for minute, condition in enumerate(one.conditions, one.first)
        if truth[minute] != "recorded"
    )


def conditions(
    services: Services, device: Device, camera: str, start: datetime, end: datetime
) -> list[str]:
    """Return the state and the reason of each minute, in one text, as the timeline has them."""
    shown = read_timeline(services, device, camera, start, end)
    found = []
    for before, after in pairwise(shown):
        assert before.end == after.start
        assert before.condition != after.condition
    for one in shown:
        text = " ".join(filter(None, (one.condition.state, one.condition.reason)))
        found += [text] * ((one.end - one.start) // timedelta(minutes=1))
    return found


def alerts_of(services: Services, device: Device, kind: str) -> list[StoredAlert]:
    """Return the alerts in the list of the device's first camera, the oldest first."""
    found = services.alerts.newest_of(device.cameras[0], 100_000, None)
    return [one for one in reversed(found) if one.alert.kind == kind]


def check(world: World) -> dict[str, float]:
    """Compare what the backend says with the truth; return the numbers."""
    looks: list[Look] = []
    services, oracle = run(world, looks), Oracle(world)
    start, end = START, START + timedelta(days=world.days)
    numbers: dict[str, float] = defaultdict(float)
    for device in world.devices:
        gaps = oracle.gaps(device)
        numbers["heartbeats"] += len(device.stored)
        numbers["cameras"] += len(device.cameras)
        for camera in device.cameras:
            expected = oracle.conditions(device, camera, gaps)
            actual = conditions(services, device, camera, start, end)
            numbers["minutes"] += len(expected)
            numbers["wrong minutes"] += sum(
                one != other for one, other in zip(expected, actual, strict=True)
            )
            if camera == device.cameras[0]:
                own = [one for one in looks if one.device is device]
                numbers["looks"] += len(own)
                numbers["hasty minutes"] += sum(count_hasty(one, actual) for one in own)
            for one in expected:
                numbers[f"minutes {one.split()[0]}"] += 1
        found = [gap for gap in gaps if gap.found_at is not None]
        silent, back = alerts_of(services, device, SILENT), alerts_of(services, device, BACK)
        numbers["alerts"] += len(silent)
        numbers["alerts too many or missing"] += _difference(found, silent, back)
        for gap, alert in zip(found, silent, strict=False):
            assert gap.found_at is not None
            assert alert.received_at == moment(gap.found_at)
            numbers["late alerts"] += oracle.is_late(device, gap)
            numbers["false alarms"] += oracle.could_speak(device, gap.found_at)
        if device.dies_at is not None and device.stored:
            numbers["deaths"] += 1
            last = device.stored[-1]
            expected_at = last.second + oracle.bound(device)
            is_in_sight = expected_at + 3 * 3600 < world.days * 86400
            if is_in_sight and last.heartbeat.goodbye != "shutdown":
                is_alerted = bool(silent) and found[-1].start == last.second
                numbers["deaths that were alerted"] += is_alerted
                numbers["deaths in sight"] += 1
    numbers["groups"] = _check_sites(services, world)
    numbers["days"], numbers["timer runs"] = world.days, len(world.runs)
    return numbers


def _difference(
    found: Sequence[Gap], silent: Sequence[StoredAlert], back: Sequence[StoredAlert]
) -> int:
    ended = [gap for gap in found if gap.end is not None]
    return abs(len(found) - len(silent)) + abs(len(ended) - len(back))


def _check_sites(services: Services, world: World) -> int:
    """Check that the list of all names each device as often as the lists of the cameras do, and in
    one alert if they are of one site; return how many alerts name several."""
    site_of = {device.name: device.site for device in world.devices}
    found = services.alerts.newest(1_000_000, None)
    shown = [one.together or one.alert for one in found if not one.is_joined]
    for kind in (SILENT, BACK):
        named = [name for one in shown if one.kind == kind for name in device_names(one.details)]
        own = [one for device in world.devices for one in alerts_of(services, device, kind)]
        assert len(named) == len(own)
    several = [one for one in shown if len(device_names(one.details)) > 1]
    assert all(len({site_of[name] for name in device_names(one.details)}) == 1 for one in several)
    return len(several)


def print_numbers(numbers: dict[str, float]) -> None:
    print()
    for name, number in numbers.items():
        print(f"{name:>30} {number:>12,.0f}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("devices", "cameras", "days"),
    [(9, 15, 2), pytest.param(40, 100, 10, marks=pytest.mark.slow)],
)
def test_camera_days(devices: int, cameras: int, days: int) -> None:
    """`pytest -s` prints the numbers."""
    numbers = check(simulate(seed=7, devices=devices, cameras=cameras, days=days))
    print_numbers(numbers)
    assert numbers["minutes"] == cameras * days * 1440
    assert numbers["wrong minutes"] == 0
    assert numbers["hasty minutes"] == 0
    assert numbers["alerts too many or missing"] == 0
    assert numbers["deaths that were alerted"] == numbers["deaths in sight"] > 0
    assert numbers["late alerts"] == 0
    assert numbers["false alarms"] <= 1
