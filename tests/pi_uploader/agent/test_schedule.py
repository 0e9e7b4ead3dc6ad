"""When heartbeats and polls are due."""

import math
import random

import pytest

from pi_uploader.agent.schedule import HURRIES, HURRY_SECONDS, Schedule
from tests.support.fake_clock import FakeClock


class Timeline:
    """A schedule on a clock that the test moves."""

    def __init__(self, chance: float | None = 0.5, poll: float | None = 20.0) -> None:
        self.now = 1000.0
        clock = FakeClock(seconds=lambda: self.now)
        self.schedule = Schedule(
            300.0, poll, clock, random.Random(1).random if chance is None else lambda: chance
        )

    def next_heartbeat(self) -> float:
        """Let the time pass until the next heartbeat; return how long that took."""
        wait = self.schedule.heartbeat_due_in()
        self.now += wait
        return wait


def test_the_first_heartbeat_comes_soon_but_not_at_once_with_others() -> None:
    assert Timeline(chance=0.0).schedule.heartbeat_due_in() == 0
    assert Timeline(chance=1.0).schedule.heartbeat_due_in() == pytest.approx(15)


def test_heartbeats_come_every_five_minutes_in_the_middle() -> None:
    timeline = Timeline(chance=None)
    waits = []
    for _ in range(2000):
        timeline.schedule.record_success()
        waits.append(timeline.next_heartbeat())
    assert sum(waits) / len(waits) == pytest.approx(300, rel=0.01)
    assert 284 < min(waits) < 290 < 310 < max(waits) < 316


def test_a_heartbeat_that_fails_is_repeated_at_most_once_a_minute() -> None:
    timeline = Timeline()
    timeline.next_heartbeat()
    waits = []
    for _ in range(6):
        timeline.schedule.record_failure(None)
        timeline.schedule.hurry()  # news change nothing of that
        waits.append(timeline.next_heartbeat())
    assert waits == pytest.approx([10, 20, 40, 60, 60, 60])
    timeline.schedule.record_success()
    assert timeline.next_heartbeat() == pytest.approx(300)
    timeline.schedule.record_failure(None)
    assert timeline.next_heartbeat() == pytest.approx(10)


@pytest.mark.parametrize(("asked", "wait"), [(5.0, 10.0), (90.0, 90.0), (1e9, 3600.0)])
def test_retry_after_is_honoured(asked: float, wait: float) -> None:
    timeline = Timeline()
    timeline.schedule.record_failure(asked)
    assert timeline.next_heartbeat() == pytest.approx(wait)


def test_a_backend_without_heartbeats_is_asked_every_hour() -> None:
    timeline = Timeline()
    timeline.schedule.record_unsupported()
    timeline.schedule.hurry()
    assert timeline.next_heartbeat() == pytest.approx(3600)
    assert timeline.schedule.carry_due_in() == math.inf


def test_news_are_sent_at_once() -> None:
    timeline = Timeline()
    timeline.schedule.record_success()
    timeline.schedule.hurry()
    assert timeline.schedule.heartbeat_due_in() == 0


def test_an_upload_may_carry_a_heartbeat_in_the_last_minute() -> None:
    timeline = Timeline()
    timeline.schedule.record_success()
    assert timeline.schedule.carry_due_in() == pytest.approx(240)
    timeline.schedule.record_failure(None)
    assert timeline.schedule.carry_due_in() == math.inf


def test_polls() -> None:
    schedule = Timeline().schedule
    assert schedule.poll_due_in() == math.inf
    schedule.begin_polls()
    assert schedule.poll_due_in() == 0
    schedule.record_poll(is_looking=False)
    schedule.begin_polls()
    assert schedule.poll_due_in() == pytest.approx(20)
    schedule.record_poll(is_looking=True)
    assert schedule.poll_due_in() == pytest.approx(2)
    schedule.record_poll(is_looking=False)
    assert schedule.poll_due_in() == pytest.approx(20)
    schedule.end_polls()
    assert schedule.poll_due_in() == math.inf


def test_a_blob_that_cannot_be_reached_is_polled_less_and_less_often() -> None:
    schedule = Timeline().schedule
    schedule.begin_polls()
    waits = []
    for _ in range(6):
        schedule.record_poll_failure()
        waits.append(schedule.poll_due_in())
    assert waits == pytest.approx([40, 80, 160, 300, 300, 300])
    schedule.record_poll(is_looking=False)
    assert schedule.poll_due_in() == pytest.approx(20)


@pytest.mark.parametrize("is_looking", [True, False])
def test_without_polls_there_are_none(is_looking: bool) -> None:
    schedule = Timeline(poll=None).schedule
    schedule.begin_polls()
    schedule.record_poll(is_looking)
    schedule.record_poll_failure()
    assert schedule.poll_due_in() == math.inf


def test_news_without_an_end_are_sent_with_pauses() -> None:
    timeline = Timeline()
    timeline.next_heartbeat()
    waits = []
    for _ in range(100):
        timeline.schedule.record_success()
        timeline.schedule.hurry()
        waits.append(timeline.next_heartbeat())
    assert waits[:HURRIES] == [0] * HURRIES
    assert min(waits[HURRIES:]) == HURRY_SECONDS
