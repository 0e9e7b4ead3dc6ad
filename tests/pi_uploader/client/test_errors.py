"""Errors name the host and the reason, and no password."""

import socket

import pytest

from pi_uploader.client import BackendClient, UnavailableError
from tests.support import faults
from tests.support.certificates import Authority
from tests.support.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("_no_variables")


def problem(base_url: str) -> str:
    with pytest.raises(UnavailableError) as error:
        BackendClient(base_url, "key").send_alerts([])
    return str(error.value)


def test_an_unknown_authority_comes_with_the_next_step(authority: Authority) -> None:
    with FaultServer(certificate=authority.certificate()) as server:
        text = problem(server.base_url)
    assert f"(127.0.0.1, port {server.port}: unable to get local issuer certificate)" in text
    assert "update-ca-certificates" in text


def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its response, but no password."""
    with FaultServer(faults.status(407)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:s3cr3t@127.0.0.1:{proxy.port}")
        text = problem("https://backend.invalid")
    assert text.startswith(f"could not be reached (the proxy 127.0.0.1, port {proxy.port}: ")
    assert "407" in text
    assert "s3cr3t" not in text


def test_a_refused_connection_names_host_port_and_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    text = problem(f"http://127.0.0.1:{port}")
    assert text == f"could not be reached (127.0.0.1, port {port}: connection refused)"


def test_an_unknown_host_name_is_reported_as_such() -> None:
    text = problem("https://nobody.invalid")
    assert text.startswith("could not be reached (nobody.invalid, port 443: host name not found")
