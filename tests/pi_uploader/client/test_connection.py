"""The network of a firm or a school: certificates, certificate authorities, proxies."""

import logging
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pi_uploader.client import BackendClient, connection
from pi_uploader.client.connection import route_to
from pi_uploader.client.deadlines import Deadlines
from pi_uploader.settings import SettingsError
from tests.support import faults
from tests.support.certificates import Authority, Kind
from tests.support.fault_server import FaultServer, store_photo
from tests.support.proxy import as_proxy, tunnel_proxy
from tests.support.uploading import SHORT_TIMEOUT, Device

pytestmark = pytest.mark.usefixtures("_no_variables")


def delivers(device: Device) -> bool:
    """Return whether a photo arrives."""
    [photo] = device.take(1)
    device.try_once()
    return device.places(photo) == []


# --- certificate authorities


def test_a_bundle_may_be_a_folder(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As c_rehash and update-ca-certificates make it."""
    folder = hashed_folder(authority, tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder))
    with FaultServer(certificate=authority.certificate()) as server:
        assert delivers(Device(tmp_path / "spool", server))


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_an_authority_in_the_systems_store_is_trusted(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """OpenSSL looks in the store that these variables name, or in its default one."""
    if kind == "folder":
        monkeypatch.setenv("SSL_CERT_DIR", str(hashed_folder(authority, tmp_path)))
    else:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    with FaultServer(certificate=authority.certificate()) as server:
        assert delivers(Device(tmp_path / "spool", server))


def test_a_system_without_a_store_uses_that_of_certifi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    assert len(connection.tls_context().get_ca_certs()) > 100


@pytest.mark.parametrize("variable", connection.CA_VARIABLES)
def test_a_missing_bundle_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match=rf"^{variable}: \S+/none.pem cannot be used: No such"):
        BackendClient("https://backend.invalid", None)


def hashed_folder(authority: Authority, tmp_path: Path) -> Path:
    """Return a folder of certificates, in the form in which OpenSSL searches it."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    openssl = ("openssl", "x509", "-noout", "-hash", "-in", authority.bundle)
    found = subprocess.run(openssl, capture_output=True, text=True, check=True)
    shutil.copy(authority.bundle, folder / f"{found.stdout.strip()}.0")
    return folder


REFUSED = {
    Kind.NOT_YET_VALID: "not yet valid; waiting for this device's clock",
    Kind.EXPIRED: "certificate has expired",
    Kind.SELF_SIGNED: "self-signed certificate); a certificate authority of your own goes into",
    Kind.OTHER_HOST: "failed certificate verification",
}


@pytest.mark.parametrize(("kind", "text"), REFUSED.items(), ids=[kind.value for kind in REFUSED])
def test_nothing_is_sent_to_a_server_that_cannot_be_trusted(
    kind: Kind, text: str, trusted: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The photo waits, and the log says why."""
    with FaultServer(certificate=trusted.certificate(kind)) as server:
        device = Device(tmp_path, server)
        [photo] = device.take(1)
        with caplog.at_level(logging.WARNING):
            device.try_once()
    assert device.places(photo) == ["waiting"]
    assert server.requests == []
    assert device.wait >= 1
    assert text in caplog.text


def test_a_hundred_photos_cost_one_handshake_and_one_reading_of_the_bundle(
    trusted: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(context: ssl.SSLContext, *args: Any, **kwargs: Any) -> None:
        read.append((args, kwargs))
        load(context, *args, **kwargs)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    with FaultServer(certificate=trusted.certificate()) as server:
        device = Device(tmp_path, server)
        device.take(100)
        device.try_all(max_tries=100)
    assert len(server.store.photos) == 100
    assert (server.connections, server.handshakes, len(read)) == (1, 1, 1)


# --- proxies


def test_a_name_that_only_the_proxy_knows_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(as_proxy) as server:
        monkeypatch.setenv("http_proxy", server.base_url)
        assert BackendClient("http://backend.invalid", "key").send_alerts([])


def test_tls_through_a_proxy_trusts_the_same_authorities(
    trusted: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.bundle))
    with tunnel_proxy() as proxy, FaultServer(certificate=trusted.certificate()) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        assert delivers(Device(tmp_path, server))
    assert proxy.targets == [f"127.0.0.1:{server.port}"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_each_put_through_a_proxy_has_a_deadline_too(
    trusted: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    scheme: str,
) -> None:
    """Also the one after the first that took too long."""
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.bundle))  # for the proxy's own certificate
    certificate = trusted.certificate()
    is_secure = scheme == "https"
    with (
        tunnel_proxy(certificate if is_secure else None) as proxy,
        FaultServer(faults.drip(0.05), certificate) as server,
    ):
        monkeypatch.setenv("https_proxy", f"{scheme}://127.0.0.1:{proxy.port}")
        device = Device(tmp_path, server, max_put_seconds=SHORT_TIMEOUT)
        for count in (1, 2):
            device.take(1, start=count)
            device.try_once()
            assert caplog.text.count("took longer than 0.5 s") == count
        server.handler = store_photo


@pytest.mark.parametrize(
    ("no_proxy", "is_proxy"),
    [
        ("127.0.0.0/8", False),
        ("10.0.0.0/8, 127.0.0.1/32", False),
        ("10.0.0.0/8", True),
        ("127.0.0.1", False),
        ("*", False),
        ("", True),
    ],
)
def test_networks_in_no_proxy_are_reached_directly(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, is_proxy: bool
) -> None:
    """As curl and requests do."""
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert route_to("http://127.0.0.1:7071").is_proxy == is_proxy


def test_a_socks_proxy_needs_pysocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported at the start, without user and password."""
    monkeypatch.setenv("ALL_PROXY", "socks5h://me:s3cr3t@proxy.invalid")
    monkeypatch.setattr("pi_uploader.client.connection.find_spec", lambda name: None)
    with pytest.raises(SettingsError) as error:
        BackendClient("https://backend.invalid", None)
    assert "proxy.invalid is a SOCKS proxy, for which PySocks is missing" in str(error.value)
    assert "s3cr3t" not in str(error.value)


class SlowLine:
    """A socket that takes a few bytes at a time."""

    def __init__(self) -> None:
        self.received = bytearray()

    def send(self, data: memoryview) -> int:
        self.received += data[:1000]
        return len(data[:1000])


def test_each_part_of_a_block_has_the_time_limit() -> None:
    """`sendall` would have one limit for the whole block; this socket does not know it."""
    sender: Any = connection._pools(Deadlines())["http"].ConnectionCls("backend")
    sender.sock = line = SlowLine()
    block = bytes(range(256)) * (connection.BLOCK_SIZE // 256)
    sender.send(block)
    assert line.received == block


def test_a_connection_that_was_open_has_the_same_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float | None] = []
    send = socket.socket.send

    def noted(line: socket.socket, data: Any) -> int:
        limits.append(line.gettimeout())
        return send(line, data)

    with FaultServer() as server:
        device = Device(tmp_path, server)
        device.take(3)
        monkeypatch.setattr(connection, "READ_TIMEOUT_SECONDS", 29.0)
        with monkeypatch.context() as patch:
            patch.setattr(socket.socket, "send", noted)
            device.try_all(max_tries=3)
    assert (len(server.store.photos), server.connections) == (3, 1)
    assert set(limits) == {29.0}


def test_the_context_verifies_certificates(trusted: Authority) -> None:
    context = connection.tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
