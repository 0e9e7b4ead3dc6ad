"""Connections to network cameras, encrypted where the URL says so (rtsps).

A camera's certificate is verified as a browser would: against the system's authorities or a given
one. Most cameras have one that they signed themselves; that is pinned by its SHA-256.
"""

import hashlib
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from photo_wire.errors import quoted
from pi_uploader.cameras.camera import CameraError

PORTS = {"rtsp": 554, "rtsps": 322}


@dataclass(frozen=True)
class Trust:
    """Which certificates are taken: one with this SHA-256 (64 hexadecimal digits), else those that
    the authorities in the PEM file `ca` have signed, else the system's authorities."""

    ca: Path | None = None
    fingerprint: str | None = None

    def context(self) -> ssl.SSLContext:
        """Return what a connection is encrypted with. Raises OSError for a file that cannot be read
        or holds no certificate."""
        if self.fingerprint is not None:
            return _unverified()  # the certificate is compared after the handshake
        context = ssl.create_default_context(cafile=self.ca)
        if self.ca:  # from Python 3.13 on many a home-made authority is too plain for the default
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


@dataclass(frozen=True)
class Address:
    """Where a camera listens, and the URL of its stream there."""

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
        return self.parts.port or PORTS[self.parts.scheme]

    def __str__(self) -> str:
        return f"{quoted(self.host)[1:-1]}:{self.port}"


def connect(address: Address, trust: Trust, timeout: float) -> socket.socket:
    """Connect to the camera; `timeout` (seconds) then holds for each wait for it.

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
        return _encrypted(plain, address, trust, timeout)
    except BaseException:
        plain.close()
        raise


def _encrypted(
    plain: socket.socket, address: Address, trust: Trust, timeout: float
) -> socket.socket:
    try:
        connection = trust.context().wrap_socket(plain, server_hostname=address.host)
    except ssl.SSLCertVerificationError as error:
        shown = _shown_fingerprint(address, timeout)
        raise CameraError(
            f"{address} has a certificate that is not trusted ({error.verify_message}), so it gets "
            "no password; set CAMERA_CA to the file of its certificate authority, or, after you "
            "have compared it with what the camera's own settings show, CAMERA_FINGERPRINT to its "
            f"SHA-256{shown}"
        ) from None
    except ssl.SSLError as error:
        raise CameraError(
            f"{address} does not speak TLS here ({error.reason}); is the port in CAMERA_URL right?"
        ) from None
    except TimeoutError:
        raise CameraError(f"{address} gave nothing for {timeout:g} s") from None
    except OSError as error:
        raise CameraError(f"{address} ends the connection: {error.strerror or error}") from None
    shown = _fingerprint(connection)
    if trust.fingerprint is not None and shown != trust.fingerprint:
        connection.close()
        raise CameraError(
            f"{address} has another certificate than CAMERA_FINGERPRINT says, so it gets no "
            f"password; if the camera's was renewed, set it to {shown}"
        )
    return connection


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _fingerprint(connection: ssl.SSLSocket) -> str:
    return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


def _shown_fingerprint(address: Address, timeout: float) -> str:
    """Return the SHA-256 of the certificate that the camera shows, for a message."""
    try:
        with (
            socket.create_connection((address.host, address.port), timeout) as plain,
            _unverified().wrap_socket(plain, server_hostname=address.host) as connection,
        ):
            return f", {_fingerprint(connection)}"
    except OSError:
        return ""
