"""The rows of days say what a camera did, whatever happened and wherever a run was stopped."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from function_app.alerts.recording import record_alerts
from function_app.auth.caller import Caller, Scope
from function_app.days import lane
from function_app.days.lane import Interval
from function_app.days.lanes import lanes
from function_app.days.minutes import minute_of
from function_app.days.timeline import read_known
from function_app.maintenance.counting import update_figures
from function_app.maintenance.deletion import delete, delete_camera_data
from function_app.maintenance.repair import reconcile
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.day_keys import DAYS
from function_app.storage.models import Photo, StoredAlert
from photo_wire.alert import LOSS, Alert
from photo_wire.media import Media
from photo_wire.name import new_name
from tests.support.camera_traffic import log_nothing
from tests.support.devices import bind
from tests.support.interruptions import StoppedError, fragile, until_done
from tests.support.memory_store import memory_services
from tests.support.silent_devices import START, Fleet, at

OWNER = Caller("owner", frozenset(Scope))
VIEWER = Caller("vera", frozenset({Scope.READ}), frozenset({"gate"}))


def add_photo(services: Services, minutes: float, came: float, camera: str = "gate") -> Photo:
    """Store a photo that was taken and came at these minutes."""
    tag = f"{abs(hash((minutes, came))) % 16**8:08x}"
    photo = Photo(new_name(camera, at(minutes), tag), Media.JPEG, "ab" * 32, 1, at(came))
    services.blobs.add(photo, b"1")
    services.index.add(photo, at(came))
    return photo


def shown(
    services: Services,
    first: float,
    end: float,
    now: float,
    caller: Caller = OWNER,
    camera: str = "gate",
) -> list[tuple[float, float, str]]:
    """Return the intervals of a camera in minutes, with state and reason, by its lane."""
    found = lanes(services, caller, (at(first), at(end)), at(now), {camera})
    return described(found[0].intervals)


def described(intervals: list[Interval]) -> list[tuple[float, float, str]]:
    def minutes(moment: datetime) -> float:
        return (moment - START) / timedelta(minutes=1)

    return [
        (
            minutes(one.start),
            minutes(one.end),
            " ".join(filter(None, (one.condition.state, one.condition.reason))),
        )
        for one in intervals
    ]


def timeline(
    services: Services, first: float, end: float, camera: str = "gate"
) -> list[tuple[float, float, str]]:
    """Return the same by the timeline."""
    known, _ = read_known(services, camera, camera, (at(first), at(end)))
    return described(
        lane.intervals([known], known.first, known.end, minute_of(START) - 10_000_000, True)
    )


def lived(services: Services) -> Fleet:
    """Let a camera record, be silent, and send photos later, over midnight."""
    fleet = Fleet(services)
    bind(services, "gate", "gate")
    fleet.run(-20, -1)
    for minutes in range(0, 600, 5):
        fleet.beat("gate", minutes)
        fleet.run(minutes + 0.5)
        if minutes == 100:
            add_photo(services, 98.2, 98.5)
        update_figures(services, at(minutes + 1))
    for minutes in range(600, 900, 10):
        for later in range(minutes, minutes + 10, 4):
            fleet.run(later)
        update_figures(services, at(minutes))
    fleet.beat("gate", 900.5)
    fleet.run(901)
    for taken in (700.5, 701.5, 750):
        add_photo(services, taken, 902)
    update_figures(services, at(903))
    fleet.beat("gate", 905.5)
    update_figures(services, at(906))
    return fleet


def test_a_night(services: Services) -> None:
    """It is the same in the rows and in the timeline; the lane of a viewer's day takes one
    request."""
    lived(services)
    expected = [
        (-10, 0, "unknown"),
        (0, 98, "quiet"),
        (98, 99, "recorded"),
        (99, 595, "quiet"),
        (595, 700, "silent"),
        (700, 702, "late"),
        (702, 750, "silent"),
        (750, 751, "late"),
        (751, 901, "silent"),
        (901, 905, "quiet"),
        (905, 906, "unknown no-heartbeat-yet"),
    ]
    assert timeline(services, -10, 906) == expected
    assert shown(services, -10, 920, 910) == [*expected, (906, 910, "unknown not-counted-yet")]
    assert shown(services, -10, 920, 906, VIEWER) == expected
    silent = lanes(services, OWNER, (at(600), at(720)), at(906))[0].intervals[0]
    assert silent.condition.details == {
        "from": "2026-11-20T21:55:00.000Z",
        "to": "2026-11-21T03:00:30.000Z",
        "photos": 2,
        "came_from": "2026-11-21T03:02:00.000Z",
        "came_to": "2026-11-21T03:02:00.000Z",
    }


def test_photos_that_are_lost_deleted_or_expired(services: Services) -> None:
    fleet = Fleet(services)
    bind(services, "gate", "gate")
    fleet.beat("gate", 0)
    photos = [add_photo(services, minute, minute + 0.2) for minute in (2.5, 4.5, 6.5)]
    fleet.beat("gate", 5)
    fleet.beat("gate", 10)
    update_figures(services, at(10.5))
    recorded = [(2, 3, "recorded"), (4, 5, "recorded"), (6, 7, "recorded")]
    assert [one for one in shown(services, 1, 9, 11) if "quiet" not in one] == recorded
    delete(photos[0], services, at(11))
    delete(photos[1], services)
    lost = Alert(new_name("gate", at(8.5), "0000000f"), LOSS, "no-room")
    record_alerts([StoredAlert(lost, at(11))], services, at(11))
    update_figures(services, at(11.5))
    others = [(4, 5, "expired"), (6, 7, "recorded"), (8, 9, "lost")]
    seen = [one for one in shown(services, 1, 9, 12) if "quiet" not in one]
    assert seen == [(2, 3, "unknown deleted"), *others]
    seen = [one for one in shown(services, 1, 9, 12, VIEWER) if "quiet" not in one]
    assert seen == [(2, 3, "unknown"), *others]
    assert timeline(services, 1, 9) == shown(services, 1, 9, 12)


def test_rows_of_an_older_version_are_built(services: Services) -> None:
    """Of a backend that has figures, and no rows of days: today's at the first run, the others
    after that, all at once if there is time."""
    lived(services)
    expected = shown(services, -10, 906, 906)
    rows = services.figures.rows
    for row in rows.query(DAYS, 1000):
        rows.remove(DAYS, row.key)
    update_figures(services, at(907))
    assert shown(services, -10, 905, 907) == [*expected[:-1]]


def test_a_row_that_somebody_removed_is_built_by_the_repair(services: Services) -> None:
    lived(services)
    expected = shown(services, -10, 900, 906)
    services.figures.rows.remove(DAYS, f"d~{START.date()}~gate")
    assert shown(services, -10, 900, 906) != expected
    reconcile(services, at(906))
    update_figures(services, at(906))
    assert shown(services, -10, 900, 906) == expected


def test_a_camera_that_is_deleted_has_no_lane(services: Services) -> None:
    lived(services)
    add_photo(services, 903, 903, "yard")
    update_figures(services, at(906.5))
    assert [one.camera for one in lanes(services, OWNER, (at(0), at(906)), at(907))] == [
        "gate",
        "yard",
    ]
    delete_camera_data("gate", services, at(907), log_nothing)
    update_figures(services, at(908))
    assert [one.camera for one in lanes(services, OWNER, (at(0), at(906)), at(908))] == ["yard"]
    kept = [row.key for row in services.figures.rows.query(DAYS, 1000) if "gate" in row.key]
    assert kept == []


def test_a_run_may_be_stopped_anywhere() -> None:
    """The next one finishes it; nothing is said twice or left out."""
    services = memory_services(Settings(""))
    fleet = Fleet(services)
    bind(services, "gate", "gate")
    fleet.beat("gate", 0)
    add_photo(services, 2.5, 3)
    update_figures(services, at(4))
    for number in range(30):
        minute = 5.0 + 5 * number
        photo = add_photo(services, minute - 2.5, minute - 2)
        fleet.beat("gate", minute)
        if number % 3 == 2:
            delete(photo, services)
        try:
            update_figures(fragile(services, number % 13), at(minute + 0.5))
        except StoppedError:
            update_figures(services, at(minute + 0.6))
        first = minute - 5
        condition = "expired" if number % 3 == 2 else "recorded"
        assert shown(services, first, minute, minute + 1) == [
            (first, first + 2, "quiet"),
            (first + 2, first + 3, condition),
            (first + 3, minute, "quiet"),
        ]
        assert timeline(services, 0, minute) == shown(services, 0, minute, minute + 1)


def test_each_run_ends(services: Services) -> None:
    """However often it is stopped."""
    fleet = Fleet(services)
    bind(services, "gate", "gate")
    fleet.beat("gate", 0)
    add_photo(services, 2.5, 3)

    def work(backend: Services) -> Any:
        return update_figures(backend, at(4))

    assert until_done(work, services) <= 12
    assert shown(services, 0, 4, 4)[-2:] == [(2, 3, "recorded"), (3, 4, "unknown no-heartbeat-yet")]


@pytest.mark.parametrize("days", [1, 40])
def test_timers_that_were_down(days: int) -> None:
    """Every day in between has rows afterwards."""
    services = memory_services(Settings(""))
    fleet = Fleet(services)
    bind(services, "gate", "gate")
    fleet.beat("gate", 0)
    update_figures(services, at(1))
    for day in range(days + 1):
        fleet.beat("gate", day * 1440 + 700, goodbye="shutdown")
        add_photo(services, day * 1440 + 699.5, day * 1440 + 699.9)
    end = days * 1440 + 701
    update_figures(services, at(end))
    for day in range(days + 1):
        start = day * 1440 + 690
        assert shown(services, start, start + 11, end)[-2:] == [
            (start + 9, start + 10, "recorded"),
            (start + 10, start + 11, "silent shutdown"),
        ]
