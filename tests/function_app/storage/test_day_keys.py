"""The keys of the days' rows, which are persisted, and the ranges in which they lie."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from function_app.storage import day_keys
from tests.photo_wire.strategies import cameras

DAY = date(2026, 11, 20)
days = st.dates(date(1970, 1, 2))
months = days.map(lambda day: f"{day:%Y-%m}")


def test_the_persisted_keys_stay() -> None:
    assert day_keys.DAYS == "days"
    assert (day_keys.GUARD, day_keys.GUARD_AND_WORK) == ("0", ("", "1"))
    assert day_keys.work_key("gate") == "0~gate"
    assert day_keys.day_header_key(DAY) == "d~2026-11-20"
    assert day_keys.day_key(DAY, "gate") == "d~2026-11-20~gate"
    assert day_keys.quarters_key("2026-11", "gate") == "m~2026-11~gate"
    assert day_keys.months_key("gate", "2026-11") == "q~gate~2026-11"
    assert day_keys.all_quarters_key("2026-11") == "s~2026-11"


@given(days, cameras)
def test_a_key_says_its_day_and_camera(day: date, camera: str) -> None:
    assert day_keys.day_and_camera(day_keys.day_key(day, camera)) == (day, camera)
    assert day_keys.day_and_camera(day_keys.day_header_key(day)) == (day, "")
    assert day_keys.camera_of_work_key(day_keys.work_key(camera)) == camera


@given(days, days, days, cameras)
def test_the_rows_of_some_days_lie_between_two_keys(
    first: date, last: date, day: date, camera: str
) -> None:
    after, end = day_keys.days_between(first, last)
    for key in (day_keys.day_header_key(day), day_keys.day_key(day, camera)):
        assert (after < key < end) == (first <= day <= last)


@given(months, months, cameras, cameras)
def test_the_rows_of_a_month_lie_between_two_keys(
    month: str, other: str, camera: str, another: str
) -> None:
    after, end = day_keys.quarters_of(month)
    assert (after < day_keys.quarters_key(other, camera) < end) == (other == month)
    assert day_keys.month_in(day_keys.months_key(camera, month)) == month
    assert day_keys.month_of_key(day_keys.all_quarters_key(month)) == month
    first, last = sorted((month, other))
    after, end = day_keys.months_of(camera, first, last)
    assert all(after < day_keys.months_key(camera, one) < end for one in (first, last))
    is_within = after < day_keys.months_key(another, month) < end
    assert is_within == (another == camera)
    after, end = day_keys.all_quarters_of(first, last)
    assert all(after < day_keys.all_quarters_key(one) < end for one in (first, last))
