"""Once a week the rows of days are checked, and old ones removed."""

from datetime import UTC, timedelta

from function_app.auth.caller import Caller, Scope
from function_app.days.counts import count_by_day
from function_app.days.lanes import lanes
from function_app.days.upkeep import check_totals, purge
from function_app.maintenance.counting import update_figures
from function_app.services import Services
from function_app.storage.day_keys import DAYS, all_quarters_key
from function_app.storage.models import Photo
from photo_wire.media import Media
from photo_wire.name import new_name
from tests.support.devices import bind
from tests.support.silent_devices import START, Fleet, at

OWNER = Caller("owner", frozenset(Scope))
MONTH = f"{START:%Y-%m}"


def add(services: Services, camera: str, minutes: float) -> None:
    photo = Photo(new_name(camera, at(minutes)), Media.JPEG, "ab" * 32, 1, at(minutes))
    services.index.add(photo, at(minutes))


def test_the_photos_of_all_cameras_are_the_sum(services: Services) -> None:
    """Also after somebody changed the row."""
    for camera in ("gate", "yard"):
        add(services, camera, 1)
    update_figures(services, at(3))
    assert check_totals(services) == 0
    right = count_by_day(services, OWNER, None, MONTH, UTC)
    assert right == {START.date(): 2}
    services.figures.rows.upsert(DAYS, all_quarters_key(MONTH), {"d20261101": "1:1"})
    assert check_totals(services) == 1
    assert count_by_day(services, OWNER, None, MONTH, UTC) == right
    assert check_totals(services) == 0


def test_old_days_without_photos_are_removed(services: Services) -> None:
    """Those with photos stay, as long as the photos do."""
    fleet = Fleet(services)
    bind(services, "gate", "gate")
    for day in range(3):
        fleet.beat("gate", day * 1440)
        if day == 1:
            add(services, "gate", day * 1440 + 1)
        update_figures(services, at(day * 1440 + 2))
    later = at(2 * 1440) + timedelta(days=370)
    assert purge(services, at(2 * 1440)) == 0
    assert purge(services, later) > 0
    kept = [row.key for row in services.figures.rows.query(DAYS, 1000, "d~", "d~~")]
    assert kept == [f"d~{START.date() + timedelta(days=1)}~gate"]
    (lane,) = lanes(services, OWNER, (at(1440), at(1450)), later, {"gate"})
    states = [(one.condition.state, one.condition.reason) for one in lane.intervals]
    assert states == [
        ("expired", "older-than-kept"),
        ("recorded", None),
        ("expired", "older-than-kept"),
    ]
