"""The outbox of a channel: every event once, in order, and each on record, whatever fails."""

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.notify.channels import Channel
from function_app.notify.deliveries import DeliveryState
from function_app.notify.notification import Notification, Outcome, Result
from function_app.notify.outbox import KEPT_FOR, REMEMBERED_FOR
from function_app.notify.rules import Rule
from function_app.notify.sending import send_pending
from function_app.services import connect
from function_app.settings import Settings
from photo_wire.alert import CLOCK, LOSS
from tests.conftest import NewStore
from tests.support.notified_people import SENT, World, faults

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RULES = {
    "anna": Rule(),
    "ben": Rule(triggers=frozenset(), interval_minutes=1),
    "carl": Rule(interval_minutes=30, alerts=frozenset({LOSS})),
}


class Storm:
    """A world with three people, whose receivers fail now and then, and whose process is killed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.channels = {
            name: world.channel(world.person(name), rule=rule) for name, rule in RULES.items()
        }
        self.faults = 0
        self._down: dict[str, tuple[int, object]] = {}
        for name in RULES:
            self._answer_with_faults(name)

    def _answer_with_faults(self, name: str) -> None:
        """Have the receiver fail as often as it is set to, each time in some way."""
        failing = faults(self.world, self.chance)
        self._down[name] = (0, None)

        def respond(notification: Notification) -> Result:
            left, until = self._down[name]
            if until is not None and self.world.now < until:  # type: ignore[operator]
                return failing[0](notification)
            if left == 0:
                return SENT
            self._down[name] = (left - 1, None)
            return self.chance.choice(failing)(notification)

        self.world.receivers.responses[name] = respond

    def fail_once(self) -> None:
        """Have one receiver fail for its next attempt or two, or be away for an hour."""
        self.faults += 1
        until = self.world.now + HOUR if self.chance.random() < 0.05 else None
        self._down[self.chance.choice(list(RULES))] = (self.chance.randint(1, 2), until)

    def event(self) -> None:
        camera = self.chance.choice(["gate", "yard", "door"])
        kind = self.chance.choice([None, None, CLOCK, LOSS])
        if kind is None:
            self.world.photo(camera)
        else:
            self.world.alert(camera, kind)

    def run(self, events: int, fault_count: int, kills: int) -> None:
        """Have events come in, some seconds or minutes apart."""
        fault_at = set(self.chance.sample(range(events), fault_count))
        kill_at = set(self.chance.sample(range(events), kills))
        for number in range(events):
            if number in fault_at:
                self.fail_once()
            self.event()
            if number in kill_at:
                self.world.kills.countdown = self.chance.randint(0, 12)
            self.world.pass_time(timedelta(seconds=self.chance.choice([1, 5, 40, 150])))
            if number % 500 == 499:
                self.purge()
        self.world.kills.countdown = None
        self.world.pass_time(8 * HOUR, MINUTE)

    def purge(self) -> None:
        for channel in self.channels.values():
            self.world.outbox(channel).purge(self.world.now)

    def check(self) -> str:
        """Check what holds for each channel, and return the figures."""
        assert (self.world.queue.texts, self.world.poison) == ([], [])
        kills, repeats, lines = self.world.kills.done, 0, []
        for name, channel in self.channels.items():
            state, counts = self.world.state(channel), self.world.counts(channel)
            left_out = sum(counts.left_out.values())
            assert (state.pending, self.world.outbox(channel).held()) == (0, 0)
            assert counts.sent + counts.failed + left_out == counts.events
            ids = [one.id for one in self.world.receivers.got[name]]
            firsts = list(dict.fromkeys(ids))
            # One may have been received before a kill, and have failed after it.
            assert 0 <= len(firsts) - counts.messages <= kills
            repeats += len(ids) - len(firsts)
            lines.append(
                f"{name}: {counts.events} events = {counts.sent} sent (in {counts.messages} "
                f"messages) + {counts.failed} failed + {left_out} left out"
            )
            self._check_order(channel, firsts)
        assert repeats <= kills
        lines.append(f"{self.faults} faults, {kills} kills, {repeats} messages received twice")
        return "\n".join(lines)

    def _check_order(self, channel: Channel, received: list[str]) -> None:
        """What was received first comes first among the deliveries on record, too."""
        newest = self.world.outbox(channel).newest(500)
        recorded = [
            f"{one.event}.{channel.id}"
            for one in reversed(newest)
            if one.state is DeliveryState.SENT
        ]
        assert [one for one in received if one in set(recorded)] == recorded


@settings(max_examples=settings().max_examples // 2)
@given(seed=st.integers(0, 2**32))
def test_every_event_is_on_record_whatever_fails(seed: int) -> None:
    storm = Storm(World(), seed)
    storm.run(30, fault_count=8, kills=6)
    storm.check()


@pytest.mark.slow
def test_300_events_with_faults_and_kills() -> None:
    """Must hold 2, smaller."""
    storm = Storm(World(), 1)
    storm.run(300, fault_count=60, kills=15)
    print(storm.check())
    assert storm.world.kills.done >= 10


@pytest.mark.slow
def test_10000_events_with_200_faults_and_20_kills() -> None:
    """Must hold 2."""
    storm = Storm(World(), 2)
    storm.run(10_000, fault_count=200, kills=24)
    print(storm.check())
    assert (storm.faults, storm.world.kills.done >= 20) == (200, True)


@pytest.mark.slow  # the storm above has a table in memory
def test_a_smaller_storm_on_a_real_table(new_store: NewStore) -> None:
    """Azure's transactions hold what those in memory do."""
    services = connect(Settings(new_store()))
    storm = Storm(World(services.notifications), 3)
    storm.run(25, fault_count=6, kills=4)
    print(storm.check())


def test_what_is_done_is_kept_for_a_week() -> None:
    world = World()
    channel = world.channel(world.person("anna"))
    outbox = world.outbox(channel)
    for _ in range(3):
        world.alert("gate", CLOCK)
        world.photo("yard")
        world.pass_time(timedelta(days=3), MINUTE)
    counts = world.counts(channel)
    world.now += KEPT_FOR - timedelta(days=3) - MINUTE
    # Deliveries and events of over a week ago, and how the camera was paced.
    assert outbox.purge(world.now) == 4 + 4 + 1
    assert len(outbox.newest(10)) == 2
    world.now += REMEMBERED_FOR
    assert outbox.purge(world.now) == 2 + 2
    assert (outbox.newest(10), world.counts(channel)) == ([], counts)


def test_pending_deliveries_are_not_purged() -> None:
    world = World()
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    world.alert("gate", CLOCK)
    world.run()
    assert world.outbox(channel).purge(world.now + timedelta(days=30)) == 1  # its E- row
    assert world.state(channel).pending == len(world.outbox(channel).newest(10)) == 1


def test_two_that_send_at_once_send_nothing_twice() -> None:
    """While one sends, another one finds the lease taken, and has a message come back."""
    world = World()
    channel = world.channel(world.person("anna"))
    outbox = world.outbox(channel)

    def send_meanwhile(_: Notification) -> Result:
        world.receivers.responses["anna"] = lambda _: SENT
        send_pending(world.services, outbox, world.tools, "another")
        return SENT

    world.receivers.responses["anna"] = send_meanwhile
    world.alert("gate", CLOCK)
    world.run()
    assert (len(world.titles("anna")), len(world.queue.texts)) == (1, 1)
    world.pass_time(2 * MINUTE)
    assert (len(world.titles("anna")), world.queue.texts) == (1, [])


def test_the_newest_deliveries_come_page_by_page() -> None:
    world = World()
    channel = world.channel(world.person("anna"))
    for number in range(5):
        world.now += timedelta(seconds=number)
        world.alert("gate", CLOCK)
        world.run()
    outbox = world.outbox(channel)
    assert [one.number for one in outbox.newest(2)] == [5, 4]
    assert [one.number for one in outbox.newest(10, before=4)] == [3, 2, 1]
    assert outbox.newest(1)[0].title == "gate: The device's clock is wrong"
