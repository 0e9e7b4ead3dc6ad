"""Deliveries are sent in runs, at a price that is counted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from function_app.notify.notification import Outcome, Result
from function_app.notify.sending import BACKOFF
from function_app.services import Services
from photo_wire.alert import CLOCK
from tests.support.notified_people import SENT, World

HOUR = timedelta(hours=1)


def test_a_channel_that_nothing_could_be_sent_for_is_not_failing(world: World) -> None:
    """It is tried again a moment later: too much else was being sent."""
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.BUSY, "others are sending")
    world.photo("gate")
    world.run()
    assert (world.state(channel).failures, world.state(channel).pending) == (0, 1)
    del world.receivers.responses["anna"]
    world.pass_time(timedelta(seconds=2))
    assert world.titles("anna") == ["gate: motion"]


def test_a_long_run_is_continued_by_another_message(world: World) -> None:
    """Each notification takes 50 s here."""
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    for _ in range(5):
        world.alert("gate", CLOCK)
        world.now += timedelta(seconds=1)
    world.run()
    world.receivers.responses["anna"] = lambda _: _slowly(world)
    handled = world.handled
    world.pass_time(HOUR)
    assert len(world.titles("anna")) == 5
    assert world.state(channel).pending == 0
    assert world.handled == handled + 2


def _slowly(world: World) -> Result:
    world.now += timedelta(seconds=50)
    return SENT


def test_the_waits_grow_up_to_an_hour() -> None:
    assert list(BACKOFF) == sorted(BACKOFF)
    assert (BACKOFF[0], BACKOFF[-1]) == (timedelta(seconds=10), HOUR)


class Counted:
    """A store that counts its calls."""

    def __init__(self, store: Any, calls: list[str]) -> None:
        self._store, self._calls = store, calls

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        def count(*args: Any, **more: Any) -> Any:
            self._calls.append(name)
            return call(*args, **more)

        return count


def counted(services: Services, calls: list[str]) -> Services:
    return replace(
        services,
        notifications=Counted(services.notifications, calls),
        accounts=Counted(services.accounts, calls),
        index=Counted(services.index, calls),
    )


def test_what_a_photo_costs(world: World) -> None:
    """Requests to the tables, for one that is sent, and for one that is part of the same event."""
    world.channel(world.person("anna"))
    calls: list[str] = []
    world.services = counted(world.services, calls)
    costs = []
    for _ in range(2):
        world.photo("gate")
        calls.clear()
        world.run()
        costs.append(len(calls))
        world.now += timedelta(seconds=5)
    print(f"a photo that is told takes {costs[0]} requests, one of the same event {costs[1]}")
    assert costs[0] <= 20
    assert costs[1] <= 9
