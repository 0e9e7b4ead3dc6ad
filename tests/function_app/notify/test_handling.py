"""Messages are handled: who is told of what, in which order, and how often."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.auth import users
from function_app.auth.caller import Role, Standing
from function_app.notification_queue.messages import ChannelMessage, LostMessage, PhotoMessage
from function_app.notify import budget, channels
from function_app.notify.events import PHOTO
from function_app.notify.handling import accept_sign_in, handle
from function_app.notify.notification import Notification, Outcome, Result, Trust
from function_app.notify.pacing import SAME_EVENT
from function_app.notify.rules import Rule
from function_app.notify.sending import NOT_ALLOWED
from function_app.storage.models import UNKNOWN, Sender, State
from photo_wire.alert import CLOCK, LOSS, UNDELIVERED
from photo_wire.errors import WireError
from photo_wire.motion import Motion
from photo_wire.name import new_name
from tests.support.notified_people import BEGIN, SENT, VISIBILITY, World
from tests.support.samples import photo_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    return World()


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


@pytest.mark.parametrize("cameras", [1, 4, 5, 20, 100])
def test_500_motions_in_10_minutes_are_few_messages_and_hide_no_alert(
    world: World, cameras: int
) -> None:
    """Must hold 3, with the default rule: at most 11 messages."""
    channel = world.channel(world.person("anna"))
    for number in range(500):
        world.photo(f"gate-{number % cameras}")
        if number % 100 == 50:
            world.alert("gate-0", CLOCK)
        world.pass_time(timedelta(seconds=1.2))
    world.pass_time(timedelta(minutes=30))
    kinds = [one.kind for one in world.receivers.got["anna"]]
    photos, counts = kinds.count(PHOTO), world.counts(channel)
    print(f"500 motions of {cameras} cameras: {photos} messages, {kinds.count(CLOCK)} alerts of 5")
    assert photos <= 11
    assert kinds.count(CLOCK) == 5
    assert counts.sent + sum(counts.left_out.values()) == 505
    assert world.outbox(channel).held() == 0


@given(
    motions=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), min_size=1, max_size=80),
    minutes=st.sampled_from([1, 5, 60]),
)
@settings(max_examples=15, deadline=None)
def test_many_cameras_are_few_messages_and_none_is_forgotten(
    motions: list[tuple[int, int]], minutes: int
) -> None:
    """Whenever they come, each is in a message or was left out as the same event, and as many
    messages come as the budget has."""
    world = World()
    channel = world.channel(world.person("anna"), rule=Rule(interval_minutes=minutes))
    times: list[timedelta] = []
    world.receivers.responses["anna"] = lambda _: times.append(world.now - BEGIN) or SENT  # type: ignore[func-returns-value]
    for seconds, camera in motions:
        world.photo(f"gate-{camera}")
        world.pass_time(timedelta(seconds=seconds))
    world.pass_time(timedelta(hours=3), MINUTE)
    counts, pause = world.counts(channel), budget.pause(timedelta(minutes=minutes))
    assert counts.sent + counts.left_out.get(SAME_EVENT, 0) == len(motions)
    assert world.outbox(channel).held() == 0
    for number, begin in enumerate(times):
        for count, end in enumerate(times[number:], 1):
            assert count <= budget.AT_ONCE + (end - begin) // pause
    assert times[0] == timedelta(0)


def test_what_is_collected_says_of_which_cameras_and_opens_the_last_photo(world: World) -> None:
    world.channel(world.person("anna"))
    names = [world.photo(f"cam-{number}").name for number in range(8)]
    world.pass_time(timedelta(seconds=20))
    assert len(world.titles("anna")) == 4
    world.pass_time(timedelta(minutes=5))
    last = world.receivers.got["anna"][-1]
    assert (last.title, last.body) == (
        "4 cameras: 4 photos",
        "cam-4, cam-5, cam-6, cam-7; the last is of 12:00:00",
    )
    assert last.url == f"https://cams.example/photos/{last.photo_id}"
    assert last.photo_id in [str(name) for name in names[4:]]


def test_what_is_collected_counts_all_photos_of_its_events(world: World) -> None:
    """Each of nine cameras takes three: a message for each of four, and 15 photos together, which
    the cameras' next messages do not count again."""
    channel = world.channel(world.person("anna"))
    cameras = [f"cam-{number}" for number in range(9)]
    for _ in range(3):
        for camera in cameras:
            world.photo(camera)
        world.pass_time(timedelta(seconds=5))
    world.pass_time(timedelta(minutes=5))
    assert world.titles("anna")[4:] == ["5 cameras: 15 photos"]
    counts = world.counts(channel)
    assert (counts.sent, counts.left_out) == (9, {SAME_EVENT: 18})
    world.photo("cam-8")
    world.pass_time(timedelta(seconds=5))
    assert "more" not in world.receivers.got["anna"][-1].body
    assert world.titles("anna")[5:] == ["cam-8: motion"]


def test_what_is_collected_of_a_camera_that_the_person_lost_is_hidden(world: World) -> None:
    """Must hold 4: also its name, and how much there was."""
    cameras = [f"cam-{number}" for number in range(8)]
    channel = world.channel(world.person("ben", *cameras))
    for camera in cameras:
        world.photo(camera)
    world.pass_time(timedelta(seconds=20))
    users.remove(world.services.accounts, "ben")
    world.person("ben", "cam-4", "cam-5")
    world.pass_time(timedelta(minutes=5))
    last = world.receivers.got["ben"][-1]
    assert (last.title, last.body[:12]) == ("2 cameras: 2 photos", "cam-4, cam-5")
    for camera in ("cam-1", "cam-2", "cam-3", "cam-6", "cam-7", "cam-8", "cam-9"):
        world.photo(camera)
    world.pass_time(timedelta(minutes=5))
    assert len(world.titles("ben")) == 5
    assert world.outbox(channel).held() == 0


def test_what_is_collected_of_a_silenced_camera_is_left_out(world: World) -> None:
    channel = world.channel(world.person("anna"))
    for number in range(6):
        world.photo(f"cam-{number}")
    world.run()
    until, table = world.now + timedelta(hours=1), world.services.notifications
    channels.snooze(table, "anna", channel.id, "cam-5", until, world.now)
    world.pass_time(timedelta(minutes=5))
    assert world.titles("anna")[-1] == "cam-4: motion"


def test_a_summary_whose_message_was_lost_comes_with_the_next_photo(world: World) -> None:
    channel = world.channel(world.person("anna"))
    for number in range(6):
        world.photo(f"cam-{number}")
    world.run()
    while received := world.queue.receive(16, VISIBILITY):
        for one in received:
            world.queue.remove(one)
    world.queue.kept.clear()
    world.now += timedelta(minutes=10)
    assert world.outbox(channel).held() == 2
    world.photo("cam-7")
    world.pass_time(timedelta(seconds=3))
    assert world.titles("anna")[-1] == "3 cameras: 3 photos"


def test_motions_of_events_apart_are_sent_in_summaries(world: World) -> None:
    """Nine events of a photo each, 70 s apart: at most one message in five minutes, and every photo
    is in one."""
    channel = world.channel(world.person("anna"))
    for _ in range(9):
        world.photo("gate")
        world.pass_time(timedelta(seconds=70))
    world.pass_time(timedelta(minutes=10))
    bodies = [one.body for one in world.receivers.got["anna"]]
    assert bodies == ["12:00:00", "12:04:40, and 3 more", "12:09:20, and 3 more"]
    counts = world.counts(channel)
    assert (counts.events, counts.sent, counts.messages) == (9, 9, 3)


def test_losses_are_sent_at_once_then_together(world: World) -> None:
    world.channel(world.person("anna"))
    for _ in range(20):
        world.alert("gate", LOSS, "evicted")
        world.pass_time(timedelta(seconds=2))
    world.alert("yard", LOSS, "evicted")
    world.pass_time(timedelta(minutes=10))
    assert world.titles("anna") == [
        "gate: a photo was lost",
        "yard: a photo was lost",
        "gate: a photo was lost",
    ]
    assert world.receivers.got["anna"][-1].body.endswith("And 18 more.")


def test_old_photos_are_sent_together(world: World) -> None:
    """A device that was off for three days sends what it has kept."""
    channel = world.channel(world.person("anna"))
    for hours in range(72, 0, -6):
        world.photo("gate", late=timedelta(hours=hours))
        world.pass_time(timedelta(seconds=3))
    world.pass_time(timedelta(minutes=20))
    titles = world.titles("anna")
    assert "gate: 8 photos from before" in titles  # of over 24 hours ago
    assert len(titles) == 3  # and the newer ones: one at once, the others in a summary
    assert world.counts(channel).sent == 12


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
    assert world.titles("ben")[-1] == "Nightjar: somebody was not told"
    assert "A channel of anna (webhook) was not told: gate" in world.receivers.got["ben"][-1].body
    world.pass_time(timedelta(days=3), MINUTE)
    assert world.titles("ben").count("Nightjar: somebody was not told") == 1
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


@pytest.mark.parametrize("loss", ["a camera", "the account"])
def test_a_right_that_is_lost_before_the_sending_counts(world: World, loss: str) -> None:
    """Must hold 4: the event was accepted, and waits since the receiver is away."""
    channel = world.channel(world.person("ben", "gate"))
    world.receivers.responses["ben"] = lambda _: Result(Outcome.RETRY, "500")
    world.photo("gate")
    world.run()
    attempts = world.receivers.attempts
    world.receivers.responses.clear()
    users.remove(world.services.accounts, "ben")
    if loss == "a camera":
        world.person("ben", "yard")
    world.pass_time(timedelta(hours=1))
    assert (world.titles("ben"), world.receivers.attempts) == ([], attempts)
    assert world.counts(channel).left_out == {NOT_ALLOWED: 1}


def test_a_right_that_is_lost_between_the_event_and_its_handling_counts(world: World) -> None:
    world.channel(world.person("ben", "gate"))
    world.photo("gate")
    users.remove(world.services.accounts, "ben")
    world.run()
    assert (world.titles("ben"), world.receivers.attempts) == ([], 0)


def test_a_snooze_after_the_event_counts(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    world.photo("gate")
    world.run()
    world.receivers.responses.clear()
    hour = world.now + timedelta(hours=1)
    channels.snooze(world.services.notifications, "anna", channel.id, "gate", hour, world.now)
    world.pass_time(timedelta(minutes=30))
    assert world.titles("anna") == []
    assert world.counts(channel).left_out == {"snoozed": 1}


def test_a_deleted_photo_is_undelivered(world: World) -> None:
    channel = world.channel(world.person("anna"))
    world.receivers.responses["anna"] = lambda _: Result(Outcome.RETRY, "500")
    photo = world.photo("gate")
    world.run()
    world.receivers.responses.clear()
    world.services.index.listed.pop(photo.name)  # type: ignore[attr-defined]
    world.pass_time(timedelta(minutes=30))
    assert world.titles("anna") == []
    assert world.counts(channel).left_out == {"deleted": 1}


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
    assert world.titles("anna") == ["Nightjar: somebody was not told"]


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
