"""The network of a firm or a school: its own certificate authority, proxies, name servers; and
messages that name the host and the reason."""

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from pi_uploader.settings import SettingsError, UploadSettings
from pi_uploader.upload import trust
from pi_uploader.upload.client import BackendClient, UnavailableError
from pi_uploader.upload.route import route_to
from tests.pi_uploader.upload.device import IMPATIENT, Device
from tests.support import faults
from tests.support.certificates import Authority
from tests.support.fault_server import FaultServer, keep
from tests.support.proxy import as_proxy, tunnel_proxy

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
VARIABLES = (*PROXY_VARIABLES, *map(str.upper, PROXY_VARIABLES), *trust.BUNDLES)


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def delivers(device: Device) -> bool:
    """Whether a photo gets through."""
    [photo] = device.take(1)
    device.try_once()
    return device.places(photo) == []


def problem(base_url: str) -> str:
    with pytest.raises(UnavailableError) as error:
        BackendClient(base_url, "key").report([])
    return str(error.value)


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
    """OpenSSL finds the store where these variables say, or where it was built to look."""
    if kind == "folder":
        monkeypatch.setenv("SSL_CERT_DIR", str(hashed_folder(authority, tmp_path)))
    else:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    with FaultServer(certificate=authority.certificate()) as server:
        assert delivers(Device(tmp_path / "spool", server))


def test_a_system_without_a_store_has_that_of_certifi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    assert len(trust.tls_context().get_ca_certs()) > 100


@pytest.mark.parametrize("variable", trust.BUNDLES)
def test_a_bundle_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match=rf"^{variable}: \S+/none.pem cannot be used: No such"):
        BackendClient("https://backend.invalid", None)


def test_an_unknown_authority_is_told_its_place(authority: Authority) -> None:
    with FaultServer(certificate=authority.certificate()) as server:
        said = problem(server.base_url)
    assert f"(127.0.0.1, port {server.port}: unable to get local issuer certificate)" in said
    assert "update-ca-certificates" in said


def hashed_folder(authority: Authority, tmp_path: Path) -> Path:
    """A folder of certificates as OpenSSL looks them up."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    openssl = ("openssl", "x509", "-noout", "-hash", "-in", authority.bundle)
    found = subprocess.run(openssl, capture_output=True, text=True, check=True)
    shutil.copy(authority.bundle, folder / f"{found.stdout.strip()}.0")
    return folder


# --- proxies


def test_a_name_that_only_the_proxy_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(as_proxy) as server:
        monkeypatch.setenv("http_proxy", server.base_url)
        assert BackendClient("http://backend.invalid", "key").report([])


def test_tls_through_a_proxy_trusts_the_same_authorities(
    trusted: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.bundle))
    with tunnel_proxy() as proxy, FaultServer(certificate=trusted.certificate()) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        assert delivers(Device(tmp_path, server))
    assert proxy.asked == [f"127.0.0.1:{server.port}"]


def test_a_put_through_a_proxy_has_its_deadline_too(
    trusted: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.bundle))
    slow = faults.drip(0.05)
    with tunnel_proxy() as proxy, FaultServer(slow, trusted.certificate()) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        device = Device(tmp_path, server, longest_put=IMPATIENT)
        assert not delivers(device)
        server.answer = keep


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
def test_networks_in_no_proxy(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, is_proxy: bool
) -> None:
    """As curl and requests have it."""
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert route_to("http://127.0.0.1:7071").is_proxy == is_proxy


def test_a_socks_proxy_needs_pysocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said at the start, and no user or password with it."""
    monkeypatch.setenv("ALL_PROXY", "socks5h://me:s3cr3t@proxy.invalid")
    monkeypatch.setattr("pi_uploader.upload.route.find_spec", lambda name: None)
    with pytest.raises(SettingsError) as error:
        BackendClient("https://backend.invalid", None)
    assert "proxy.invalid is a SOCKS proxy, for which PySocks is missing" in str(error.value)
    assert "s3cr3t" not in str(error.value)


def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words too, but no password."""
    with FaultServer(faults.status(407)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:s3cr3t@127.0.0.1:{proxy.port}")
        said = problem("https://backend.invalid")
    assert said.startswith(f"gave no connection (the proxy 127.0.0.1, port {proxy.port}: ")
    assert "407" in said
    assert "s3cr3t" not in said


# --- messages


def test_a_refused_connection_names_host_port_and_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = problem(f"http://127.0.0.1:{port}")
    assert said == f"gave no connection (127.0.0.1, port {port}: connection refused)"


def test_an_unknown_name_is_called_unknown() -> None:
    said = problem("https://nobody.invalid")
    assert said.startswith("gave no connection (nobody.invalid, port 443: name not known")


# --- files from Windows


def test_a_byte_order_mark_is_no_part_of_the_settings(tmp_path: Path) -> None:
    """In the config file, and in a credential."""
    config = tmp_path / "config.toml"
    config.write_bytes('\ufeffbase_url = "https://backend.invalid"\r\n'.encode())
    (tmp_path / "azure_function_key").write_bytes("\ufeffthe key\r\n".encode())
    environ = {"CAMERA_CONFIG": str(config), "CREDENTIALS_DIRECTORY": str(tmp_path)}
    settings = UploadSettings.from_environ(environ | {"HOME": "/nowhere"})
    assert settings.base_url == "https://backend.invalid"
    assert settings.function_key == "the key"


def test_the_context_verifies(trusted: Authority) -> None:
    """Whatever it trusts."""
    context = trust.tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
