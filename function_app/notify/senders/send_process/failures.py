"""Name what went wrong with a connection, from the exceptions of requests, smtplib and ssl.

The name is a key of replies.py. An exception's own text may have the address, so nobody is shown
it.
"""

import socket
import ssl
from collections.abc import Iterator
from http.client import RemoteDisconnected

from .guard import BlockedError, PlainTextError

# X509_V_ERR_* of OpenSSL (openssl/x509_vfy.h).
_CERTIFICATES = {
    9: "CertificateNotYetValid",
    10: "CertificateExpired",
    18: "CertificateSelfSigned",
    19: "CertificateSelfSigned",
    2: "CertificateIssuerUnknown",
    20: "CertificateIssuerUnknown",
    21: "CertificateIssuerUnknown",
    62: "CertificateOfAnotherHost",
    64: "CertificateOfAnotherHost",
}
# What OpenSSL says to an answer that is not TLS; which of them depends on its version and on how
# the answer begins.
_NO_TLS = (
    *("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"),
    *("UNEXPECTED_EOF_WHILE_READING", "UNEXPECTED_MESSAGE", "UNKNOWN_PROTOCOL"),
)
_BY_TYPE: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (PlainTextError, "PlainTextError"),
    (BlockedError, "BlockedError"),
    (socket.gaierror, "NameNotFound"),
    (ConnectionRefusedError, "ConnectionRefused"),
    ((RemoteDisconnected, ConnectionResetError, BrokenPipeError), "ConnectionClosed"),
)


def name_of(error: BaseException) -> str:
    """Return the name of what went wrong: the most telling one of the exception and those that led
    to it."""
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return _CERTIFICATES.get(one.verify_code, "CertificateRejected")
        if isinstance(one, ssl.SSLError):
            return "NoTLS" if getattr(one, "reason", "") in _NO_TLS else "TLSFailed"
        for kind, name in _BY_TYPE:
            if isinstance(one, kind):
                return name
    return type(error).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that led to it: requests and urllib3 wrap them in arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        causes = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [cause for cause in causes if isinstance(cause, BaseException)]
