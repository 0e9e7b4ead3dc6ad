"""Where the queues of an account are, and how their requests fail."""

import socket

import pytest

from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.azure import queue_requests
from function_app.storage.azure.queue_requests import queue_address
from function_app.storage.errors import StorageUnavailableError
from local.azurite import ACCOUNT_KEY, Azurite
from tests.conftest import NewStore

BLOBS = "https://night.blob.core.windows.net/"
SAS = "sv=2026-02-06&sig=abc"


@pytest.mark.parametrize(
    ("connection_string", "blobs", "address"),
    [
        ("", BLOBS, "https://night.queue.core.windows.net"),  # by the app's identity
        ("AccountName=night;AccountKey=AA==", BLOBS, "https://night.queue.core.windows.net"),
        ("QueueEndpoint=http://127.0.0.1:5/n/;AccountKey=A==", BLOBS, "http://127.0.0.1:5/n"),
        (
            f"SharedAccessSignature={SAS};QueueEndpoint=https://q.example",
            f"{BLOBS}?{SAS}",
            f"https://q.example?{SAS}",
        ),
        (
            f"SharedAccessSignature={SAS}",
            f"{BLOBS}?{SAS}",
            f"https://night.queue.core.windows.net?{SAS}",
        ),
        ("UseDevelopmentStorage=true", BLOBS, "http://127.0.0.1:10001/devstoreaccount1"),
    ],
)
def test_the_queues_are_where_the_connection_string_says(
    connection_string: str, blobs: str, address: str
) -> None:
    assert queue_address(connection_string, blobs) == address


def test_a_wrong_key_means_unavailable(new_store: NewStore) -> None:
    wrong = new_store().replace(ACCOUNT_KEY, "d3Jvbmc=")
    with pytest.raises(StorageUnavailableError, match="403"):
        connect(Settings(wrong)).poison.put("text")


def test_a_queue_that_says_nothing_is_given_up(
    azurite: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And without the secrets of its address."""
    monkeypatch.setattr(queue_requests, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        there = azurite.connection_string.replace(f":{azurite.ports[1]}/", f":{port}/")
        with pytest.raises(StorageUnavailableError, match="cannot be reached"):
            connect(Settings(there)).poison.put("text")
