"""New blobs: what is sent is what the SDK sends, and no reply but the right one counts."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobServiceClient, ContentSettings

from function_app.storage.azure.account import Account, open_account
from function_app.storage.azure.blob_requests import BlobRequests
from function_app.storage.azure.blobs import AzurePhotoBlobs
from function_app.storage.azure.errors import error_code
from function_app.storage.azure.new_blobs import NewBlobs
from function_app.storage.models import Photo
from local.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from photo_wire.media import Media
from tests.support.api import MOMENT, name_of, new_camera
from tests.support.recorder import Recorded, Recorder
from tests.support.samples import BODY, SHA

# Of these each request has its own, or they say who sends it and what it likes to read.
UNEQUAL = {
    *("x-ms-date", "authorization", "x-ms-client-request-id"),
    *("user-agent", "accept", "accept-encoding", "connection"),
}


# One word of it is more than ASCII.
PHOTO = Photo(name_of("gate"), Media.JPEG, SHA, len(BODY), MOMENT, "motion", "synced", "Büro 1")


@pytest.fixture
def container(azurite: Azurite) -> str:
    """A container of the test's own."""
    name = new_camera()
    open_account(azurite.connection_string, 1).blobs.create_container(name)
    return name


def put(account: Account, container: str, body: bytes = BODY) -> None:
    kind = PHOTO.media.content_type
    account.new_blobs.put(container, PHOTO.path, body, kind, PHOTO.to_properties())


def put_by_sdk(service: BlobServiceClient, container: str) -> None:
    service.get_blob_client(container, PHOTO.path).upload_blob(
        BODY,
        overwrite=False,
        metadata=PHOTO.to_properties(),
        content_settings=ContentSettings(content_type=PHOTO.media.content_type),
        validate_content=True,
    )


def content_of(sent: Recorded) -> tuple[str, str, dict[str, str], bytes, int]:
    headers = {name.lower(): value for name, value in sent.headers}
    host = headers.pop("host")
    assert host.startswith("127.0.0.1:")
    assert len(headers) == len(sent.headers) - 1  # none twice
    headers = {name: value for name, value in headers.items() if name not in UNEQUAL}
    return sent.method, sent.path, headers, sent.body, sent.status


def test_what_is_sent_says_what_the_sdk_says(azurite: Azurite, container: str) -> None:
    """And the blobs differ in nothing."""
    left = []
    with Recorder(azurite.ports[0]) as recorder:
        there = azurite.connection_string.replace(str(azurite.ports[0]), str(recorder.port))
        account = open_account(there, len(BODY))
        plain = BlobServiceClient.from_connection_string(there)  # with a transport of its own
        blob = plain.get_blob_client(container, PHOTO.path)
        ways: list[Callable[[], None]] = [
            lambda: put(account, container),
            lambda: put_by_sdk(plain, container),
        ]
        for way in ways:
            way()
            found = blob.get_blob_properties()
            left.append((found.metadata, found.content_settings, found.size, found.blob_type))
            assert blob.download_blob().readall() == BODY
            blob.delete_blob()
    ours, the_sdk_s = (one for one in recorder.exchanges if one.method == "PUT")
    assert content_of(ours) == content_of(the_sdk_s)
    assert ours.status == 201
    assert left[0] == left[1]


@pytest.mark.parametrize("sdk_only", [False, True])
def test_what_is_there_stays(azurite: Azurite, container: str, sdk_only: bool) -> None:
    account = open_account(azurite.connection_string, len(BODY), sdk_only=sdk_only)
    put(account, container)
    with pytest.raises(HttpResponseError) as caught:
        put(account, container, b"other bytes")
    assert (caught.value.status_code, error_code(caught.value)) == (409, "BlobAlreadyExists")
    blob = account.blobs.get_blob_client(container, PHOTO.path)
    assert blob.download_blob().readall() == BODY


@pytest.mark.parametrize("sdk_only", [False, True])
def test_a_wrong_key_and_a_missing_container_have_their_error_codes(
    azurite: Azurite, container: str, sdk_only: bool
) -> None:
    account = open_account(azurite.connection_string, len(BODY), sdk_only=sdk_only)
    with pytest.raises(HttpResponseError) as caught:
        put(account, "none-of-ours")
    assert error_code(caught.value) == "ContainerNotFound"
    wrong = azurite.connection_string.replace(ACCOUNT_KEY, "b3RoZXIga2V5")
    with pytest.raises(HttpResponseError) as caught:
        put(open_account(wrong, len(BODY), sdk_only=sdk_only), container)
    assert caught.value.status_code == 403
    assert "b3RoZXIga2V5" not in f"{caught.value!r} {caught.value}"


class Token:
    """The app's identity."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://storage.azure.com/.default",)
        return AccessToken("a-token", 1 << 40)


class Unsent(RequestsTransport):  # type: ignore[misc]
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[HttpRequest] = []

    def send(self, request: Any, **_: Any) -> Any:
        self.kept.append(request)
        raise ServiceRequestError("not sent")


def test_an_identity_sends_its_token() -> None:
    service = BlobServiceClient("https://nightjarxyz.blob.core.windows.net", cast(Any, Token()))
    transport = Unsent()
    with pytest.raises(ServiceRequestError):
        NewBlobs(service, BlobRequests(service, transport)).put(
            "photos", "gate/a b.jpg", BODY, "image/jpeg", {"a": "b"}
        )
    (sent,) = transport.kept
    assert sent.headers["Authorization"] == "Bearer a-token"
    assert sent.url == "https://nightjarxyz.blob.core.windows.net/photos/gate/a%20b.jpg"


@dataclass
class Liar:
    """A service that replies to each PUT with the next of `replies`, and then with the last again,
    and says that it has `PHOTO`."""

    replies: list[tuple[int, Mapping[str, str]]]
    requests: int = 0
    port: int = 0

    def account(self, sdk_only: bool = False) -> Account:
        there = (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{self.port}/{ACCOUNT};"
            f"TableEndpoint=http://127.0.0.1:1/{ACCOUNT};"
        )
        return open_account(there, len(BODY), sdk_only=sdk_only)


@pytest.fixture
def liar() -> Iterator[Liar]:
    lies = Liar([])

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, headers = lies.replies[min(lies.requests, len(lies.replies) - 1)]
            lies.requests += 1
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def do_HEAD(self) -> None:
            self.send_response(200)
            for word, text in PHOTO.to_properties().items():
                self.send_header(f"x-ms-meta-{word}", text)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        lies.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield lies
        server.shutdown()


def md5_of(body: bytes) -> dict[str, str]:
    return {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}  # noqa: S324


RIGHT = (201, md5_of(BODY))
UNKNOWN: list[tuple[int, dict[str, str]]] = [
    (200, {}),
    (202, {}),
    (400, {"x-ms-error-code": "Md5Mismatch"}),
    (403, {"x-ms-error-code": "AuthenticationFailed"}),
    (502, {}),
]


@pytest.mark.parametrize("reply", [*UNKNOWN, (503, {"x-ms-error-code": "ServerBusy"})])
def test_only_the_right_answer_is_success(liar: Liar, reply: tuple[int, dict[str, str]]) -> None:
    """Neither by hand nor with the SDK."""
    liar.replies = [reply]
    for sdk_only in (False, True):
        with pytest.raises(AzureError):
            put(liar.account(sdk_only), "photos")
    liar.replies = [RIGHT]
    put(liar.account(), "photos")


@pytest.mark.parametrize("sdk_only", [False, True])
def test_other_bytes_are_no_success(liar: Liar, sdk_only: bool) -> None:
    """And nothing is repeated, since those would then count as stored."""
    liar.replies = [(201, md5_of(b"other bytes")), (409, {"x-ms-error-code": "BlobAlreadyExists"})]
    with pytest.raises(AzureError, match=r"stored other bytes|MD5 mismatch"):
        put(liar.account(sdk_only), "photos")
    assert liar.requests == 1


@pytest.mark.parametrize("reply", UNKNOWN)
def test_an_unknown_reply_is_repeated_with_the_sdk(
    liar: Liar, reply: tuple[int, dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """That one blob alone, with one warning in the log of a process."""
    liar.replies = [reply, RIGHT, RIGHT, reply, RIGHT]
    account = liar.account()
    for requests in (2, 3, 5):
        put(account, "photos")
        assert liar.requests == requests
    (line,) = [one for one in caplog.messages if "repeated with the SDK" in one]
    assert line.startswith("storage: a new blob: ")
    assert "STORAGE_SDK_ONLY=1" in line


def test_a_blob_that_was_created_before_the_unknown_reply_is_found(
    liar: Liar, caplog: pytest.LogCaptureFixture
) -> None:
    """As one that another request had stored."""
    liar.replies = [(200, {}), (409, {"x-ms-error-code": "BlobAlreadyExists"})]
    assert AzurePhotoBlobs(liar.account()).add(PHOTO, BODY) == PHOTO
    assert liar.requests == 2
    assert "repeated with the SDK" in caplog.text


def test_a_status_that_the_sdk_gets_too_is_no_unknown_reply(
    liar: Liar, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong key, for one."""
    liar.replies = [UNKNOWN[3]]
    with pytest.raises(HttpResponseError) as caught:
        put(liar.account(), "photos")
    assert caught.value.status_code == 403
    assert caplog.messages == []


@pytest.mark.parametrize("sdk_only", [False, True])
@pytest.mark.parametrize(("status", "code"), [(409, "BlobAlreadyExists"), (412, "ConditionNotMet")])
def test_both_ways_to_say_that_it_is_there(
    liar: Liar, status: int, code: str, sdk_only: bool
) -> None:
    """The SDK takes the second for the first, too."""
    liar.replies = [(status, {"x-ms-error-code": code})]
    assert AzurePhotoBlobs(liar.account(sdk_only)).add(PHOTO, BODY) == PHOTO
    assert liar.requests == 1
