"""What carries the writes: it sends them as they were made, and fails as the SDK's own does."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator

import pytest
import requests

from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.azure import account
from function_app.storage.errors import StorageUnavailableError
from local.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from tests.support.api import MOMENT
from tests.support.samples import BODY, photo_of

CUT = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nno"  # three bytes are missing
MOVED = b"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"


def test_a_photo_is_not_made_ready_twice(
    azurite: Azurite, camera: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That would be a sixth of the CPU that it takes."""
    backend, photo = connect(Settings(azurite.connection_string)), photo_of(camera)
    backend.blobs.add(photo_of(camera, tag="0" * 8), BODY)  # the container is there
    backend.index.add(photo_of(camera, tag="0" * 8), MOMENT)
    monkeypatch.delattr(requests.Session, "prepare_request")
    assert backend.blobs.add(photo, BODY) is backend.index.add(photo, MOMENT) is None
    monkeypatch.undo()
    assert backend.blobs.read(photo, 0, len(BODY)) == BODY
    assert backend.index.get(photo.name) == photo


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], str]]:
    """A service that answers one request of each connection with these bytes, and no more; nothing
    is no answer. Gives the connection string."""
    answers: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1 << 16)
            if answers[0]:
                self.request.sendall(answers[0])
                self.request.shutdown(socket.SHUT_WR)
            while self.request.recv(1 << 16):  # until the client has had enough
                pass

    def start(answer: bytes) -> str:
        answers.append(answer)
        url = f"http://127.0.0.1:{server.server_address[1]}/{ACCOUNT}"
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint={url};TableEndpoint={url};"
        )

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield start
        server.shutdown()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "cannot be reached .ServiceResponseTimeoutError"),
        (CUT, "cannot be reached .IncompleteReadError"),
        (b"HTTP/1.1 ", "cannot be reached .ServiceResponseError"),
        (MOVED, "answered 307"),
    ],
    ids=["silent", "cut", "cut-early", "moved"],
)
def test_what_is_no_whole_answer_is_storage_away(
    service: Callable[[bytes], str],
    camera: str,
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes,
    message: str,
) -> None:
    if not answer:
        monkeypatch.setattr(account, "READ_SECONDS", 0.2)
    backend, photo = connect(Settings(service(answer))), photo_of(camera)
    writes: list[Callable[[], object]] = [
        lambda: backend.blobs.add(photo, BODY),
        lambda: backend.index.add(photo, MOMENT),
    ]
    for write in writes:
        with pytest.raises(StorageUnavailableError, match=message):
            write()
