"""When schedules come round."""

from datetime import UTC, datetime

import pytest

from local.schedule import Schedule

MONDAY = datetime(2026, 11, 23, 9, 30, 20, 500_000, UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * * *", "2026-11-23 09:30:21"),
        ("0 * * * * *", "2026-11-23 09:31:00"),
        ("20 30 9 * * *", "2026-11-24 09:30:20"),
        ("21 30 9 * * *", "2026-11-23 09:30:21"),
        ("0 17 * * * *", "2026-11-23 10:17:00"),
        ("0 43 4 * * 0", "2026-11-29 04:43:00"),
        ("*/15 * * * * *", "2026-11-23 09:30:30"),
        ("0 5/20 * * * *", "2026-11-23 09:45:00"),
        ("0 0 8-10/2,22 * * *", "2026-11-23 10:00:00"),
        ("0 0 0 1 1 *", "2027-01-01 00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 0 13 * 5", "2027-08-13 00:00:00"),
    ],
)
def test_the_next_moment_is_found(text: str, expected: str) -> None:
    found = Schedule.parse(text).next_after(MONDAY)
    assert f"{found:%Y-%m-%d %H:%M:%S}" == expected


def test_each_moment_follows_the_one_before() -> None:
    schedule, moment, found = Schedule.parse("0 59 23 * * *"), MONDAY, []
    for _ in range(3):
        moment = schedule.next_after(moment)
        found.append((moment.day, moment.hour, moment.minute, moment.microsecond))
    assert found == [(day, 23, 59, 0) for day in (23, 24, 25)]


@pytest.mark.parametrize(
    "text",
    [
        *("", "* * * * *", "60 * * * * *", "0 0 0 0 * *", "0 0 0 * * SUN", "0 5-2 * * * *"),
        "a * * * * *",
    ],
)
def test_a_schedule_that_is_not_supported_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Schedule.parse(text)


def test_a_schedule_that_never_comes_round_is_an_error() -> None:
    with pytest.raises(ValueError, match="never"):
        Schedule.parse("0 0 0 30 2 *").next_after(MONDAY)
