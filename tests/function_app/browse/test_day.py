"""A day of a time zone: when it begins and ends, and which of its photos are shown."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from function_app.browse import day as days
from function_app.browse.day import Selection, day_bounds, find_day, read_part
from function_app.services import Services
from function_app.settings import Settings
from tests.support.many_cameras import Requests
from tests.support.memory_store import memory_services
from tests.support.pages import add_photo

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 11, 20)
START, END = day_bounds(DAY, UTC)


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("UTC", "2026-11-20", "2026-11-20T00:00Z", 24),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z", 25),
        ("Asia/Kathmandu", "2026-11-20", "2026-11-19T18:15Z", 24),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00Z", 24.5),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z", 23),  # begins at 1
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z", 0),  # was left out
        ("Asia/Tokyo", "1970-01-01", "1970-01-01T00:00Z", 15),  # no photo is older
    ],
)
def test_a_day_is_that_of_its_zone(zone: str, day: str, start: str, hours: float) -> None:
    found, end = day_bounds(date.fromisoformat(day), ZoneInfo(zone))
    assert found == datetime.fromisoformat(start)
    assert end - found == timedelta(hours=hours)


def test_days_follow_each_other_without_a_gap() -> None:
    for zone in (BERLIN, ZoneInfo("America/Havana"), ZoneInfo("Pacific/Apia")):
        ends = None
        for number in range(366 * 2):
            start, end = day_bounds(date(2011, 1, 1) + timedelta(days=number), zone)
            assert ends in (None, start)
            ends = end


def test_photos_of_a_day_are_events_of_each_camera(services: Services) -> None:
    """The latest one first, by its first photo; those of other days are not among them."""
    for seconds in (0, 30, 60, 500):
        add_photo(services, START + timedelta(seconds=seconds))
    add_photo(services, START + timedelta(seconds=45), "drive")
    add_photo(services, START - timedelta(milliseconds=1))
    add_photo(services, END)
    part = read_part(services.index, Selection(), START, END, END)
    found = [(one.photos[0].name.camera, len(one.photos)) for one in part.events]
    assert found == [("gate", 1), ("drive", 1), ("gate", 3)]
    assert (part.count, part.continues_before) == (5, None)


def test_a_part_shows_one_camera_and_one_trigger(services: Services) -> None:
    add_photo(services, START)
    add_photo(services, START, trigger="demand", number=1)
    add_photo(services, START, "drive", "demand")
    for selection, count in (
        (Selection(), 3),
        (Selection(camera="gate"), 2),
        (Selection(trigger="demand"), 2),
        (Selection(frozenset({"drive"})), 1),
        (Selection(frozenset({"drive"}), camera="gate"), 0),
        (Selection(frozenset({"drive", "gate"}), "gate", "motion"), 1),
    ):
        assert read_part(services.index, selection, START, END, END).count == count


def test_the_parts_of_a_full_day_have_all_its_photos(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part begins with the photos of the millisecond with which the one before ended."""
    monkeypatch.setattr(days, "MAX_PHOTOS", 7)
    names = {
        add_photo(services, START + timedelta(minutes=number // 2), number=number).name
        for number in range(30)
    }
    seen, until, parts = set(), END, 0
    while True:
        part = read_part(services.index, Selection(), START, END, until)
        assert part.count <= 7
        seen |= {photo.name for event in part.events for photo in event.photos}
        parts += 1
        if part.continues_before is None:
            break
        until = part.continues_before
    assert seen == names
    assert parts == 5


def test_a_part_before_the_day_is_empty(services: Services) -> None:
    add_photo(services, START)
    assert read_part(services.index, Selection(), START, END, START).events == []
    assert read_part(services.index, Selection(), START, START, END).events == []


def test_the_nearest_day_with_photos_is_found(services: Services) -> None:
    """In the viewer's zone, however far away."""
    add_photo(services, datetime(2016, 3, 4, 23, 30, tzinfo=UTC))
    add_photo(services, datetime(2026, 11, 22, 22, 59, tzinfo=UTC), trigger="demand")
    bounds = day_bounds(DAY, BERLIN)
    gate, other = Selection(), Selection(camera="drive")
    assert find_day(services.index, gate, bounds[0], BERLIN, later=False) == date(2016, 3, 5)
    assert find_day(services.index, gate, bounds[1], BERLIN, later=True) == date(2026, 11, 22)
    assert find_day(services.index, other, bounds[1], BERLIN, later=True) is None
    motion = Selection(trigger="motion")
    assert find_day(services.index, motion, bounds[1], BERLIN, later=True) is None


def test_the_search_for_a_trigger_ends(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the day of the last photo that was looked at."""
    monkeypatch.setattr(days, "MAX_PHOTOS", 3)
    for number in range(1, 6):
        add_photo(services, START - timedelta(days=number))
    demand = Selection(trigger="demand")
    assert find_day(services.index, demand, START, UTC, later=False) == DAY - timedelta(days=3)


@pytest.mark.parametrize("days_away", [1, 6, 8, 400])
@pytest.mark.parametrize("later", [True, False])
def test_a_viewer_of_some_cameras_finds_the_same_days(
    services: Services, days_away: int, later: bool
) -> None:
    """One request finds what is near, however many cameras these are; for what is far away each is
    asked."""
    cameras = [f"camera-{number:02}" for number in range(20)]
    away = timedelta(days=days_away if later else -days_away)
    add_photo(services, START + away / 2, "others")
    add_photo(services, START + away, cameras[7])
    requests = Requests()
    found = find_day(
        requests.of(services).index, Selection(frozenset(cameras)), START, UTC, later=later
    )
    assert found == DAY + away
    assert requests.count == (1 if days_away < 7 else 1 + len(cameras))
    nobody = Selection(frozenset({"camera-1", "camera-2"}))
    assert find_day(services.index, nobody, START, UTC, later=later) is None
