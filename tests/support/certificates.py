"""TLS certificates for a server on 127.0.0.1: a good one, and those that a client must refuse."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
PEM_KEY = (PrivateFormat.PKCS8, NoEncryption())


class Kind(Enum):
    """What is wrong with a certificate, if anything."""

    GOOD = "good"
    NOT_YET_VALID = "not-yet-valid"
    """It becomes valid tomorrow: to a client whose clock is set, what any is to a client whose
    clock is behind."""
    EXPIRED = "expired"
    SELF_SIGNED = "self-signed"
    OTHER_HOST = "other-host"


@dataclass(frozen=True)
class Certificate:
    """A server's certificate with its key: a PEM file."""

    file: Path

    @property
    def fingerprint(self) -> str:
        """Its SHA-256, in hexadecimal digits."""
        signed = x509.load_pem_x509_certificate(self.file.read_bytes())
        return signed.fingerprint(hashes.SHA256()).hex()

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


class Authority:
    """Signs certificates. Who is to trust them sets REQUESTS_CA_BUNDLE to `bundle`, a PEM file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _sign("Nightjar tests", self._key, None, None, Kind.GOOD)
        self.bundle = folder / "authority.pem"
        self.bundle.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def certificate(self, kind: Kind = Kind.GOOD) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = None if kind is Kind.SELF_SIGNED else self._certificate
        signed = _sign("127.0.0.1", key, issuer, self._key if issuer else None, kind)
        file = self._folder / f"{kind.value}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, *PEM_KEY) + signed.public_bytes(Encoding.PEM)
        )
        return Certificate(file)


def _sign(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey | None,
    kind: Kind,
) -> x509.Certificate:
    """A certificate of `key`, signed by the issuer, or by itself without one. It has what Python
    3.13's strict checks want."""
    now = datetime.now(UTC)
    start, end = {
        Kind.NOT_YET_VALID: (now + DAY, now + 30 * DAY),
        Kind.EXPIRED: (now - 30 * DAY, now - DAY),
    }.get(kind, (now - DAY, now + 30 * DAY))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    address = "127.0.0.2" if kind is Kind.OTHER_HOST else "127.0.0.1"
    signs = issuer is None
    signer = issuer_key or key
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=signs, path_length=None), critical=True)
        .add_extension(_usage(signs), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False
        )
        .sign(signer, hashes.SHA256())
    )


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
