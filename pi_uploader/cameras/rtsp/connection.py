"""Connections to network cameras, encrypted where the URL says so (rtsps).

A camera's certificate is verified as a browser does: against the system's certificate authorities
or a given one. Most cameras have a self-signed one, which is pinned by its SHA-256.
"""

import hashlib
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from photo_wire.errors import quoted
from pi_uploader.cameras.camera import CameraError

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}


@dataclass(frozen=True)
class Trust:
    """Which certificates are trusted: the one with the SHA-256 `fingerprint` (64 hexadecimal
    digits), else those signed by the authorities in the PEM file `ca`, else those signed by the
    system's authorities."""

    ca: Path | None = None
    fingerprint: str | None = None

    def ssl_context(self) -> ssl.SSLContext:
        """Return the context for TLS connections. Raises OSError if `ca` cannot be read or holds no
        certificate."""
        if self.fingerprint is not None:
            return _unverified_context()  # the certificate is compared after the handshake
        context = ssl.create_default_context(cafile=self.ca)
        if self.ca:  # many private authorities do not meet the stricter default of Python 3.13
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


SYSTEM_TRUST = Trust()


@dataclass(frozen=True)
class Address:
    """The URL of a camera's stream. As a text it is HOST:PORT, without path or query."""

    url: str

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def is_encrypted(self) -> bool:
        return self.parts.scheme == "rtsps"

    @property
    def host(self) -> str:
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        return self.parts.port or DEFAULT_PORTS[self.parts.scheme]

    def __str__(self) -> str:
        return f"{quoted(self.host)[1:-1]}:{self.port}"


def connect(address: Address, trust: Trust, timeout: float) -> socket.socket:
    """Return a connection to the camera. `timeout` (seconds) also applies to each later operation.

    Raises CameraError, which says what is wrong and what to do, if there is no connection or its
    certificate is not trusted.
    """
    try:
        plain = socket.create_connection((address.host, address.port), timeout)
    except socket.gaierror:
        raise CameraError(f"the name {address.host} is not known; see CAMERA_URL") from None
    except ConnectionRefusedError:
        raise CameraError(
            f"nothing listens at {address}; is the camera on, is CAMERA_URL right?"
        ) from None
    except TimeoutError:
        raise CameraError(f"{address} does not answer; is the camera on the network?") from None
    except OSError as error:
        raise CameraError(
            f"there is no way to {address} ({error.strerror}); is the camera on the network?"
        ) from None
    if not address.is_encrypted:
        return plain
    try:
        return _start_tls(plain, address, trust, timeout)
    except BaseException:
        plain.close()
        raise


def _start_tls(
    plain: socket.socket, address: Address, trust: Trust, timeout: float
) -> socket.socket:
    try:
        connection = trust.ssl_context().wrap_socket(plain, server_hostname=address.host)
    except ssl.SSLCertVerificationError as error:
        presented = _presented_fingerprint(address, timeout)
        raise CameraError(
            f"{address} has a certificate that is not trusted ({error.verify_message}), so it gets "
            "no password; set CAMERA_CA to the file of its certificate authority, or, after you "
            "have compared it with what the camera's own settings show, CAMERA_FINGERPRINT to its "
            f"SHA-256{presented}"
        ) from None
    except ssl.SSLError as error:
        raise CameraError(
            f"{address} does not speak TLS here ({error.reason}); is the port in CAMERA_URL right?"
        ) from None
    except TimeoutError:
        raise CameraError(f"{address} sent no data for {timeout:g} s") from None
    except OSError as error:
        raise CameraError(f"{address} ends the connection: {error.strerror or error}") from None
    presented = _fingerprint(connection)
    if trust.fingerprint is not None and presented != trust.fingerprint:
        connection.close()
        raise CameraError(
            f"{address} has another certificate than CAMERA_FINGERPRINT says, so it gets no "
            f"password; if the camera's was renewed, set it to {presented}"
        )
    return connection


def _unverified_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _fingerprint(connection: ssl.SSLSocket) -> str:
    return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


def _presented_fingerprint(address: Address, timeout: float) -> str:
    """Return the SHA-256 of the certificate that the camera presents, as the end of an error
    text."""
    try:
        with (
            socket.create_connection((address.host, address.port), timeout) as plain,
            _unverified_context().wrap_socket(plain, server_hostname=address.host) as connection,
        ):
            return f", {_fingerprint(connection)}"
    except OSError:
        return ""
