"""A periodic task runs when it is due, in one thread at a time."""

from pi_uploader.alerts.periodic import PeriodicTask
from tests.support.fake_clock import FakeClock


def test_a_task_is_due_after_its_first_delay_and_then_after_each_release() -> None:
    now = [100.0]
    turn = PeriodicTask(FakeClock(seconds=lambda: now[0]), first_delay=60)
    assert not turn.try_claim()
    now[0] = 160.0
    assert turn.try_claim()
    turn.release(5)
    now[0] = 164.9
    assert not turn.try_claim()
    now[0] = 165.0
    assert turn.try_claim()


def test_a_claimed_task_cannot_be_claimed_until_its_release() -> None:
    now = [0.0]
    turn = PeriodicTask(FakeClock(seconds=lambda: now[0]))
    assert turn.try_claim()
    now[0] = 1e9
    assert not turn.try_claim()
    turn.release(0)
    assert turn.try_claim()
