"""kill -9 while photos arrive: whatever has a receipt has a message, by which people are told.

tests/function_app/notification_queue/test_notifier_faults.py has the faster tests of the message.
"""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests

from function_app.notification_queue.messages import PhotoMessage, parse_message
from function_app.notification_queue.notifier import UNQUEUED
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.azure.account import open_account
from function_app.storage.azure.queues import NOTIFICATIONS, AzureQueue
from tests.conftest import NewStore, StartBackend
from tests.support.api import Api, name_of, photo_headers
from tests.support.backend import Backend
from tests.support.pictures import jpeg
from tests.support.waiting import wait_for

KILLS, CLIENTS, PHOTOS = 3, 4, 12  # photos with a receipt before each kill


@pytest.mark.slow
def test_each_photo_with_a_receipt_has_a_message(
    new_store: NewStore, start_backend: StartBackend
) -> None:
    store = new_store()
    services = connect(Settings(store))
    services.notifier.set_has_channels(True, datetime.now(UTC))
    backend = start_backend(store, AzureWebJobs__notify__Disabled="true")
    receipts: set[str] = set()
    tags = itertools.count()
    for _ in range(KILLS):
        _upload_until_killed(backend, receipts, tags)
        backend.start()
    queue = AzureQueue(open_account(store, 0), NOTIFICATIONS)
    texts = [row.properties["message"] for row in services.notifications.query(UNQUEUED, 1000)]
    while messages := queue.receive(32, timedelta(hours=1)):
        texts += [one.text for one in messages]
    named = {one.name for one in map(parse_message, texts) if isinstance(one, PhotoMessage)}
    assert len(receipts) >= KILLS * PHOTOS
    assert receipts <= {str(name) for name in named}


def _upload_until_killed(
    backend: Backend, receipts: set[str], tags: "itertools.count[int]"
) -> None:
    """Add the photos that the backend confirms."""
    before = len(receipts)

    def upload() -> None:
        api = Api(backend)
        try:
            while True:
                number = next(tags)
                name = name_of("killed-messages", tag=f"{number:08x}")
                if api.put(jpeg(seed=number), photo_headers(name)).status_code == 201:
                    receipts.add(str(name))
        except requests.ConnectionError:
            return  # it is killed

    clients = [threading.Thread(target=upload) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    wait_for(lambda: len(receipts) >= before + PHOTOS, what="receipts")
    backend.kill()
    for one in clients:
        one.join(90)
