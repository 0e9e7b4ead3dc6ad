"""What each store of alerts promises, in memory and on Azure Storage."""

from dataclasses import replace
from datetime import timedelta

from function_app.services import Services
from function_app.storage.models import StoredAlert, alert_key
from photo_wire.alert import LOSS, Alert
from tests.support.api import MOMENT, name_of


def test_alerts_of_some_cameras_are_found_among_all(empty: Services) -> None:
    """In the order of the list of all, with those that were taken back."""
    cameras = [f"camera-{number}" for number in range(6)]
    alerts = [
        StoredAlert(Alert(name_of(one), LOSS, "no-room"), MOMENT + timedelta(seconds=number))
        for number, one in enumerate(cameras)
    ]
    empty.alerts.add(alerts)
    empty.alerts.take_back(alerts[2])
    of = {cameras[0], cameras[2], cameras[5], "camera-none"}
    own = [alerts[5], replace(alerts[2], is_taken_back=True), alerts[0]]
    assert empty.alerts.newest_of_some(of, 10, None) == own
    assert empty.alerts.newest_of_some(of, 1, None) == own[:1]
    assert empty.alerts.newest_of_some(of, 10, alert_key(alerts[3])) == own[1:]
    assert empty.alerts.newest_of_some({"camera-none"}, 1, None) == []
