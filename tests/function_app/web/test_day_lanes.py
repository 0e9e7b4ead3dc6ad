"""What the lanes on the page of a day show, and what the page says of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.days.lane import Interval, Lane, LaneCondition
from function_app.devices import conditions
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.models import State
from function_app.web.day_lanes import DayLanes
from photo_wire.moment import format_time
from tests.support.many_cameras import add_photo as add_photo_of
from tests.support.memory_store import memory_services
from tests.support.pages import add_photo, open_page, session_cookie
from tests.support.silent_devices import at

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD = "still has photos that are no longer there"  # not why: viewers are not told
OF_DAY = "The bars show all photos of the day, not only those listed here."
OF_PHOTOS = "The bars show the photos of the whole day, not the triggers without motion."


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))


@pytest.fixture
def viewer(services: Services) -> str:
    return session_cookie(services)


def shown(services: Services, path: str, cookie: str) -> str:
    reply = open_page(services, "get_day", path, cookie)
    assert reply.status == 200, reply.body
    return reply.body.decode()


def test_a_day_without_photos_says_what_the_cameras_did(services: Services, viewer: str) -> None:
    """In words, beside the lanes with their slider."""
    photos = [add_photo(services, NOON)]
    update_figures(services, NOON + timedelta(days=1))
    page = shown(services, "/days/2026-11-20", viewer)
    assert '<svg class="lanes"' in page
    assert 'max="1440"' in page
    assert 'id="spent"' not in page
    for query in ("?trigger=demand", "?label=cat", "?from=00:30"):
        page = shown(services, f"/days/2026-11-20{query}", viewer)
        assert 'id="spent"' not in page, query
        assert '<svg class="lanes"' in page
    services.index.remove(photos[0], State.EXPIRED)
    page = shown(services, "/days/2026-11-20", viewer)
    assert "<b>gate</b>: 00:00 to 12:00: unknown" in page
    assert "12:00 to 12:01: recorded; 1 photo" in page
    for number in range(4):
        photos.append(add_photo(services, NOON + timedelta(hours=number + 1)))
    update_figures(services, NOON + timedelta(days=1))
    for photo in photos[1:]:
        services.index.remove(photo, State.EXPIRED)
    page = shown(services, "/days/2026-11-20", viewer)
    assert "<b>gate</b>: unknown 23 h 55 min, recorded 4 min, expired 1 min" in page


def test_of_many_cameras_some_lanes_are_shown(services: Services, viewer: str) -> None:
    for number in range(21):
        add_photo_of(services, number, NOON)
    update_figures(services, NOON + timedelta(hours=1))
    page = shown(services, "/days/2026-11-20", viewer)
    assert page.count('role="list"') == 20
    assert "too many cameras" in page
    page = shown(services, "/days/2026-11-20?camera=camera-0020", viewer)
    assert page.count('role="list"') == 1
    assert "too many cameras" not in page


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", None),
        ("?camera=gate", None),
        ("?trigger=motion", OF_DAY),
        ("?label=cat", OF_DAY),
        ("?from=11:00", OF_DAY),
        ("?stubs=only", OF_PHOTOS),
    ],
)
def test_bars_of_what_is_not_listed_are_explained(
    services: Services, viewer: str, query: str, text: str | None
) -> None:
    add_photo(services, NOON)
    update_figures(services, NOON + timedelta(hours=1))
    page = shown(services, f"/days/2026-11-20{query}", viewer)
    assert [one for one in (OF_DAY, OF_PHOTOS) if one in page] == ([text] if text else [])
    assert OLD not in page


@settings(max_examples=settings().max_examples // 4)
@given(
    taken=st.lists(st.integers(0, 9), max_size=8),
    deleted=st.sets(st.integers(0, 7)),
    came=st.lists(st.integers(10, 19), max_size=3),
)
def test_bars_of_what_was_deleted_are_explained(
    taken: list[int], deleted: set[int], came: list[int]
) -> None:
    """Until the next count; what came since is no reason."""
    services = memory_services(Settings(""))
    viewer = session_cookie(services)
    photos = [
        add_photo(services, NOON + timedelta(minutes=minute), number=number)
        for number, minute in enumerate(taken)
    ]
    update_figures(services, NOON + timedelta(hours=1))
    removed = [number for number in deleted if number < len(photos)]
    for number in removed:
        services.index.remove(photos[number], State.DELETED)
    for number, minute in enumerate(came):
        add_photo(services, NOON + timedelta(minutes=minute), number=100 + number)
    page = shown(services, "/days/2026-11-20", viewer)
    assert (OLD in page) is bool(removed)
    assert OF_DAY not in page
    part = shown(services, "/days/2026-11-20?from=12:04", viewer)
    assert OLD not in part
    assert (OF_DAY in part) is bool(taken)  # else there are no bars
    update_figures(services, NOON + timedelta(hours=2))
    assert OLD not in shown(services, "/days/2026-11-20", viewer)


def test_photos_of_a_silence_are_counted_once(services: Services) -> None:
    """They have bars of their own, and the silence only names how many came."""
    listed = [add_photo(services, at(minute)) for minute in (1, 2)]
    silence = LaneCondition(
        conditions.State.SILENT, None, {"from": format_time(at(-9)), "to": None, "photos": 2}
    )
    late = LaneCondition(conditions.State.LATE, None, {"photos": 2, "late": 2})
    intervals = [Interval(at(0), at(1), silence), Interval(at(1), at(3), late)]
    lanes = DayLanes([Lane("gate", [*intervals, Interval(at(3), at(9), silence)])])
    assert not lanes.draw_more_than(listed)
    assert lanes.draw_more_than(listed[:1])
