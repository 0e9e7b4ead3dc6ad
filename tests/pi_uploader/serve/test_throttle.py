"""Who has to wait after wrong passwords."""

import pytest

from pi_uploader.serve import throttle
from pi_uploader.serve.throttle import FREE_ATTEMPTS, MAX_ADDRESSES, MAX_WAIT_SECONDS
from tests.support.fake_clock import FakeClock

GUESSER, OWNER = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(seconds=1000.0)


@pytest.fixture
def guesses(clock: FakeClock) -> throttle.PasswordThrottle:
    return throttle.PasswordThrottle(clock)


def test_an_address_waits_longer_after_each_wrong_password(
    guesses: throttle.PasswordThrottle, clock: FakeClock
) -> None:
    waits = []
    for _ in range(20):
        guesses.count_wrong(GUESSER)
        waits.append(guesses.wait(GUESSER))
        clock.seconds = clock.monotonic() + waits[-1]
        assert guesses.wait(GUESSER) == 0
    assert waits[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert FREE_ATTEMPTS == 5
    assert waits[-1] == MAX_WAIT_SECONDS


def test_no_other_address_waits(guesses: throttle.PasswordThrottle) -> None:
    for number in range(500):
        guesses.count_wrong(f"198.51.{number // 200}.{number % 200}")
        guesses.count_wrong(GUESSER)
    assert guesses.wait(GUESSER) == MAX_WAIT_SECONDS
    assert guesses.wait(OWNER) == 0


def test_under_attack_each_address_has_one_free_attempt(guesses: throttle.PasswordThrottle) -> None:
    for number in range(throttle.ATTACK):
        guesses.count_wrong(f"198.51.100.{number}")
    assert guesses.wait("198.51.100.1") == 0
    guesses.count_wrong(OWNER)
    assert guesses.wait(OWNER) == 1
    assert guesses.wait(GUESSER) == 0


def test_wrong_passwords_are_forgotten(
    guesses: throttle.PasswordThrottle, clock: FakeClock
) -> None:
    assert not guesses.is_counting()
    for _ in range(10):
        guesses.count_wrong(GUESSER)
    clock.seconds = clock.monotonic() + throttle.FORGET_SECONDS
    assert guesses.is_counting()
    clock.seconds = clock.monotonic() + 1
    assert not guesses.is_counting()
    guesses.count_wrong(GUESSER)
    assert guesses.wait(GUESSER) == 0


def test_the_table_is_bounded_and_keeps_who_waits_longest(
    guesses: throttle.PasswordThrottle,
) -> None:
    for _ in range(20):
        guesses.count_wrong(GUESSER)
    for number in range(3 * MAX_ADDRESSES):
        guesses.count_wrong(f"2001:db8:{number:x}::1")
    assert guesses.wait(GUESSER) == MAX_WAIT_SECONDS
    assert len(guesses._attempts) <= MAX_ADDRESSES


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "nonsense", True),
    ],
)
def test_addresses_of_a_network_are_counted_together(
    guesses: throttle.PasswordThrottle, one: str, other: str, is_same: bool
) -> None:
    for _ in range(FREE_ATTEMPTS):
        guesses.count_wrong(one)
    assert bool(guesses.wait(other)) is is_same
