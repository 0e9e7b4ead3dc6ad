"""A photo that is stored puts one message into the queue before its receipt, if there is a
channel. A queue that fails costs no photo."""

from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from function_app.alerts.recording import is_loss_of_stored
from function_app.ingest.known import find_missing
from function_app.maintenance.repair import reconcile
from function_app.notification_queue.messages import Message, PhotoMessage, parse_message
from function_app.notification_queue.notifier import UNQUEUED, Notifier
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.errors import StorageUnavailableError
from photo_wire.alert import LOSS, Alert
from photo_wire.headers import UPLOAD_PATH
from photo_wire.name import PhotoName
from tests.support.api import name_of, photo_headers
from tests.support.handlers import call
from tests.support.memory_store import MemoryIndex, MemoryQueue, MemoryTable, memory_services
from tests.support.pictures import jpeg
from tests.support.stored_photos import NOW, stored
from tests.support.waiting import wait_for


class FailingQueue(MemoryQueue):
    def put(self, text: str, delay: timedelta = timedelta(0)) -> None:
        raise StorageUnavailableError("down")


class SlowQueue(MemoryQueue):
    """Takes a message only once the photo is indexed."""

    def __init__(self, index: MemoryIndex) -> None:
        super().__init__()
        self._index = index

    def put(self, text: str, delay: timedelta = timedelta(0)) -> None:
        wait_for(lambda: self._index.listed)
        super().put(text, delay)


class Backend:
    def __init__(
        self,
        queue: MemoryQueue | None = None,
        is_on: bool = True,
        index: MemoryIndex | None = None,
    ) -> None:
        self.queue, self.rows = queue or MemoryQueue(), MemoryTable()
        notifier = Notifier(self.queue, self.rows)
        self.services: Services = memory_services(
            Settings(""), notifications=self.rows, notifier=notifier, index=index or MemoryIndex()
        )
        notifier.set_has_channels(is_on, datetime.now(UTC))

    def put(self, name: PhotoName, body: bytes) -> int:
        request = func.HttpRequest(
            "PUT",
            f"http://127.0.0.1:7071{UPLOAD_PATH}",
            headers=photo_headers(name),
            body=body,
        )
        return call("put_photo", request, self.services).status

    @property
    def messages(self) -> list[Message]:
        return [parse_message(text) for text in self.queue.texts]


def test_a_stored_photo_puts_its_message() -> None:
    backend, name = Backend(), name_of("gate")
    assert backend.put(name, jpeg()) == 201
    (message,) = backend.messages
    assert isinstance(message, PhotoMessage)
    assert message.name == name


def test_the_receipt_comes_after_the_message() -> None:
    """A device sends again what has no receipt, so a crash costs no notification."""
    index = MemoryIndex()
    backend = Backend(SlowQueue(index), index=index)
    assert backend.put(name_of("gate"), jpeg()) == 201
    assert len(backend.messages) == 1


def test_without_a_channel_a_photo_puts_none() -> None:
    backend = Backend(is_on=False)
    assert backend.put(name_of("gate"), jpeg()) == 201
    assert backend.messages == []


def test_what_is_rejected_puts_no_message() -> None:
    backend = Backend()
    assert backend.put(name_of("gate"), b"no photo at all") == 415
    assert backend.messages == []


def test_a_queue_that_fails_costs_no_photo() -> None:
    """The message waits in the table."""
    backend = Backend(FailingQueue())
    assert backend.put(name_of("gate"), jpeg()) == 201
    assert len(backend.rows.query(UNQUEUED, 10)) == 1
    assert backend.services.notifier.lost == 0


def test_a_photo_that_is_found_later_puts_its_message() -> None:
    """By a device that asks for it, by the report of its loss, or by the repair."""
    for days, count in ((0.5, 1), (2, 0)):
        backend = Backend()
        photo = stored(backend.services, "gate", days, listed=False)
        assert find_missing([photo.name], backend.services, NOW) == set()
        assert len(backend.messages) == count

        backend = Backend()
        photo = stored(backend.services, "gate", days, listed=False)
        details = {"content_type": "image/jpeg", "sha256": photo.sha256}
        loss = Alert(photo.name, LOSS, "no-room", details)
        assert is_loss_of_stored(loss, backend.services, NOW)
        assert len(backend.messages) == count

        backend = Backend()
        photo = stored(backend.services, "gate", days, listed=False)
        assert reconcile(backend.services, NOW).listed == 1
        assert len(backend.messages) == count
        assert reconcile(backend.services, NOW).listed == 0
        assert len(backend.messages) == count


@pytest.mark.parametrize("number", range(2))
def test_a_photo_that_is_sent_again_puts_its_message_again(number: int) -> None:
    """Whoever reads the message remembers it: a crash may have come before the first one."""
    backend, name = Backend(), name_of("gate")
    for _ in range(number + 1):
        assert backend.put(name, jpeg()) in (200, 201)
    assert len(backend.messages) == number + 1
