"""Photos by day and hour are those of a recount, in every time zone, for each caller."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.auth.caller import Caller, Scope
from function_app.days.counts import count_by_day, count_by_hour
from function_app.days.quarter_rows import parse_days, to_properties
from function_app.maintenance.counting import update_figures
from function_app.maintenance.deletion import delete
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.day_keys import DAYS, all_quarters_key, months_key, quarters_key
from function_app.storage.models import Photo
from photo_wire.media import Media
from photo_wire.name import new_name
from tests.support.counted_table import CountedTable
from tests.support.memory_store import memory_services

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
OWNER = Caller("owner", frozenset(Scope))
SOME = Caller("vera", frozenset({Scope.READ}), frozenset({"gate", "yard"}))
SPAN, YEAR = (date(2026, 9, 29), date(2026, 11, 3)), (date(2025, 11, 4), date(2026, 11, 3))
ONE = Caller("vera", frozenset({Scope.READ}), frozenset({"gate"}))
NONE = Caller("vera", frozenset({Scope.READ}), frozenset())
CAMERAS = ("gate", "hall", "yard")
ZONES = (
    *("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Adelaide"),
    *("Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns"),
)
# Around the ends of a month and of summer time.
MOMENTS = st.sampled_from((datetime(2026, 10, 1), datetime(2026, 10, 25), datetime(2026, 11, 1)))
TAKEN = st.builds(
    lambda start, minutes: start.replace(tzinfo=UTC) + timedelta(minutes=minutes),
    MOMENTS,
    st.integers(-26 * 60, 26 * 60),
)


def add(services: Services, camera: str, taken: datetime, number: int = 0) -> Photo:
    photo = Photo(new_name(camera, taken, f"{number:08x}"), Media.JPEG, "ab" * 32, 1, NOW)
    services.blobs.add(photo, b"1")
    services.index.add(photo, NOW)
    return photo


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(CAMERAS), TAKEN, st.booleans()), max_size=30))
def test_days_and_hours_are_those_of_a_recount(
    photos: list[tuple[str, datetime, bool]],
) -> None:
    """Also after some were deleted."""
    services = memory_services(Settings(""))
    added = [add(services, *one[:2], number) for number, one in enumerate(photos)]
    update_figures(services, NOW)
    for photo, (_, _, is_deleted) in zip(added, photos, strict=True):
        if is_deleted:
            delete(photo, services, NOW)
    update_figures(services, NOW + timedelta(minutes=1))
    left = [(camera, taken) for camera, taken, is_deleted in photos if not is_deleted]
    for name in ZONES:
        zone = ZoneInfo(name)
        for caller, cameras in ((OWNER, CAMERAS), (SOME, ("gate", "yard")), (ONE, ("gate",))):
            local = [taken.astimezone(zone) for camera, taken in left if camera in cameras]
            days = Counter(one.date() for one in local)
            for month in ("2026-09", "2026-10", "2026-11"):
                expected = {day: days[day] for day in days if f"{day}"[:7] == month}
                assert count_by_day(services, caller, None, month, zone) == expected
            hours = Counter((one.date(), one.hour) for one in local)
            for span in (SPAN, YEAR):
                assert count_by_hour(services, caller, None, span, zone) == hours


def test_a_caller_counts_nothing_of_hidden_cameras() -> None:
    services = memory_services(Settings(""))
    for camera in CAMERAS:
        add(services, camera, NOW - timedelta(hours=1))
    update_figures(services, NOW)
    day = NOW.date()

    def counted(caller: Caller, camera: str | None) -> dict[date, int]:
        return count_by_day(services, caller, camera, "2026-11", UTC)

    assert counted(OWNER, None) == {day: 3}
    assert counted(SOME, None) == {day: 2}
    assert counted(SOME, "hall") == counted(NONE, None) == counted(OWNER, "nowhere") == {}
    assert counted(ONE, "gate") == counted(OWNER, "gate") == {day: 1}


@pytest.mark.parametrize(("caller", "requests"), [(OWNER, 1), (ONE, 1), (SOME, 1), (NONE, 0)])
def test_a_month_of_a_thousand_cameras_is_one_request(caller: Caller, requests: int) -> None:
    """Of who sees two cameras, the rows of those between are read: up to a thousand in one."""
    table = CountedTable()
    services = memory_services(Settings(""), rows=table)
    for number in range(990):
        table.upsert(DAYS, quarters_key("2026-11", f"h{number:04}"), {"d20261101": "1:1"})
    for camera in CAMERAS:
        add(services, camera, NOW - timedelta(hours=1))
    update_figures(services, NOW)
    table.requests.clear()
    count_by_day(services, caller, None, "2026-11", ZoneInfo("Asia/Kathmandu"))
    assert len(table.requests) == requests
    if caller is not SOME:
        table.requests.clear()
        count_by_hour(services, caller, None, YEAR, ZoneInfo("Asia/Kathmandu"))
        assert len(table.requests) == requests


def test_a_damaged_row_counts_nothing_until_it_is_built_again() -> None:
    services = memory_services(Settings(""))
    photo = add(services, "gate", NOW - timedelta(hours=1))
    update_figures(services, NOW)
    for key in (all_quarters_key("2026-11"), quarters_key("2026-11", "gate")):
        damage = {"d20261102": "44-1", "x": "44:1", "d20261399": "1:1"}
        services.figures.rows.upsert(DAYS, key, damage)
    assert count_by_day(services, OWNER, None, "2026-11", UTC) == {}
    add(services, "gate", NOW - timedelta(minutes=30), 1)
    update_figures(services, NOW + timedelta(minutes=1))
    assert count_by_day(services, OWNER, "gate", "2026-11", UTC) == {
        photo.name.captured_at.date(): 2
    }


@pytest.mark.parametrize("is_there", [True, False])
def test_a_month_without_photos_has_no_row(is_there: bool) -> None:
    """Also if somebody removed one of its rows before."""
    services = memory_services(Settings(""))
    photo = add(services, "gate", NOW - timedelta(hours=1))
    update_figures(services, NOW)
    rows = services.figures.rows
    key = months_key("gate", "2026-11")
    assert rows.get(DAYS, key)
    if not is_there:
        rows.remove(DAYS, key)
    delete(photo, services, NOW)
    update_figures(services, NOW + timedelta(minutes=1))
    kept = [row.key for row in rows.query(DAYS, 1000) if row.key.startswith(("m~", "q~", "s~"))]
    assert kept == []


def test_many_photos_in_each_quarter_hour_fit_into_a_row() -> None:
    """Ten million in each, of all days that a row has: within the limits of a column."""
    first = date(2026, 9, 30)
    days = {
        first + timedelta(days=number): dict.fromkeys(range(96), 10_000_000) for number in range(33)
    }
    table = CountedTable()
    columns = to_properties(days)
    assert columns
    table.upsert(DAYS, all_quarters_key("2026-10"), columns)
    assert parse_days(columns) == days
