"""How often a channel is told of a camera."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from function_app.notify.events import Event, alert_event, photo_event
from function_app.notify.pacing import (
    NAMED,
    OLD,
    SAME_EVENT,
    Hold,
    LeaveOut,
    Rate,
    Tell,
    pace,
    parse_rate,
    rate_group,
    summarize,
)
from function_app.storage.models import StoredAlert
from photo_wire.alert import CLOCK, LOSS, MISSING, QUARANTINE, SILENT, Alert
from photo_wire.name import new_name
from tests.support.samples import photo_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
pauses = st.lists(st.integers(0, 600), min_size=1, max_size=60)
intervals = st.integers(1, 30).map(lambda count: timedelta(minutes=count))


def photo(at: datetime, late: timedelta = timedelta(0)) -> Event:
    one = photo_event(photo_of("gate", at - late))
    return Event(one.id, one.kind, one.camera, one.at, at, one.reference, one.photo)


def alert(kind: str, at: datetime = NOW, is_joined: bool = False) -> Event:
    stored = StoredAlert(Alert(new_name("gate", at), kind, "a reason"), at, is_joined=is_joined)
    return alert_event(stored)


class Channel:
    """What a channel is told, as the outbox does it: summaries come when they are due."""

    def __init__(self, interval: timedelta) -> None:
        self.interval, self.rate = interval, Rate()
        self.sent_at: list[datetime] = []
        self.sent = self.left_out = 0

    def offer(self, event: Event, now: datetime) -> None:
        self.pass_time(now)
        decision, self.rate = pace(self.rate, event, (), self.interval, now)
        assert parse_rate(self.rate.to_text()) == self.rate
        match decision:
            case Tell(more, held):
                self.sent_at.append(now)
                self.sent += 1 + held
                assert more >= held
            case LeaveOut():
                self.left_out += 1
            case Hold(due):
                assert now < due <= now + self.interval

    def pass_time(self, now: datetime) -> None:
        if self.rate.held and self.rate.due and self.rate.due <= now:
            self.sent_at.append(self.rate.due)
            self.sent += self.rate.held
            self.rate = summarize(self.rate, self.rate.due)


@given(seconds=pauses, interval=intervals)
def test_photos_are_sent_at_most_once_in_an_interval_and_none_is_forgotten(
    seconds: list[int], interval: timedelta
) -> None:
    channel, now = Channel(interval), NOW
    for pause in seconds:
        now += pause * SECOND
        channel.offer(photo(now), now)
    channel.pass_time(now + interval)
    gaps = [
        later - earlier
        for earlier, later in zip(channel.sent_at, channel.sent_at[1:], strict=False)
    ]
    assert all(gap >= interval for gap in gaps)
    assert channel.sent + channel.left_out == len(seconds)
    assert channel.sent_at[0] == NOW + seconds[0] * SECOND


@given(seconds=st.lists(st.integers(0, 60), min_size=1, max_size=50), interval=intervals)
def test_an_event_has_no_summary_of_its_own(seconds: list[int], interval: timedelta) -> None:
    """Photos less than a minute apart are one event: it is told, and told of again only if it lasts
    longer than the interval."""
    channel, now = Channel(interval), NOW
    for pause in seconds:
        now += pause * SECOND
        channel.offer(photo(now), now)
        assert channel.rate.held == 0
    assert len(channel.sent_at) <= 1 + (now - NOW) // interval


@given(late=st.integers(0, 10**6), interval=intervals)
def test_an_old_photo_is_never_sent_by_itself(late: int, interval: timedelta) -> None:
    event = photo(NOW, late * SECOND)
    decision, _ = pace(Rate(), event, (), interval, NOW)
    if late * SECOND > OLD:
        assert (rate_group(event, sees_all=True), decision) == ("late", Hold(NOW + interval))
    else:
        assert (rate_group(event, sees_all=True), decision) == ("photos", Tell())


def test_photos_of_one_event_may_come_in_any_order() -> None:
    """A device sends the newest first."""
    rate, interval = Rate(), timedelta(minutes=5)
    for number, seconds in enumerate((120, 70, 20, -30)):
        event = photo(NOW + seconds * SECOND)
        decision, rate = pace(rate, event, (), interval, NOW + timedelta(minutes=2))
        assert decision == (LeaveOut(SAME_EVENT) if number else Tell())


def test_only_alerts_of_single_photos_are_paced() -> None:
    assert [rate_group(alert(kind), sees_all=False) for kind in (CLOCK, SILENT)] == [None, None]
    kinds = (LOSS, QUARANTINE, MISSING)
    assert tuple(rate_group(alert(kind), sees_all=False) for kind in kinds) == kinds


def test_a_time_in_the_far_future_delays_nothing() -> None:
    """A clock was wrong when it was written."""
    rate = Rate(last_at=NOW + timedelta(days=300))
    assert pace(rate, photo(NOW), (), timedelta(minutes=5), NOW)[0] == Tell()


def test_devices_that_fall_silent_together_are_sent_once() -> None:
    """Each has an alert; the first names those that were joined to it."""
    first, joined = alert(SILENT), alert(SILENT, is_joined=True)
    decision, rate = pace(Rate(), first, ["one", "two"], timedelta(minutes=5), NOW)
    assert decision == Tell()
    decision, rate = pace(rate, joined, ["two"], timedelta(minutes=5), NOW)
    assert decision == LeaveOut(NAMED)
    decision, rate = pace(rate, joined, ["three"], timedelta(minutes=5), NOW)
    assert decision == Tell()  # it was joined after the first was told
    decision, rate = pace(rate, first, ["two"], timedelta(minutes=5), NOW)
    assert (decision, rate.named) == (Tell(), frozenset({"two"}))  # silent once more
