"""What comes beyond a channel's budget is collected, and told together."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.auth import users
from function_app.notify import budget, channels
from function_app.notify.events import PHOTO
from function_app.notify.pacing import SAME_EVENT
from function_app.notify.rules import Rule
from photo_wire.alert import CLOCK, LOSS
from tests.support.notified_people import BEGIN, SENT, VISIBILITY, World

MINUTE = timedelta(minutes=1)


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
        "gate: A photo was lost",
        "yard: A photo was lost",
        "gate: A photo was lost",
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
