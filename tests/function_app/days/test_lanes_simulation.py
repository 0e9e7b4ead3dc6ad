"""Cameras live through thousands of outages of all kinds. Whenever somebody looks, no minute of a
lane says anything that is not so."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from function_app.alerts.recording import record_alerts
from function_app.auth.caller import Caller, Scope
from function_app.days.lane import intervals
from function_app.days.lanes import lanes
from function_app.days.minutes import minute_of
from function_app.days.timeline import read_known
from function_app.devices.silence import overdue_at
from function_app.devices.states import DeviceState
from function_app.devices.watch import watch_devices
from function_app.maintenance.counting import update_figures
from function_app.maintenance.deletion import delete
from function_app.services import Services, connect
from function_app.settings import Settings
from function_app.storage.models import Photo, StoredAlert
from function_app.timer_watch import COUNT, last_runs
from photo_wire.alert import LOSS, Alert
from photo_wire.heartbeat import Heartbeat
from photo_wire.media import Media
from tests.conftest import NewStore
from tests.support.device_days import DAY, MINUTE, START, moment
from tests.support.devices import bind, store_state
from tests.support.interruptions import StoppedError, fragile
from tests.support.memory_store import memory_services
from tests.support.outages import Camera, Device, Taken, World, last_before, simulate

OWNER = Caller("owner", frozenset(Scope))
FIRST = minute_of(START)
LOOK_BACK = 16 * 60  # minutes
AT_ONCE = 75.0  # seconds in which a change is reported, without an outage
PHOTO_CONDITIONS = {
    "lost": "lost",
    "recorded": "recorded",
    "uncertain": "recorded time-uncertain",
    "late": "late",
    "expired": "expired",
    "deleted": "unknown deleted",
}


@dataclass
class Backend:
    """A backend to which everything happens in its order, and a look at it now and then."""

    world: World
    random: Random
    services: Services
    numbers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    done: float = -1.0  # when the last run began that was not stopped

    def live(self, looks: float) -> None:
        """Let it live, and look at random moments, so many a day."""
        for device in self.world.devices:
            for camera in device.cameras:
                bind(self.services, camera.name, device.name)
        events: list[tuple[float, int, Any]] = [(run, 9, None) for run in self.world.runs]
        for device in self.world.devices:
            events += [(at, 2, (device, sent)) for at, sent in device.heartbeats]
            for camera in device.cameras:
                for one in camera.photos:
                    moments = (one.arrived, one.lost, one.deleted, one.expired)
                    for number, at in enumerate(moments):
                        if at is not None and at < self.world.length:
                            events.append((at, number, (number, one)))
        events.sort(key=lambda one: one[:2])
        chance = looks * self.world.length / DAY / len(self.world.runs)
        for second, kind, what in events:
            if kind == 9:
                self._run(second)
                if self.random.random() < chance:
                    self.look(second + self.random.choice((0.5, 200)), LOOK_BACK)
            elif isinstance(what[0], Device):
                self._heartbeat(what, second)
            else:
                self._photo(what, second)

    def _heartbeat(self, sent: tuple[Device, Heartbeat], second: float) -> None:
        device, heartbeat = sent
        cameras, now = frozenset(heartbeat.cameras), moment(second)
        state = DeviceState(device.name, heartbeat, now, cameras, overdue_at(heartbeat, now))
        store_state(self.services, state)

    def _photo(self, event: tuple[int, Taken], second: float) -> None:
        """Let a photo arrive, be reported as lost, or be deleted: by a person, or by retention."""
        number, one = event
        now = moment(second)
        photo = Photo(one.name, Media.JPEG, "ab" * 32, 1, now, clock=one.clock)
        if number == 0:
            self.services.blobs.add(photo, b"1")
            self.services.index.add(photo, now)
        elif number == 1:
            alert = Alert(one.name, LOSS, "no-room")
            record_alerts([StoredAlert(alert, now)], self.services, now)
        elif stored := self.services.index.get(one.name):
            delete(stored, self.services, now if number == 2 else None)

    def _run(self, second: float) -> None:
        """Let the timer run; at times it is stopped at a write, and runs again later."""
        services = self.services
        if self.random.random() < 0.03:
            services = fragile(services, self.random.randrange(25))
            self.numbers["runs that were stopped"] += 1
        self.numbers["runs"] += 1
        try:
            watch_devices(services, moment(second))
            update_figures(services, moment(second))
        except StoppedError:
            return
        self.done = second

    def look(self, second: float, back: int) -> None:
        """Check the lanes of all cameras, as they are at this second, up to some minutes back."""
        now = moment(second)
        start = max(START, now - timedelta(minutes=back))
        shown = {one.camera: one for one in lanes(self.services, OWNER, (start, now), now)}
        for device in self.world.devices:
            for camera in device.cameras:
                if camera.name in shown:
                    check = Check(self, device, camera, second)
                    for one in shown[camera.name].intervals:
                        check.interval(one)


@dataclass
class Check:
    """A look at a lane at a second of the simulation."""

    backend: Backend
    device: Device
    camera: Camera
    second: float

    def __post_init__(self) -> None:
        self.heard = [at for at, _ in self.device.heartbeats]
        self.by_minute: dict[int, list[Taken]] = {}
        self.real: dict[int, list[Taken]] = {}
        for one in self.camera.photos:
            self.by_minute.setdefault(minute_of(one.name.captured_at), []).append(one)
            self.real.setdefault(minute_of(moment(one.second)), []).append(one)

    def interval(self, one: Any) -> None:
        condition = " ".join(filter(None, (one.condition.state, one.condition.reason)))
        for minute in range(minute_of(one.start), minute_of(one.end)):
            self.backend.numbers["minutes"] += 1
            self.backend.numbers[f"minutes {condition}"] += 1
            if problem := self._problem(minute, condition):
                self.backend.numbers[f"wrong: {problem}"] += 1
                self.backend.wrong.append(
                    f"{self.camera.name} minute {minute - FIRST} at {self.second / 60:.1f}: "
                    f"{condition}: {problem}"
                )

    def _photo_condition(self, minute: int, second: float) -> str | None:
        """Return what the backend should say of the photos of a minute, if anything."""
        states = {one.state_at(second) for one in self.by_minute.get(minute, ())}
        return next((PHOTO_CONDITIONS[one] for one in PHOTO_CONDITIONS if one in states), None)

    def _problem(self, minute: int, condition: str) -> str | None:
        """Return what is wrong with the condition of a minute; None if nothing is."""
        if condition == "unknown not-counted-yet":
            is_new = (minute - FIRST + 1) * 60 > self.backend.done - 60
            return None if is_new else "the last run knows more"
        expected = {self._photo_condition(minute, at) for at in (self.backend.done, self.second)}
        if condition in PHOTO_CONDITIONS.values():
            return None if condition in expected else f"photos: {expected}"
        if None not in expected:
            return f"photos: {expected}"
        return self._device_problem(minute, condition)

    def _device_problem(self, minute: int, condition: str) -> str | None:
        begins = (minute - FIRST) * 60.0
        at = last_before(self.device, begins)
        heard = self.heard
        before = heard[at] if at >= 0 else None
        after = heard[at + 1] if at + 1 < len(heard) and heard[at + 1] <= self.second else None
        if condition.startswith("silent"):
            return self._silent_problem(begins, before, after, at)
        if condition.startswith("unknown"):
            return self._unknown_problem(begins, before, after, condition)
        if before is None or after is None:
            return "no heartbeat says so"
        state = condition.split()[0]
        if not self.device.is_on(begins):
            return "the device was off"
        if state == "quiet" and self.real.get(minute):
            return "a photo was taken"
        if self.camera.state(begins) != state:
            # An outage of less than an interval hid a change.
            if after - before <= self.device.interval + AT_ONCE:
                self.backend.numbers["minutes in which a change was hidden"] += 1
                return None
            return f"it was {self.camera.state(begins)}"
        return None

    def _silent_problem(
        self, begins: float, before: float | None, after: float | None, at: int
    ) -> str | None:
        if before is None:
            return "it was never heard of"
        last = self.device.heartbeats[at][1]
        end = self.second if after is None else after
        if last.goodbye or end - before > 2 * self.device.interval + 300:
            return None
        booted = self.device.booted_at(end)
        return None if booted > before else "it was heard of, and did not restart"

    def _unknown_problem(
        self, begins: float, before: float | None, after: float | None, condition: str
    ) -> str | None:
        """Return why something should be known."""
        if condition == "unknown":
            return None if before is None else "a heartbeat came before"
        if condition == "unknown no-heartbeat-yet":
            known = last_before(self.device, self.backend.done)
            is_open = known < 0 or begins + 60 > self.heard[known]
            return None if is_open else "a heartbeat came later"
        return None  # why photos waited or a heartbeat was missed is not worked out here

    def timeline_agrees(self) -> bool:
        """Return whether the timeline says the same as the lane, at a moment at which a run has
        completed."""
        now = moment(self.second)
        services = self.backend.services
        start = max(START, now - timedelta(minutes=LOOK_BACK))
        own = lanes(services, OWNER, (start, now), now, {self.camera.name})[0].intervals
        end = datetime.fromtimestamp(minute_of(now) * 60, START.tzinfo)
        known, _ = read_known(services, self.camera.name, self.device.name, (start, end))
        return own == intervals([known], known.first, known.end, 0, shows_deleted=True)


def live(
    seed: int, devices: int, days: float, looks: float, services: Services | None = None
) -> Backend:
    """Let a backend live, by default one in memory, and check it at the end once more."""
    world = simulate(seed, devices, days)
    backend = Backend(world, Random(seed), services or memory_services(Settings("")))
    backend.live(looks)
    end = world.length + 5 * MINUTE
    update_figures(backend.services, moment(end))
    backend.done = end
    assert last_runs(backend.services.accounts)[COUNT] == moment(end)
    backend.look(end, round(days * 1440) + 10)
    for device in world.devices:
        for camera in device.cameras:
            agrees = Check(backend, device, camera, end).timeline_agrees()
            backend.numbers["timelines that differ"] += not agrees
    return backend


@pytest.mark.slow
def test_no_minute_is_wrong() -> None:
    check(1, devices=4, days=0.5, looks=6)


@pytest.mark.slow
def test_no_minute_is_wrong_in_ten_thousand_outages() -> None:
    """`pytest -s` prints the numbers."""
    numbers: Counter[str] = Counter()
    seed = 2
    while numbers["outages in all"] < 10_000:
        numbers.update(check(seed, devices=4, days=1.25, looks=6))
        seed += 1
    print()
    for name, number in sorted(numbers.items()):
        print(f"{name:>42} {number:>12,}")


@pytest.mark.slow
def test_no_minute_is_wrong_on_azurite(new_store: NewStore) -> None:
    """A few hours of one device, with the store that the backend uses."""
    check(40, devices=1, days=0.1, looks=20, services=connect(Settings(new_store())))


def check(
    seed: int, devices: int, days: float, looks: float, services: Services | None = None
) -> Counter[str]:
    """Assert that no minute is wrong in one world; return the numbers."""
    backend = live(seed, devices, days, looks, services)
    assert backend.wrong == []
    assert backend.numbers["timelines that differ"] == 0
    assert backend.numbers["minutes quiet"] > 0.1 * backend.numbers["minutes"]
    outages = backend.world.outages
    return backend.numbers + outages
