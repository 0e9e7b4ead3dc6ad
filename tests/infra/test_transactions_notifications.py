"""Measure the requests in infra/transactions.json by which people are told of a photo."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth.caller import DEVICE, Role
from function_app.auth.users import add as add_user
from function_app.ingest.intake import Upload
from function_app.ingest.upload import store as store_photo
from function_app.maintenance.notification_queue import tend_queue
from function_app.notification_queue.messages import PhotoMessage, format_message
from function_app.notification_queue.notifier import CHANNELS_EXIST
from function_app.notify.channels import create, list_channels, new_channel
from function_app.notify.handling import handle
from function_app.notify.notification import Address, Notification, Outcome, Result
from function_app.notify.rules import Rule
from function_app.notify.sending import Tools
from function_app.services import connect
from function_app.settings import Settings
from infra.bill import TRANSACTIONS, Transactions
from local.azurite import Azurite
from photo_wire.headers import PhotoHeaders, Trigger
from photo_wire.name import PhotoName
from tests.conftest import NewStore
from tests.support.api import MOMENT, name_of
from tests.support.counted_table import CountedTable
from tests.support.memory_store import memory_services
from tests.support.meter import blob_kind
from tests.support.pictures import jpeg
from tests.support.recorder import Recorder

EXPECTED = Transactions.read(TRANSACTIONS)


class Account:
    """Services on an empty storage account behind three recorders, with no host that reads the
    queue."""

    def __init__(self, connection_string: str, recorders: dict[str, Recorder]) -> None:
        self.services = connect(Settings(connection_string))
        self._recorders = recorders
        self._number = 0

    def count(self, action: Callable[[], object]) -> dict[str, int]:
        """Return the requests of an action by kind, without what an instance reads once a
        minute."""
        starts = {kind: len(one.exchanges) for kind, one in self._recorders.items()}
        action()
        counted = Counter(
            blob_kind(seen) if kind == "blobs" else kind
            for kind, one in self._recorders.items()
            for seen in one.exchanges[starts[kind] :]
            if CHANNELS_EXIST not in seen.path
        )
        return dict(counted)

    def put(self) -> PhotoName:
        """Store one photo more."""
        self._number += 1
        name = name_of("gate", datetime.now(UTC), f"{self._number:08x}")
        upload = Upload(jpeg(seed=self._number), PhotoHeaders(name=name, trigger=Trigger.MOTION))
        store_photo(upload, self.services, DEVICE, datetime.now(UTC))
        return name

    def tell(self, name: PhotoName) -> None:
        """Handle the message of a photo, and send it to whoever is told."""
        sender = _Sender()
        tools = Tools(lambda person, trust: nullcontext(sender), lambda: datetime.now(UTC))
        message = PhotoMessage(name, datetime.now(UTC))
        handle(self.services, format_message(message), datetime.now(UTC), tools)
        assert sender.sent == len(list_channels(self.services.notifications))


@dataclass
class _Sender:
    """Sends nothing, and says that it did."""

    sent: int = 0

    def __call__(self, address: Address, notification: Notification) -> Result:
        self.sent += 1
        return Result(Outcome.SENT)


@pytest.fixture
def account(azurite: Azurite, new_store: NewStore) -> Iterator[Account]:
    """An account whose tables, queue and containers exist."""
    connection_string, kinds = new_store(), ("blobs", "queue_requests", "table_requests")
    with ExitStack() as running:
        recorders = {}
        for kind, port in zip(kinds, azurite.ports, strict=True):
            recorders[kind] = running.enter_context(Recorder(port))
            there = f"http://127.0.0.1:{port}/"
            connection_string = connection_string.replace(there, f"{recorders[kind].base_url}/")
        account = Account(connection_string, recorders)
        account.put()
        yield account


def add_channel(account: Account, owner: str) -> None:
    """Add a person with a channel that is told of each photo."""
    services, now = account.services, datetime.now(UTC)
    add_user(services.accounts, owner, "ribbon-walnut-77", Role.VIEWER, None)
    rule = Rule(interval_minutes=0)
    channel = new_channel(owner, "phone", Address("webhook", "https://night.example"), now, rule)
    create(services, channel, now)


def test_a_photo_for_people_with_channels_costs_one_queue_request_more(account: Account) -> None:
    """And with no channel it costs none."""
    without = account.count(account.put)
    assert without == without_execution(EXPECTED.events["photo stored"])
    add_channel(account, "anna")
    account.put()  # makes the queue
    queued = EXPECTED.events["photo queued"]
    assert account.count(account.put) == {**without, **queued}
    counted = account.count(lambda: [account.put() for _ in range(20)])
    assert counted == {kind: 20 * count for kind, count in {**without, **queued}.items()}


def test_telling_of_a_photo(account: Account) -> None:
    """The host's two requests to the queue, which receive and remove the message, are not here."""
    add_channel(account, "anna")
    account.tell(account.put())
    name = account.put()
    notified = without_execution(EXPECTED.events["photo told"])
    assert account.count(lambda: account.tell(name)) | {"queue_requests": 2} == notified
    add_channel(account, "ben")
    account.tell(account.put())
    name = account.put()
    further = EXPECTED.events["photo told in a further channel"]["table_requests"]
    counted = account.count(lambda: account.tell(name))
    assert counted["table_requests"] == notified["table_requests"] + further


def test_a_minute_in_which_nothing_waits_for_the_queue(account: Account) -> None:
    add_channel(account, "anna")
    counted = account.count(lambda: tend_queue(account.services, datetime.now(UTC)))
    assert counted == EXPECTED.events["minutely look at the queue"]


def test_looking_for_channels() -> None:
    """Once a minute in each instance."""
    table = CountedTable()
    services = memory_services(Settings(""), notifications=table)
    assert not services.notifier.has_channels(MOMENT)
    assert not services.notifier.has_channels(MOMENT + timedelta(seconds=59))
    assert len(table.requests) == EXPECTED.events["channels looked for"]["table_requests"]


def without_execution(event: Mapping[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in event.items() if kind != "executions"}
