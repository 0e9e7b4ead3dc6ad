"""Blobs that are read: what is asked is what the SDK asks, and only the right reply counts."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function_app.storage.azure.account import Account, open_account
from function_app.storage.azure.errors import call, error_code
from function_app.storage.errors import StorageUnavailableError
from local.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from tests.support.api import new_camera
from tests.support.recorder import Recorded, Recorder

BODY = bytes(range(256)) * 4
PATH = "gate/a b.jpg"
# Of these each request has its own, or they say who sends it and what it likes to read.
UNEQUAL = {
    *("x-ms-date", "authorization", "x-ms-client-request-id"),
    *("user-agent", "accept", "accept-encoding", "connection", "host"),
}


@pytest.fixture(scope="module")
def container(azurite: Azurite) -> str:
    """A container with a blob of BODY and an empty one."""
    name = new_camera()
    service = open_account(azurite.connection_string, 1 << 20).blobs
    made = service.create_container(name)
    made.upload_blob(PATH, BODY)
    made.upload_blob("empty", b"")
    return name


def content_of(sent: Recorded) -> tuple[str, str, dict[str, str], int]:
    headers = {name.lower(): value for name, value in sent.headers}
    return (
        sent.method,
        sent.path,
        {name: value for name, value in headers.items() if name not in UNEQUAL},
        sent.status,
    )


def test_what_is_asked_says_what_the_sdk_says(azurite: Azurite, container: str) -> None:
    """Of a range."""
    with Recorder(azurite.ports[0]) as recorder:
        there = azurite.connection_string.replace(str(azurite.ports[0]), str(recorder.port))
        for sdk_only in (False, True):
            reads = open_account(there, 1 << 20, sdk_only=sdk_only).blob_reads
            assert reads.read_range(container, PATH, 100, 50) == BODY[100:150]
    ours, the_sdk_s = recorder.exchanges
    assert content_of(ours) == content_of(the_sdk_s)
    assert ours.status == 206


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=2 * settings().max_examples // 5,
)
@given(first=st.integers(0, 2 * len(BODY)), count=st.integers(1, 2 * len(BODY)))
def test_every_range_is_what_the_sdk_reads(
    azurite: Azurite, container: str, first: int, count: int
) -> None:
    """None after the end, and as many bytes as there are before it."""
    ours, the_sdk_s = (
        open_account(azurite.connection_string, 1 << 20, sdk_only=sdk_only).blob_reads
        for sdk_only in (False, True)
    )
    read = ours.read_range(container, PATH, first, count)
    assert read == (BODY[first : first + count] or None)
    assert read == the_sdk_s.read_range(container, PATH, first, count)


@pytest.mark.parametrize("sdk_only", [False, True])
def test_a_whole_blob_is_read_and_a_missing_one_is_none(
    azurite: Azurite, container: str, sdk_only: bool
) -> None:
    """An empty one is not missing: it says that no thumbnail can be made."""
    reads = open_account(azurite.connection_string, 1 << 20, sdk_only=sdk_only).blob_reads
    assert reads.read(container, PATH) == BODY
    assert reads.read(container, "empty") == b""
    assert reads.read_range(container, "empty", 0, 10) is None
    for where in ((container, "none"), ("none-of-ours", PATH)):
        assert reads.read(*where) is None
        assert reads.read_range(*where, 0, 10) is None


@pytest.mark.parametrize("sdk_only", [False, True])
def test_a_wrong_key_is_an_error(
    azurite: Azurite, container: str, sdk_only: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK gets the same, so the log has no warning about it."""
    wrong = azurite.connection_string.replace(ACCOUNT_KEY, "b3RoZXIga2V5")
    with pytest.raises(HttpResponseError) as caught:
        open_account(wrong, 1, sdk_only=sdk_only).blob_reads.read(container, PATH)
    assert caught.value.status_code == 403
    assert caplog.messages == []


@dataclass
class Liar:
    """A blob service that replies to each GET with the next of `replies`, and then with the last
    again."""

    replies: list[tuple[int, Mapping[str, str], bytes]]
    requests: int = 0
    port: int = 0

    def account(self, sdk_only: bool = False) -> Account:
        return open_account(
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{self.port}/{ACCOUNT};"
            f"TableEndpoint=http://127.0.0.1:1/{ACCOUNT};",
            1 << 20,
            sdk_only=sdk_only,
        )


@pytest.fixture
def liar() -> Iterator[Liar]:
    lies = Liar([])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = lies.replies[min(lies.requests, len(lies.replies) - 1)]
            lies.requests += 1
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        lies.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield lies
        server.shutdown()


RANGE = {"Content-Range": "bytes 10-14/1000", "ETag": '"1"'}
RIGHT = (206, RANGE, b"right")
UNKNOWN = [
    (200, {}, bytes(1000)),  # a proxy that knows no ranges
    (200, {}, b"right"),
    (206, {"Content-Range": "bytes 0-4/1000"}, b"wrong"),
    (206, {"Content-Range": "bytes 11-15/1000"}, b"wrong"),
    (206, {"Content-Range": "bytes 10-12/1000"}, b"rig"),
    (206, {"Content-Range": "bytes 10-14"}, b"right"),
    (206, {}, b"wrong"),
    (206, RANGE, b"rig"),
    (206, RANGE, b""),
    (206, RANGE, b"too many bytes"),
    (204, {}, b""),
    (404, {}, b"a proxy's page"),
]


@pytest.mark.parametrize("reply", UNKNOWN)
def test_an_unknown_reply_is_repeated_with_the_sdk(
    liar: Liar,
    reply: tuple[int, Mapping[str, str], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """That range alone, with one warning in the log of a process."""
    liar.replies = [reply, RIGHT, RIGHT, reply, RIGHT]
    reads = liar.account().blob_reads
    for requests in (2, 3, 5):
        assert reads.read_range("photos", PATH, 10, 5) == b"right"
        assert liar.requests == requests
    (line,) = [one for one in caplog.messages if "repeated with the SDK" in one]
    assert line.startswith("storage: a blob that is read: ")


@pytest.mark.parametrize("reply", UNKNOWN[:-1])
@pytest.mark.parametrize("sdk_only", [False, True])
def test_bytes_of_another_range_never_count(
    liar: Liar, reply: tuple[int, Mapping[str, str], bytes], sdk_only: bool
) -> None:
    """Not by hand and not with the SDK, which gets the same reply."""
    liar.replies = [reply]
    reads = liar.account(sdk_only).blob_reads
    with pytest.raises(StorageUnavailableError):
        call(lambda: reads.read_range("photos", PATH, 10, 5))


def test_a_range_is_not_put_together_of_repeated_bytes(liar: Liar) -> None:
    """The SDK asks for what is missing in a reply, and gets the same once more."""
    liar.replies = [(206, {"Content-Range": "bytes 10-13/1000", "ETag": '"1"'}, b"ri")]
    for sdk_only in (False, True):
        reads = liar.account(sdk_only).blob_reads
        with pytest.raises(StorageUnavailableError):
            call(lambda reads=reads: reads.read_range("photos", PATH, 10, 4))  # type: ignore[misc]


def test_a_range_is_cut_where_the_blob_ends(liar: Liar) -> None:
    liar.replies = [(206, {"Content-Range": "bytes 10-12/13", "ETag": '"1"'}, b"end")]
    for sdk_only in (False, True):
        reads = liar.account(sdk_only).blob_reads
        assert reads.read_range("photos", PATH, 10, 5) == b"end"


def test_the_sdk_may_read_a_range_in_pieces(azurite: Azurite, container: str) -> None:
    """As it does if the largest photo was made smaller."""
    reads = open_account(azurite.connection_string, 100, sdk_only=True).blob_reads
    reads._service._config.max_chunk_get_size = 100
    assert reads.read_range(container, PATH, 10, 350) == BODY[10:360]
    assert reads.read(container, PATH) == BODY


def test_a_cut_reply_is_an_error(liar: Liar) -> None:
    """No part of a range counts as the range."""
    liar.replies = [(206, {**RANGE, "Content-Length": "5"}, b"rig")]
    with pytest.raises(AzureError):
        liar.account().blob_reads.read_range("photos", PATH, 10, 5)


@pytest.mark.parametrize("code", ["ServerBusy", "InternalError", "OperationTimedOut"])
def test_a_failure_of_the_service_is_not_repeated(liar: Liar, code: str) -> None:
    liar.replies = [(503, {"x-ms-error-code": code}, b"")]
    with pytest.raises(HttpResponseError) as caught:
        liar.account().blob_reads.read("photos", PATH)
    assert (error_code(caught.value), liar.requests) == (code, 1)
