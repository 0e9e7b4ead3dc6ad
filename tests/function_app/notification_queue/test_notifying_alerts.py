"""Whoever stores an alert puts its message, once there is a channel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from function_app.notification_queue.messages import AlertMessage, parse_message
from function_app.notification_queue.notifier import Notifier
from function_app.settings import Settings
from function_app.storage.models import StoredAlert, alert_key
from photo_wire.alert import LOSS, SILENT, Alert
from photo_wire.name import new_name
from tests.support.memory_store import MemoryQueue, MemoryTable, memory_services

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def alert(kind: str, tag: str) -> StoredAlert:
    return StoredAlert(Alert(new_name("gate", NOW, tag), kind, "a reason"), NOW)


def test_an_alert_that_is_stored_or_joined_puts_a_message() -> None:
    """That of a silence a little later, so that what is joined to it is stored by then."""
    now = NOW
    queue, rows = MemoryQueue(lambda: now), MemoryTable()
    services = memory_services(Settings(""), notifications=rows, notifier=Notifier(queue, rows))
    services.notifier.set_has_channels(True, NOW)
    loss, first, joined = (
        alert(LOSS, "00000001"),
        alert(SILENT, "00000002"),
        alert(SILENT, "00000003"),
    )
    services.alerts.add([loss, first])
    services.alerts.join(first, joined, lambda one: replace(one, reason="two"))
    assert len(services.alerts.newest(10, None)) == 3

    def received() -> list[object]:
        return [parse_message(one.text) for one in queue.receive(32, timedelta(hours=1))]

    def message(one: StoredAlert) -> AlertMessage:
        return AlertMessage(one.alert.name, one.alert.kind, alert_key(one))

    assert received() == [message(loss)]
    now = NOW + timedelta(seconds=5)
    assert received() == [message(first), message(joined)]


def test_without_a_channel_or_an_alert_no_message_is_put() -> None:
    queue, rows = MemoryQueue(), MemoryTable()
    services = memory_services(Settings(""), notifications=rows, notifier=Notifier(queue, rows))
    services.alerts.add([alert(LOSS, "00000001")])
    services.notifier.set_has_channels(True, NOW)
    services.alerts.add([])
    assert queue.texts == []
