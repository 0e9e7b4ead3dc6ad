"""The function without a route that is no timer: the one that reads the queue of notifications."""

import azure.functions as func
import pytest

from function_app import build_app
from function_app.notification_queue.messages import ChannelMessage, format_message
from function_app.settings import Settings
from function_app.storage.azure.queues import NOTIFICATIONS
from local.queues import QueueFunction, QueueOptions, Queues
from photo_wire.errors import WireError
from tests.support.memory_store import memory_services


@pytest.fixture
def notify() -> QueueFunction:
    services = memory_services(Settings(""))
    (found,) = Queues(build_app(lambda: services).get_functions(), {}, QueueOptions()).functions
    return found


def test_the_queue_of_notifications_is_read(notify: QueueFunction) -> None:
    """In the account of the photos."""
    assert (notify.name, notify.queue) == ("notify", NOTIFICATIONS)
    assert notify.connection == "AzureWebJobsStorage"


def test_a_message_is_handled(notify: QueueFunction) -> None:
    text = format_message(ChannelMessage("a-channel-that-is-gone"))
    notify.call(message=func.QueueMessage(body=text))


@pytest.mark.parametrize("body", ["not a message", b"\xff"])
def test_what_is_no_message_comes_again_and_is_poison_then(
    notify: QueueFunction, body: str | bytes
) -> None:
    with pytest.raises(WireError):
        notify.call(message=func.QueueMessage(body=body))
