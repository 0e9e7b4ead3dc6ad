"""A sender that may reach this machine, as with `make run`, and receivers on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from function_app.notify.senders import sender as sender_module
from function_app.notify.senders import vapid
from function_app.notify.senders.sender import Sender
from function_app.notify.senders.slots import SenderSlots
from function_app.private_networks import LOOPBACK_NETWORKS
from function_app.settings import Network
from tests.support.fault_server import FaultServer
from tests.support.memory_store import MemoryTable
from tests.support.push_service import PushService
from tests.support.receivers import Inbox


@pytest.fixture(scope="package", autouse=True)
def slots() -> Iterator[None]:
    """As many senders at once as the tests need: a fourth would wait for half a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sender_module, "_slots", SenderSlots(9))
        yield


@pytest.fixture(scope="package")
def keys() -> MemoryTable:
    """The table with the VAPID key."""
    return MemoryTable()


@pytest.fixture(scope="package")
def push_service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


@pytest.fixture(scope="package")
def public_key(keys: MemoryTable) -> str:
    return vapid.public_key(vapid.private_key(keys))


@pytest.fixture(scope="package")
def sender(keys: MemoryTable, push_service: PushService) -> Iterator[Sender]:
    """One process for all tests that do not end it."""
    network = Network(push_hosts=(push_service.host,), channel_networks=LOOPBACK_NETWORKS)
    one = Sender(network, keys, person="all tests")
    yield one
    one.close()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def receiver(inbox: Inbox) -> Iterator[FaultServer]:
    with FaultServer(inbox) as server:
        yield server


@pytest.fixture
def new_sender(keys: MemoryTable) -> Iterator[Callable[[Network], Sender]]:
    numbers = count()
    with ExitStack() as stack:

        def make(network: Network) -> Sender:
            one = Sender(network, keys, person=f"person {next(numbers)}")
            stack.callback(one.close)
            return one

        yield make
