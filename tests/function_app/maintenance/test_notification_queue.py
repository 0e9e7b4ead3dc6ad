"""What the timer puts into the queue, and what it reports of messages that could not be handled."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.maintenance.notification_queue import tend_queue
from function_app.notification_queue.messages import (
    AlertMessage,
    ChannelMessage,
    PhotoMessage,
    format_message,
    parse_message,
)
from function_app.notification_queue.notifier import UNQUEUED, Notifier
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.errors import StorageUnavailableError
from photo_wire.alert import LOSS, UNDELIVERED
from photo_wire.moment import format_time
from photo_wire.name import PhotoName, new_name
from tests.support.memory_store import MemoryQueue, MemoryTable, memory_services

NOW = datetime(2026, 11, 28, 12, 34, 56, tzinfo=UTC)


def name(camera: str, number: int) -> PhotoName:
    return new_name(camera, NOW, f"{number:08x}")


class Backend:
    """A backend with a channel, or without one."""

    def __init__(self, is_on: bool = True) -> None:
        self.queue, self.rows = MemoryQueue(), MemoryTable()
        notifier = Notifier(self.queue, self.rows)
        self.services: Services = memory_services(
            Settings(""), notifications=self.rows, notifier=notifier
        )
        if is_on:
            notifier.set_has_channels(True, NOW)

    def alerts(self) -> dict[str, str]:
        """The reasons of all alerts by camera."""
        kept = self.services.alerts.newest(100, None)
        assert {one.alert.kind for one in kept} <= {UNDELIVERED}
        return {one.alert.name.camera: one.alert.reason for one in kept}


def test_what_the_queue_did_not_take_is_put() -> None:
    backend = Backend()
    text = format_message(ChannelMessage("c1"))
    backend.rows.upsert(UNQUEUED, "a", {"message": text, "due": format_time(NOW)})
    tend_queue(backend.services, NOW)
    assert backend.queue.texts == [text]
    assert backend.rows.query(UNQUEUED, 10) == []


def test_a_message_that_still_fails_hides_nothing_that_could_not_be_handled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend, text = Backend(), format_message(ChannelMessage("c1"))
    backend.rows.upsert(UNQUEUED, "a", {"message": text, "due": format_time(NOW)})
    backend.services.poison.put(format_message(PhotoMessage(name("gate", 1), NOW)))
    put = backend.queue.put

    def fail_for_the_row(one: str, delay: timedelta = timedelta(0)) -> None:
        if one == text:
            raise StorageUnavailableError("400")
        put(one, delay)

    monkeypatch.setattr(backend.queue, "put", fail_for_the_row)
    with pytest.raises(StorageUnavailableError):
        tend_queue(backend.services, NOW)
    assert list(backend.alerts()) == ["gate"]


def test_what_could_not_be_handled_becomes_an_alert_of_its_camera() -> None:
    """One for each camera, of which people are told in turn. Other messages are of the backend."""
    backend = Backend()
    for text in (
        format_message(PhotoMessage(name("gate", 1), NOW)),
        format_message(PhotoMessage(name("gate", 2), NOW)),
        format_message(AlertMessage(name("barn", 3), LOSS, "key")),
        format_message(ChannelMessage("c1")),
        "not a message",
    ):
        backend.services.poison.put(text)
    tend_queue(backend.services, NOW)
    assert backend.alerts() == {
        "gate": f"nobody was told of {name('gate', 1)} and 1 more: the notification failed "
        "five times; the app's log says why",
        "barn": f"nobody was told of {name('barn', 3)}: the notification failed five times; the "
        "app's log says why",
        "backend": "some deliveries are late or lost: the notification failed five times; the "
        "app's log says why",
    }
    assert len(backend.queue.texts) == 3
    tend_queue(backend.services, NOW)
    assert len(backend.queue.texts) == 3


def test_an_alert_of_it_that_fails_in_turn_makes_no_further_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend = Backend()
    backend.services.poison.put(format_message(PhotoMessage(name("gate", 1), NOW)))
    tend_queue(backend.services, NOW)
    (text,) = backend.queue.texts
    message = parse_message(text)
    assert isinstance(message, AlertMessage)
    assert message.kind == UNDELIVERED
    backend.services.poison.put(text)
    tend_queue(backend.services, NOW)
    assert backend.queue.texts == [text]
    assert len(backend.alerts()) == 1
    assert caplog.text.count("could not be handled") == 2
    assert backend.services.poison.receive(32, NOW - NOW) == []


def test_without_a_channel_neither_is_looked_at() -> None:
    backend = Backend(is_on=False)
    backend.services.poison.put("not a message")
    tend_queue(backend.services, NOW)
    assert backend.alerts() == {}
