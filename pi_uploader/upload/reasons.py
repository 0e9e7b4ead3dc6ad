"""Why a request had no reply, in words that name the host and no key."""

import errno
import socket
import ssl

import requests
from urllib3.exceptions import NewConnectionError

from pi_uploader.upload.route import Route

REASONS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ENETUNREACH: "the network cannot be reached",
    errno.EHOSTUNREACH: "the host cannot be reached",
    errno.ETIMEDOUT: "no answer",
}


def reason(error: BaseException) -> str:
    """Return why a connection could not be made, such as `connection refused`."""
    for cause in causes(error):
        match cause:
            case socket.gaierror() if cause.errno == socket.EAI_AGAIN:
                return "name not known now, for no name server answers"
            case socket.gaierror():
                return "name not known"
            case TimeoutError():
                return "no answer"
            case OSError() if cause.errno in REASONS:
                return REASONS[cause.errno]
            case OSError() if type(cause) is OSError and cause.args:
                return str(cause.strerror or cause.args[0])  # what a proxy answered is one, too
    return "no connection"


def no_connection(error: Exception, route: Route) -> str | None:
    """Return the sentence for a connection that could not be made; None if it was."""
    refused_by_proxy = isinstance(error, requests.exceptions.ProxyError)
    if refused_by_proxy or any(isinstance(one, NewConnectionError) for one in causes(error)):
        return f"gave no connection ({route}: {reason(error)})"
    return None


def tls_problem(error: Exception, route: Route) -> str:
    """Return the sentence for a TLS connection that could not be made."""
    if "not yet valid" in str(error):
        return (
            "shows a certificate that is not yet valid; waiting for this device's clock to be set"
        )
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"{_NO_TRUST} ({route}: {cause.verify_message}){_hint(cause)}"
    reasons = [one.reason or "unknown" for one in causes(error) if isinstance(one, ssl.SSLError)]
    return f"{_NO_TRUST} ({route}: {', '.join(reasons[:1])})"


_NO_TRUST = "gave no TLS connection that can be trusted"
_UNKNOWN_ISSUER = {18, 19, 20, 21}  # X509_V_ERR_..., of openssl/x509_vfy.h


def _hint(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code not in _UNKNOWN_ISSUER:
        return ""
    return (
        "; a certificate authority of your own goes into the system's store "
        "(update-ca-certificates), or its file's name into REQUESTS_CA_BUNDLE"
    )


def causes(error: BaseException) -> list[BaseException]:
    """Return an exception and those wrapped in it: requests wraps urllib3 wraps ssl."""
    found: list[BaseException] = []
    to_look_at: list[object] = [error]
    while to_look_at:
        one = to_look_at.pop()
        if isinstance(one, BaseException) and not any(one is other for other in found):
            found.append(one)
            to_look_at += [getattr(one, "reason", None), one.__context__, *one.args]
    return found
