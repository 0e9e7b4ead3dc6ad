"""The calendar: a month with the number of photos of each day."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.settings import Settings
from tests.support.many_cameras import Requests
from tests.support.many_cameras import add_photo as add_photo_of
from tests.support.memory_store import memory_services
from tests.support.pages import add_photo, open_page, session_cookie
from tests.support.stopped_clock import stop_clock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))


def counted(services: Services, now: datetime) -> Services:
    """Return the services after the counting timer has run."""
    update_figures(services, now)
    return services


def shown(services: Services, path: str, cookie: str) -> str:
    reply = open_page(services, "get_days", path, cookie)
    assert reply.status == 200, reply.body
    return reply.body.decode()


def test_a_month_has_the_counts_of_its_days(services: Services) -> None:
    """In the viewer's zone, said as of when, with links to the days and to other months."""
    viewer = session_cookie(services)
    for number in range(3):
        add_photo(services, NOON, number=number)
    add_photo(services, datetime(2026, 11, 20, 23, 30, tzinfo=UTC), number=9)
    page = shown(counted(services, datetime.now(UTC)), "/days?month=2026-11&camera=gate", viewer)
    assert 'href="/days/2026-11-20?camera=gate"' in page
    assert ">20 Nov 2026: 4 photos<" in page
    assert "Counted at" in page
    assert 'href="/days?month=2026-10&amp;camera=gate"' in page
    assert "month=2025-11" not in page  # no photo is older
    page = shown(services, "/days?month=2026-11", f"{viewer}; zone=Europe/Berlin")
    assert ">20 Nov 2026: 3 photos<" in page
    assert ">21 Nov 2026: 1 photo<" in page


def test_years_before_the_first_photo_are_not_offered(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most ten years are. Whoever does not see all cameras is offered as many."""
    stop_clock(monkeypatch, NOON)
    viewer = session_cookie(services)
    assert "month=2025-11" in shown(services, "/days?month=2026-11", viewer)  # nothing is known
    for year, first in ((2024, 2024), (2010, 2017)):
        add_photo(services, NOON.replace(year=year))
        counted(services, NOON)
        page = shown(services, "/days?month=2026-11", viewer)
        assert f"month={first}-11" in page
        assert f"month={first - 1}-11" not in page
    assert "month=2020-11" in shown(services, "/days?month=2020-11", viewer)
    cookie = session_cookie(services, frozenset({"drive"}))
    assert "month=2017-11" in shown(services, "/days?month=2026-11", cookie)


def test_a_viewer_counts_no_other_cameras(services: Services) -> None:
    add_photo(services, NOON)
    cookie = session_cookie(services, frozenset({"drive"}))
    page = shown(counted(services, datetime.now(UTC)), "/days?month=2026-11", cookie)
    assert "0 photos" in page
    assert open_page(services, "get_days", "/days?camera=gate", cookie).status == 404


def test_the_form_leads_to_a_day(services: Services) -> None:
    viewer = session_cookie(services)
    query = "date=2016-03-04&from=12%3A30&camera=gate&trigger="
    reply = open_page(services, "get_days", f"/days?{query}", viewer)
    assert reply.status == 303
    assert reply.headers["Location"] == "/days/2016-03-04?camera=gate&from=12%3A30"


def test_the_ends_of_the_calendar(services: Services) -> None:
    viewer = session_cookie(services)
    assert 'id="previous-month"' not in shown(services, "/days?month=1970-01", viewer)
    assert 'id="next-month"' not in shown(services, "/days?month=2999-12", viewer)
    for month in ("2026-13", "2026", "1969-12", "3000-01", "x"):
        assert open_page(services, "get_days", f"/days?month={month}", viewer).status == 400
    assert "<html" not in shown(services, "/days?part=", viewer)


@pytest.mark.parametrize("cameras", [3, 1000])
def test_a_month_takes_three_requests(services: Services, cameras: int) -> None:
    """Those of the session, of the counts, and of when these were counted."""
    viewer = session_cookie(services)
    for number in range(cameras):
        add_photo_of(services, number, NOON - timedelta(minutes=number))
    counted(services, NOON + timedelta(hours=1))
    requests = Requests()
    for query in ("?month=2026-11", "?month=2026-11&camera=camera-0001"):
        before = requests.count
        page = open_page(requests.of(services), "get_days", f"/days{query}", viewer)
        assert page.status == 200
        assert requests.count - before <= 3
