"""Alerts that people are told of: whoever records one need not think of it."""

from collections.abc import Callable
from datetime import timedelta

from function_app.notification_queue.messages import AlertMessage
from function_app.notification_queue.notifier import Notifier
from function_app.storage.interfaces import Alerts
from function_app.storage.models import StoredAlert, alert_key
from photo_wire.alert import BACK, SILENT, Alert

# Of devices that fall silent together one alert is shown: those after the first are joined to it.
JOIN_TIME = timedelta(seconds=5)
_JOINED_KINDS = (SILENT, BACK)


class NotifyingAlerts:
    """Alerts in `alerts`, of which `notifier` tells once they are stored, also of those that were
    stored before: a crash may have prevented it."""

    def __init__(self, alerts: Alerts, notifier: Notifier) -> None:
        self.alerts = alerts
        self._notifier = notifier
        self.newest = alerts.newest
        self.newest_of = alerts.newest_of
        self.newest_of_some = alerts.newest_of_some
        self.index_by_camera = alerts.index_by_camera
        self.find = alerts.find
        self.take_back = alerts.take_back
        self.remove_some_of = alerts.remove_some_of

    def add(self, alerts: list[StoredAlert]) -> None:
        self.alerts.add(alerts)
        self._tell(alerts)

    def join(
        self, first: StoredAlert, joined: StoredAlert, combine: Callable[[Alert], Alert]
    ) -> None:
        self.alerts.join(first, joined, combine)
        self._tell([joined])

    def _tell(self, alerts: list[StoredAlert]) -> None:
        for delay in (None, JOIN_TIME):
            some = [one for one in alerts if (one.alert.kind in _JOINED_KINDS) == bool(delay)]
            messages = [
                AlertMessage(one.alert.name, one.alert.kind, alert_key(one)) for one in some
            ]
            if some:
                self._notifier.tell(messages, some[0].received_at, delay)
