"""Receivers that fail: what is tried again, in which order, and who learns of what was not told."""

from datetime import timedelta
from typing import Any

import pytest

from function_app.auth.caller import Role
from function_app.notification_queue.messages import ChannelMessage
from function_app.notify import composition, sending
from function_app.notify.channels import Channel
from function_app.notify.deliveries import Delivery
from function_app.notify.notification import Notification, Outcome, Result, Trust
from function_app.notify.rules import Rule
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.models import Photo
from photo_wire.alert import CLOCK, UNDELIVERED
from tests.support.notified_people import BEGIN, World

MINUTE = timedelta(minutes=1)


def test_order_is_kept_while_a_receiver_is_away(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    for _ in range(5):
        world.alert("gate", CLOCK, f"at {world.now:%H:%M}")
        world.pass_time(MINUTE)
    state = world.state(channel)
    assert (state.pending, state.why) == (5, "500")
    assert state.failing_since
    del world.receivers.responses["anna"]
    world.pass_time(timedelta(hours=1))
    bodies = [one.body.split(".")[0] for one in world.receivers.got["anna"]]
    assert bodies == [f"At 12:0{minute}" for minute in range(5)]
    assert world.state(channel).failing_since is None


def test_retry_after_is_respected(world: World) -> None:
    world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "429", 600)
    world.alert("gate", CLOCK)
    world.run()
    world.pass_time(timedelta(seconds=599))
    assert world.receivers.attempts == 1
    world.pass_time(timedelta(seconds=10))
    assert world.receivers.attempts == 2


def test_what_cannot_be_sent_for_a_day_is_on_record_and_others_learn_of_it(world: World) -> None:
    failing = world.channel(world.person("anna"))
    world.channel(world.person("ben", role=Role.OWNER))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    world.alert("gate", CLOCK)
    world.pass_time(timedelta(hours=26), MINUTE)
    counts = world.counts(failing)
    assert (counts.failed, counts.sent, world.state(failing).pending) == (1, 0, 0)
    delivery = world.outbox(failing).newest(10)[0]
    assert (delivery.state, delivery.why) == ("failed", "tried for 24 h: 500")
    assert world.titles("ben")[-1] == "Nightjar: Somebody was not told"
    assert "A channel of anna (webhook) was not told: gate" in world.receivers.got["ben"][-1].body
    world.pass_time(timedelta(days=3), MINUTE)
    assert world.titles("ben").count("Nightjar: Somebody was not told") == 1
    assert world.queue.texts == []


def test_two_failing_channels_do_not_tell_of_each_other_for_ever(world: World) -> None:
    mine = [world.channel(world.person(name, role=Role.OWNER)) for name in ("anna", "ben")]
    for name in ("anna", "ben"):
        world.receivers.responses[name] = lambda _: Result(Outcome.RETRY, "500")
    world.alert("gate", CLOCK)
    world.pass_time(timedelta(days=4), MINUTE)
    assert world.queue.texts == []
    assert [world.counts(one).failed for one in mine] == [2, 2]


def test_a_channel_that_rejects_all_is_failing_until_it_takes_something(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.REJECTED, "it answered 400: no")
    for _ in range(3):
        world.alert("gate", CLOCK)
        world.pass_time(MINUTE)
    state = world.state(channel)
    assert (state.failures, state.why, state.counts.failed) == (3, "it answered 400: no", 3)
    assert state.failing_since == BEGIN
    assert world.receivers.attempts == 3  # none waits for a back-off
    world.receivers.responses.clear()
    world.alert("gate", CLOCK)
    world.run()
    state = world.state(channel)
    assert (state.failures, state.failing_since, state.why) == (0, None, "")


def test_a_channel_cannot_be_tried_at_once_without_end(world: World) -> None:
    """Its person turns it on again and again, and it hangs each time."""
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "no answer")
    world.alert("gate", CLOCK)
    world.pass_time(timedelta(minutes=10))
    before = world.receivers.attempts
    for _ in range(60):  # seconds
        world.outbox(channel).resume(world.now)
        world.services.notifier.put(ChannelMessage(channel.id), world.now)
        world.pass_time(timedelta(seconds=1))
    assert world.receivers.attempts - before <= 2
    state = world.state(channel)
    assert state.trust is Trust.FAILING
    assert state.failing_since == BEGIN


@pytest.mark.parametrize("way", ["its only channel", "another one"])
def test_an_undelivered_notification_is_for_its_person_and_for_owners(
    world: World, way: str
) -> None:
    """Not for others who see all cameras; by their other channels, also of those who see few."""
    world.channel(world.person("anna", "gate"), "broken", Rule(cameras=frozenset({"gate"})))
    if way == "another one":
        world.channel("anna", rule=Rule(cameras=frozenset({"gate"}), triggers=frozenset()))
    for name, role in (("owen", Role.OWNER), ("vera", Role.VIEWER)):
        world.channel(world.person(name, role=role))
    world.channel(world.person("ben", "gate"))
    world.receivers.responses["broken"] = lambda _: Result(Outcome.REJECTED, "400")
    world.photo("gate")
    world.pass_time(MINUTE)
    received = [
        name
        for name in ("anna", "owen", "vera", "ben", "broken")
        if any(one.kind == UNDELIVERED for one in world.receivers.got.get(name, []))
    ]
    assert received == (["anna", "owen"] if way == "another one" else ["owen"])


def test_what_cannot_be_composed_holds_up_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on record, and told to owners, as what could not be sent is."""
    channel = world.channel(world.person("anna"))
    world.channel(world.person("owen", role=Role.OWNER), rule=Rule(cameras=frozenset({"yard"})))
    poison = world.photo("gate")
    fail_to_compose(monkeypatch, poison, KeyError("network"))
    world.photo("yard")
    world.pass_time(MINUTE)
    assert "yard: motion" in world.titles("anna")
    assert (world.counts(channel).failed, world.state(channel).pending) == (1, 0)
    why = "could not be composed, as the app's log says"
    assert f"was not told: {poison.name} (it {why})" in world.receivers.got["owen"][-1].body


def test_what_is_not_composed_since_the_storage_fails_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = world.channel(world.person("anna"))
    with monkeypatch.context() as failing:
        fail_to_compose(failing, world.photo("gate"), StorageUnavailableError("busy"))
        with pytest.raises(StorageUnavailableError):
            world.run()
    world.pass_time(5 * MINUTE)
    assert world.titles("anna") == ["gate: motion"]
    assert world.counts(channel).failed == 0


def fail_to_compose(monkeypatch: pytest.MonkeyPatch, photo: Photo, error: Exception) -> None:
    """Let what is told of a photo not be composed."""

    def compose(channel: Channel, delivery: Delivery, *rest: Any) -> Notification | str:
        if delivery.event == str(photo.name):
            raise error
        return composition.compose(channel, delivery, *rest)

    monkeypatch.setattr(sending, "compose", compose)


def test_a_device_cannot_report_an_undelivered_notification(world: World) -> None:
    """So that no holder of a function key writes to people who do not see its cameras."""
    channel = world.channel(world.person("anna", "gate"))
    other = world.channel(world.person("owen", role=Role.OWNER))
    world.alert("backend", UNDELIVERED, "open this link", person="anna", channel=other.id)
    world.run()
    assert (world.titles("anna"), len(world.titles("owen"))) == ([], 0)
    world.alert("backend", UNDELIVERED, "open this link", person="anna", channel="0" * 16)
    world.run()
    assert (world.counts(channel).events, len(world.titles("owen"))) == (0, 1)


def test_a_gone_receiver_stops_its_channel(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.channel(world.person("ben", role=Role.OWNER))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.GONE, "410")
    world.photo("gate")
    world.pass_time(MINUTE)
    assert world.state(channel).stopped == "410"
    world.photo("yard")
    world.pass_time(MINUTE)
    assert world.receivers.attempts == 4  # one of anna's, and three of ben's
    assert world.counts(channel).events == world.counts(channel).failed == 1
    world.receivers.responses.clear()
    world.outbox(channel).resume(world.now)
    world.photo("door")
    world.run()
    assert world.titles("anna") == ["door: motion"]


def test_what_is_rejected_is_on_record_and_the_next_is_sent(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda one: (
        Result(Outcome.REJECTED, "400") if one.camera == "gate" else Result(Outcome.SENT)
    )
    world.photo("gate")
    world.photo("yard")
    world.run()
    assert world.titles("anna") == ["yard: motion"]
    assert world.counts(channel).failed == 1


def test_one_channel_that_hangs_leaves_the_others_their_order(world: World) -> None:
    """Each channel has a sender of its own."""

    def hang(_: Notification) -> Result:
        world.now += timedelta(seconds=10)
        return Result(Outcome.RETRY, "no answer in 10 s")

    for name in ("anna", "ben"):
        world.channel(world.person(name))
    world.receivers.responses["anna"] = hang
    for _ in range(3):
        world.alert("gate", CLOCK)
        world.pass_time(timedelta(seconds=40))
    assert len(world.titles("ben")) == 3
