"""The motion sensor of `make run`: what it detects where the picture is watched for motion."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from gpiozero import DigitalInputDevice
from gpiozero.pins.mock import MockFactory

from local import device
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


class EndedError(Exception):
    """The simulation has run for long enough."""


def test_the_first_movement_waits_for_the_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the program takes to open it: the next one may come an hour later."""
    factory, sensors, moved = MockFactory(), list[DigitalInputDevice](), list[float]()
    pin, seconds = factory.pin(17), 0.0

    def sleep(pause: float) -> None:
        nonlocal seconds
        seconds += pause
        if seconds > 60 and not sensors:
            assert not pin.state
            sensors.append(DigitalInputDevice(17, pull_up=False, pin_factory=factory))
            sensors[0].when_activated = lambda: moved.append(seconds)
        if seconds > 120:
            raise EndedError

    monkeypatch.setattr(device, "time", SimpleNamespace(sleep=sleep, time=lambda: seconds))
    with pytest.raises(EndedError):
        device._simulate_motion(pin, 3600.0, lambda since, now: True)
    assert [60 < at < 70 for at in moved] == [True]
    sensors[0].close()
