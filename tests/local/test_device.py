"""The motion sensor of `make run`: what it detects where the picture is watched for motion."""

from datetime import UTC, datetime

from local.device import detects_by_settings, feels_wind, sees_visitor
from pi_uploader.cameras.simulated.scene import VISIT_EVERY, WIDTH, find_visit

BEGIN = datetime(2026, 11, 20, 18, 0, tzinfo=UTC).timestamp()
VISITS = 90
LOOKS = [BEGIN + number / 2 for number in range(int(VISITS * VISIT_EVERY * 2))]  # an hour


def test_it_detects_every_visitor_while_all_of_them_is_in_the_picture() -> None:
    visits = [find_visit(look, is_watched=True) for look in LOOKS if sees_visitor(look)]
    assert len({visit.number for visit in visits if visit}) == VISITS
    assert all(visit and 115 <= visit.x <= WIDTH - 115 for visit in visits)


def test_warm_wind_comes_once_in_each_pause() -> None:
    """A second before it and after it nobody is in the picture, so that a stub becomes of it."""
    winds = [look for look in LOOKS if feels_wind(look - 0.5, look)]
    assert len(winds) == VISITS
    assert not any(
        find_visit(wind + late, is_watched=True) for wind in winds for late in (-1.5, 0.0, 6.5)
    )


def test_wind_comes_only_where_the_picture_has_to_confirm() -> None:
    """Where no picture is watched, it detects something at each look, as it always did."""
    wind = next(look for look in LOOKS if feels_wind(look - 0.5, look))
    confirm, motion = {"CAMERA_CONFIRM": "picture"}, {"CAMERA_MOTION": "medium"}
    assert detects_by_settings(confirm)(wind - 0.5, wind)
    assert not detects_by_settings(motion)(wind - 0.5, wind)
    assert not detects_by_settings(confirm)(wind + 1.0, wind + 1.5)
    assert detects_by_settings({})(wind + 1.0, wind + 1.5)
