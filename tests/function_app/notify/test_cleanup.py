"""The hourly cleanup goes on where a message was lost, and removes what is old."""

from datetime import timedelta

from function_app.notify.cleanup import clean_up
from function_app.notify.notification import Outcome, Result
from photo_wire.alert import CLOCK
from tests.support.notified_people import World

HOUR = timedelta(hours=1)


def test_a_channel_whose_message_was_lost_goes_on(world: World) -> None:
    world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    world.alert("gate", CLOCK)
    world.run()
    world.receivers.responses.clear()
    clean_up(world.services, world.now)
    assert len(world.queue.texts) == 1  # the one of the next attempt, which is expected
    world.queue.kept.clear()
    world.now += HOUR
    clean_up(world.services, world.now)
    world.run()
    assert len(world.titles("anna")) == 1


def test_a_summary_whose_message_was_lost_comes(world: World) -> None:
    world.channel(world.person("anna"))
    world.photo("gate")
    world.pass_time(timedelta(seconds=90))
    world.photo("gate")
    world.run()
    world.queue.kept.clear()
    world.now += HOUR
    clean_up(world.services, world.now)
    world.run()
    assert len(world.titles("anna")) == 2


def test_old_rows_are_removed_within_a_day(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.alert("gate", CLOCK)
    world.run()
    world.now += timedelta(days=10)
    removed = [clean_up(world.services, world.now + hour * HOUR) for hour in range(24)]
    assert sorted(removed) == [0] * 23 + [2]
    assert world.counts(channel).sent == 1


def test_without_a_channel_there_is_nothing_to_do(world: World) -> None:
    assert clean_up(world.services, world.now) == 0
    assert world.queue.texts == []
