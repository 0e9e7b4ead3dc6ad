"""What went wrong with a connection has a name."""

import socket
import ssl
import threading
from collections.abc import Callable
from http.client import RemoteDisconnected
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests

from function_app.notify.senders.send_process.failures import name_of
from function_app.notify.senders.send_process.guard import BlockedError, PlainTextError
from function_app.notify.senders.send_process.replies import _ERRORS, _REJECTED_ERRORS
from tests.support.certificates import Authority, Kind
from tests.support.fault_server import FaultServer
from tests.support.faults import cut_request


def failure_of(url: str, authority: Path | None = None) -> str:
    """Return the name of what goes wrong with a request."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(authority) if authority else True
        with pytest.raises(requests.RequestException) as failed:
            session.post(url, data=b"x", timeout=90)
    return name_of(failed.value)


def rejected_certificate(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (lambda: rejected_certificate(62), "CertificateOfAnotherHost"),
        (lambda: rejected_certificate(7), "CertificateRejected"),
        (lambda: ssl.SSLError(1, "an alert"), "TLSFailed"),
        (lambda: socket.gaierror(-2, "unknown"), "NameNotFound"),
        (lambda: RemoteDisconnected("closed"), "ConnectionClosed"),
        (lambda: BlockedError("x"), "BlockedError"),
        (lambda: PlainTextError("x"), "PlainTextError"),
        (lambda: requests.ReadTimeout(), "ReadTimeout"),
    ],
)
def test_the_cause_is_named_however_deep_it_is(error: Callable[[], Exception], name: str) -> None:
    wrapped = requests.ConnectionError(ValueError(error()))
    assert name_of(error()) == name
    assert name_of(wrapped) == (name if name != "ReadTimeout" else "ConnectionError")
    assert {name, name_of(wrapped)} <= _ERRORS.keys() | _REJECTED_ERRORS.keys()


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert name_of(first) == "ValueError"


class Plain(BaseHTTPRequestHandler):
    """A server that speaks HTTP without TLS, and answers 400 to everything else."""

    def log_message(self, *_: object) -> None:
        pass


def test_https_to_a_port_that_speaks_plain_http() -> None:
    with HTTPServer(("127.0.0.1", 0), Plain) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        assert failure_of(f"https://127.0.0.1:{server.server_port}/") == "NoTLS"
        thread.join()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.EXPIRED, "CertificateExpired"),
        (Kind.NOT_YET_VALID, "CertificateNotYetValid"),
        (Kind.SELF_SIGNED, "CertificateSelfSigned"),
        (Kind.OTHER_HOST, "CertificateOfAnotherHost"),
    ],
)
def test_a_certificate_is_refused_for_a_reason(tmp_path: Path, kind: Kind, name: str) -> None:
    authority = Authority(tmp_path)
    with FaultServer(certificate=authority.certificate(kind)) as server:
        assert failure_of(server.base_url, authority.bundle) == name


def test_a_certificate_of_nobody_known(tmp_path: Path) -> None:
    with FaultServer(certificate=Authority(tmp_path).certificate()) as server:
        assert failure_of(server.base_url) == "CertificateIssuerUnknown"


def test_connections() -> None:
    with FaultServer(cut_request(0)) as server:
        assert failure_of(server.base_url) == "ConnectionClosed"
        server.refuse()
        assert failure_of(server.base_url) == "ConnectionRefused"
        server.listen()
