"""Links to one blob: what they permit on Azurite, and what is signed with the app's identity."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.storage.blob import BlobServiceClient

from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.azure.account import open_account
from function_app.storage.azure.blob_links import BlobLinks
from function_app.storage.azure.identity import ManagedIdentityCredential
from local.azurite import Azurite

HOUR = timedelta(hours=1)
JPEG = {"x-ms-blob-type": "BlockBlob", "Content-Type": "image/jpeg"}


@dataclass
class Links:
    """A blob of its own, and the links to it."""

    camera: str
    read: str
    write: str


@pytest.fixture
def links(azurite: Azurite, camera: str, secrets_used: set[str]) -> Links:
    blobs = connect(Settings(azurite.connection_string)).device_blobs
    assert blobs.write(f"{camera}.jpg", b"1", "image/jpeg")
    assert blobs.write(f"{camera}-2.jpg", b"another's", "image/jpeg")
    until = datetime.now(UTC) + HOUR
    read, write = (blobs.link(f"{camera}.jpg", until, may_write) for may_write in (False, True))
    assert read
    assert write
    secrets_used.update(parse_qs(urlsplit(one).query)["sig"][0] for one in (read, write))
    return Links(camera, read, write)


def test_a_reader_reads_this_blob_and_does_nothing_else(links: Links) -> None:
    found = requests.get(links.read, timeout=60)
    assert (found.status_code, found.content) == (200, b"1")
    again = requests.get(links.read, headers={"If-None-Match": found.headers["ETag"]}, timeout=60)
    assert again.status_code == 304
    assert requests.put(links.read, b"2", headers=JPEG, timeout=60).status_code == 403
    assert requests.delete(links.read, timeout=60).status_code == 403


def test_a_writer_overwrites_this_blob_and_does_nothing_else(links: Links) -> None:
    assert requests.put(links.write, b"2", headers=JPEG, timeout=60).status_code == 201
    assert requests.get(links.read, timeout=60).content == b"2"
    assert requests.get(links.write, timeout=60).status_code == 403
    assert requests.delete(links.write, timeout=60).status_code == 403


def test_no_link_opens_another_blob_or_a_list(links: Links) -> None:
    for link in (links.read, links.write):
        other = link.replace(f"{links.camera}.jpg", f"{links.camera}-2.jpg")
        assert requests.get(other, timeout=60).status_code == 403
        assert requests.put(other, b"2", headers=JPEG, timeout=60).status_code == 403
        container = link.replace(f"/{links.camera}.jpg", "") + "&restype=container&comp=list"
        assert requests.get(container, timeout=60).status_code == 403


def test_a_link_ends(azurite: Azurite, camera: str, secrets_used: set[str]) -> None:
    """Its end is in what is signed, so nobody can move it; a day is the longest."""
    blobs, now = connect(Settings(azurite.connection_string)).device_blobs, datetime.now(UTC)
    assert blobs.write(camera, b"1", "image/jpeg")
    link = blobs.link(camera, now - HOUR)
    assert link
    secrets_used.add(parse_qs(urlsplit(link).query)["sig"][0])
    assert requests.get(link, timeout=60).status_code == 403
    later = link.replace(f"se={now - HOUR:%Y-%m-%d}", f"se={now + 24 * HOUR:%Y-%m-%d}")
    assert later != link
    assert requests.get(later, timeout=60).status_code == 403
    with pytest.raises(ValueError, match="more than a day"):
        blobs.link(camera, now + timedelta(days=2))


def test_http_is_for_an_account_without_https_alone() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    for scheme, protocol in (("https", "https"), ("http", "https,http")):
        account = open_account(
            f"AccountName=stores;AccountKey={key};BlobEndpoint={scheme}://photos.example.org;"
            f"TableEndpoint={scheme}://rows.example.org",
            1,
        )
        link = BlobLinks(account.blobs).sign("devices", "a b.jpg", datetime.now(UTC) + HOUR, False)
        assert link
        assert link.startswith(f"{scheme}://photos.example.org/devices/a%20b.jpg?")
        query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
        assert (query["spr"], query["sp"], query["sr"]) == (protocol, "r", "b")


def test_an_account_opened_by_a_signature_signs_nothing() -> None:
    account = open_account(
        "BlobEndpoint=https://a.blob.core.windows.net;TableEndpoint=https://a.table.core.windows.net;"
        "SharedAccessSignature=sv=2024-08-04&sig=x",
        1,
    )
    links = BlobLinks(account.blobs)
    assert links.sign("devices", "a.json", datetime.now(UTC) + HOUR, False) is None


# What is signed with the app's identity. Azurite delegates no keys without https and Entra, so this
# service does it alone, and the signature is worked out here from Microsoft's description ("Create
# a user delegation SAS").

DELEGATED = base64.b64encode(b"delegated" * 4).decode()


@dataclass
class KeyService:
    """A service that delegates keys. `asked` are the bodies of the requests."""

    asked: list[bytes] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def key_service() -> Iterator[KeyService]:
    service = KeyService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.asked.append(body)
            start, end = (
                body.partition(b"<%s>" % tag)[2].partition(b"</")[0].decode()
                for tag in (b"Start", b"Expiry")
            )
            reply = (
                '<?xml version="1.0" encoding="utf-8"?><UserDelegationKey>'
                f"<SignedOid>oid</SignedOid><SignedTid>tid</SignedTid><SignedStart>{start}</SignedStart>"
                f"<SignedExpiry>{end}</SignedExpiry><SignedService>b</SignedService>"
                f"<SignedVersion>2024-08-04</SignedVersion><Value>{DELEGATED}</Value>"
                "</UserDelegationKey>"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        service.url = f"http://127.0.0.1:{server.server_address[1]}/stores"
        yield service
        server.shutdown()


class Identity(ManagedIdentityCredential):
    """The app's identity, with a token that no service gave it."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken("token", 2**40)


@pytest.fixture
def delegated(key_service: KeyService, monkeypatch: pytest.MonkeyPatch) -> BlobLinks:
    """Links of an account that the app's identity opens. The SDK sends tokens by https alone, so
    its request for the key goes to the service without one."""
    plain = BlobServiceClient(key_service.url)
    named = BlobServiceClient("https://stores.blob.core.windows.net", credential=Identity())
    monkeypatch.setattr(named, "get_user_delegation_key", plain.get_user_delegation_key)
    return BlobLinks(named)


def test_the_identity_s_links_are_signed_as_azure_describes_it(delegated: BlobLinks) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + HOUR
    for may_write, permission in ((False, "r"), (True, "cw")):
        link = delegated.sign("devices", "live/a.jpg", until, may_write)
        assert link
        assert link.startswith("https://stores.blob.core.windows.net/devices/live/a.jpg?")
        query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
        assert (query["sp"], query["spr"], query["sr"]) == (permission, "https", "b")
        assert query["se"] == f"{until:%Y-%m-%dT%H:%M:%SZ}"
        assert query["sig"] == signature(query, "/blob/stores/devices/live/a.jpg")


def signature(query: dict[str, str], resource: str) -> str:
    fields = [query["sp"], "", query["se"], resource]
    fields += [query[name] for name in ("skoid", "sktid", "skt", "ske", "sks", "skv")]
    fields += ["", "", ""]  # saoid, suoid, scid
    fields += ["", ""]  # skdutid, sduoid: since version 2025-07-05
    fields += ["", query["spr"], query["sv"], query["sr"], "", ""]
    fields += ["", ""]  # srh, srq: since version 2026-04-06
    fields += ["", "", "", "", ""]  # the response's headers
    digest = hmac.new(base64.b64decode(DELEGATED), "\n".join(fields).encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


def test_one_key_signs_for_days(
    delegated: BlobLinks, key_service: KeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is replaced while it is valid for longer than the longest link."""
    until = datetime.now(UTC) + HOUR
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: delegated.sign("devices", f"{n}", until, False), range(20)))
    assert len(key_service.asked) == 1
    assert delegated._delegated
    key, end = delegated._delegated
    assert end > datetime.now(UTC) + timedelta(days=5)
    for left, requested in ((timedelta(days=2), 1), (timedelta(hours=24), 2)):
        delegated._delegated = key, datetime.now(UTC) + left
        delegated.sign("devices", "a", until, False)
        assert len(key_service.asked) == requested
