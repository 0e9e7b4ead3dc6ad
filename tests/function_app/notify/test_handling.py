"""Messages are handled: who is told of what, and what comes in between."""

from dataclasses import replace
from datetime import timedelta

import pytest

from function_app.auth.caller import Role, Standing
from function_app.notification_queue.messages import LostMessage, PhotoMessage
from function_app.notify import channels
from function_app.notify.handling import accept_sign_in, handle
from function_app.notify.notification import Notification, Outcome, Result
from function_app.notify.rules import Rule
from function_app.storage.models import UNKNOWN, Sender, State
from photo_wire.alert import CLOCK, LOSS, UNDELIVERED
from photo_wire.errors import WireError
from photo_wire.motion import Motion
from photo_wire.name import new_name
from tests.support.notified_people import World
from tests.support.samples import photo_of

MINUTE = timedelta(minutes=1)


def test_a_photo_is_sent_to_those_who_may_see_its_camera(world: World) -> None:
    for name, cameras in (("anna", ()), ("ben", ("gate",)), ("carl", ("yard",))):
        world.channel(world.person(name, *cameras))
    photo = world.photo("gate")
    world.run()
    assert world.titles("anna") == world.titles("ben") == ["gate: motion"]
    assert world.titles("carl") == []
    received = world.receivers.got["ben"][0]
    assert (received.url, received.photo_id) == (
        f"https://cams.example/photos/{photo.name}",
        str(photo.name),
    )


def test_a_trigger_without_motion_is_no_event(world: World) -> None:
    world.channel(world.person("anna"))
    stub = world.photo("gate")
    world.services.index.remove(stub, State.EXPIRED)
    world.services.index.add_anyway(replace(stub, motion=Motion()), world.now)
    world.run()
    assert world.titles("anna") == []


def test_all_channels_accept_an_event_before_it_is_sent_to_one(world: World) -> None:
    """So a receiver that hangs does not put another person's notifications out of order."""
    made = [world.channel(world.person(name)) for name in ("anna", "ben", "carl", "dora", "emil")]
    accepted: list[list[int]] = []

    def count(_: Notification) -> Result:
        accepted.append([world.counts(one).events for one in made])
        return Result(Outcome.SENT)

    world.receivers.responses["anna"] = count
    world.photo("gate")
    world.run()
    assert accepted == [[1] * 5]


def test_a_message_that_comes_again_changes_nothing(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.photo("gate")
    texts = world.queue.texts
    world.run()
    for text in texts * 3:
        handle(world.services, text, world.now, world.tools)
    assert len(world.titles("anna")) == 1
    assert world.counts(channel).events == 1


def test_a_photo_that_is_not_indexed_yet_is_sent_when_it_is(world: World) -> None:
    world.channel(world.person("anna"))
    photo = world.photo("gate")
    world.services.index.listed.pop(photo.name)  # type: ignore[attr-defined]
    world.services.index.states.pop(photo.name)  # type: ignore[attr-defined]
    world.run()
    assert world.titles("anna") == []
    world.services.index.add(photo, world.now)
    world.pass_time(timedelta(seconds=5))
    assert world.titles("anna") == ["gate: motion"]


def test_nobody_waits_for_a_photo_that_never_comes(world: World) -> None:
    world.channel(world.person("anna"))
    photo = world.photo("gate")
    world.services.index.listed.pop(photo.name)  # type: ignore[attr-defined]
    world.services.index.states.pop(photo.name)  # type: ignore[attr-defined]
    world.pass_time(timedelta(minutes=20))
    assert (world.queue.texts, world.handled < 40) == ([], True)


def test_nobody_waits_for_a_photo_of_the_future(world: World) -> None:
    """A message that somebody put into the queue, which would come back each second until then."""
    world.channel(world.person("anna"))
    photo = world.photo("gate")
    world.run()
    unknown = replace(photo.name, tag="00000000")
    world.services.notifier.put(PhotoMessage(unknown, world.now + timedelta(days=9999)), world.now)
    world.run()
    assert world.queue.texts == []


def test_a_channel_is_not_after_telling_what_came_before_it(world: World) -> None:
    world.person("anna")
    photo = world.photo("gate")
    world.now += MINUTE
    world.channel("anna")
    world.services.notifier.put(PhotoMessage(photo.name, photo.received_at), world.now)
    world.run()
    assert world.titles("anna") == []


def test_a_sign_in_is_sent_to_that_person_alone(world: World) -> None:
    world.channel(world.person("anna", role=Role.OWNER))
    world.channel(world.person("ben", "gate"))
    accept_sign_in(world.services, "ben", "192.0.2.0/24", "Firefox", world.now)
    world.run()
    assert world.titles("ben") == ["Somebody signed in as you"]
    assert "192.0.2.0/24, with Firefox" in world.receivers.got["ben"][0].body
    assert world.titles("anna") == []
    assert world.services.alerts.newest(10, None) == []


def test_lost_messages_are_an_alert_once(world: World) -> None:
    world.channel(world.person("anna"))
    message = LostMessage(3, world.now)
    for _ in range(2):
        world.services.notifier.put(message, world.now)
        world.pass_time(MINUTE)
    (stored,) = world.services.alerts.newest(10, None)
    assert stored.alert.reason.startswith("nobody was told of 3 photos or alerts: they could")
    assert world.titles("anna") == ["Nightjar: Somebody was not told"]


@pytest.mark.parametrize("is_handled_late", [False, True])
def test_a_photo_that_takes_the_name_of_a_strangers_is_notified(
    world: World, is_handled_late: bool
) -> None:
    """Somebody with a function key stored one under its id (ingest/displacement.py), or stores
    many: what strangers send is another event."""
    channel = world.channel(world.person("anna"))
    index, stranger = world.services.index, Sender(None, UNKNOWN)
    name = new_name("gate", world.now)
    thief = replace(photo_of("gate"), name=name, received_at=world.now, sender=stranger)
    index.add(thief, world.now)
    world.services.notifier.tell([PhotoMessage(name, world.now)], world.now)
    if not is_handled_late:
        world.run()
    world.now += timedelta(seconds=3)
    index.remove(thief, State.EXPIRED)
    real = replace(thief, received_at=world.now, sender=Sender("pi", Standing.VERIFIED))
    index.add(real, world.now)
    world.services.notifier.tell([PhotoMessage(name, world.now)], world.now)
    world.run()
    bodies = [one.body for one in world.receivers.got["anna"]]
    of_stranger = "12:00:00; sent by a device that nobody approved"
    assert bodies == (["12:00:00"] if is_handled_late else [of_stranger, "12:00:00"])
    assert all(one.photo_id == str(name) for one in world.receivers.got["anna"])
    assert world.receivers.got["anna"][-1].url == f"https://cams.example/photos/{name}"
    assert world.counts(channel).sent == len(bodies)


def test_a_strangers_photo_whose_name_was_taken_is_not_sent_later(world: World) -> None:
    """It waits since the receiver is away; the photo with its name is sent once."""
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    index, name = world.services.index, new_name("gate", world.now)
    stranger = Sender(None, UNKNOWN)
    thief = replace(photo_of("gate"), name=name, received_at=world.now, sender=stranger)
    real = replace(thief, sender=None)
    index.add(thief, world.now)
    world.services.notifier.tell([PhotoMessage(name, world.now)], world.now)
    world.run()
    index.remove(thief, State.EXPIRED)
    index.add(real, world.now)
    world.services.notifier.tell([PhotoMessage(name, world.now)], world.now)
    world.run()
    world.receivers.responses.clear()
    world.pass_time(MINUTE)
    assert len(world.titles("anna")) == 1
    assert world.counts(channel).left_out == {"deleted": 1}


def test_an_unknown_message_is_an_error(world: World) -> None:
    with pytest.raises(WireError):
        handle(world.services, '{"v":2,"kind":"photo"}', world.now, world.tools)


def test_a_message_of_a_removed_channel_does_nothing(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    world.photo("gate")
    world.run()
    assert channels.remove(world.services, "anna", channel.id, world.now)
    world.receivers.responses.clear()
    world.pass_time(timedelta(hours=1))
    assert (world.titles("anna"), world.queue.texts) == ([], [])


def test_a_rule_that_asks_for_nothing_counts_nothing(world: World) -> None:
    rule = Rule(triggers=frozenset(), alerts=frozenset({LOSS}))
    channel = world.channel(world.person("anna"), rule=rule)
    world.photo("gate")
    world.alert("gate", CLOCK)
    world.alert("gate", UNDELIVERED)
    world.run()
    assert world.counts(channel).events == 0
    changed = channels.update(
        world.services.notifications, "anna", channel.id, lambda one: replace(one, rule=Rule())
    )
    assert changed
    assert changed.rule == Rule()
    world.photo("gate")
    world.run()
    assert world.titles("anna") == ["gate: motion"]


def test_one_channel_that_cannot_be_handled_keeps_nobody_else_waiting(world: World) -> None:
    """A row that somebody changed by hand, of the first of six people."""
    mine = [world.channel(world.person(name)) for name in ("anna", "ben", "carl", "dora", "emil")]
    world.channel(world.person("fred"))
    world.services.notifications.upsert(f"C-{mine[0].id}", "state", {"owner": "anna", "state": "?"})
    photo = world.photo("gate")
    [text] = world.queue.texts
    with pytest.raises(ValueError, match="Expecting value"):
        handle(world.services, text, world.now, world.tools)
    for name in ("ben", "carl", "dora", "emil", "fred"):
        assert [one.photo_id for one in world.receivers.got[name]] == [str(photo.name)]


def test_a_channel_that_cannot_be_read_is_left_out(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.channel(world.person("ben"))
    world.services.notifications.upsert(channels.OWNERS, f"anna~{channel.id}", {"rule": "[]"})
    world.photo("gate")
    world.run()
    assert (world.titles("anna"), world.titles("ben")) == ([], ["gate: motion"])
