"""Errors of requests to the backend, with texts that name the host and no key."""

import errno
import socket
import ssl

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

from pi_uploader.client.connection import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS, Route
from pi_uploader.errors import NightjarError

_OS_ERROR_TEXTS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ENETUNREACH: "the network cannot be reached",
    errno.EHOSTUNREACH: "the host cannot be reached",
    errno.ETIMEDOUT: "no response",
}
_UNKNOWN_ISSUER = {18, 19, 20, 21}  # X509_V_ERR_..., of openssl/x509_vfy.h


class RequestError(NightjarError):
    """A request to the backend failed. `status` is the response's code, `retry_after` the wait in
    seconds that the server asked for; None if there was none."""

    def __init__(
        self, problem: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(problem)
        self.status = status
        self.retry_after = retry_after


class UnavailableError(RequestError):
    """The network or the backend cannot accept photos now, whichever photo it is. `retry_at_once`:
    one more try without a wait may succeed. `counter_above`: so may one that is signed with a
    counter above this one."""

    retryable = True

    def __init__(
        self,
        problem: str,
        retry_after: float | None = None,
        retry_at_once: bool = False,
        status: int | None = None,
        counter_above: int | None = None,
    ) -> None:
        super().__init__(problem, status, retry_after)
        self.retry_at_once = retry_at_once
        self.counter_above = counter_above


class RejectedError(RequestError):
    """The backend rejects this request for its content, such as a photo."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"rejected with {status}: {detail or 'no reason given'}", status)


def unavailable(error: Exception, route: Route) -> UnavailableError:
    """Return the error for an exception of `requests`, urllib3 or the operating system."""
    match error:
        case requests.exceptions.SSLError():
            return UnavailableError(_tls_problem(error, route))
        case requests.exceptions.ConnectTimeout():
            return UnavailableError(
                f"could not be reached within {CONNECT_TIMEOUT_SECONDS:g} s ({route})"
            )
        case requests.exceptions.ReadTimeout():
            return UnavailableError(f"sent no data for {READ_TIMEOUT_SECONDS:g} s ({route})")
        case requests.exceptions.ConnectionError() if _is_not_connected(error):
            return UnavailableError(f"could not be reached ({route}: {connection_problem(error)})")
        case requests.exceptions.ConnectionError() | HTTPError() | OSError():
            return UnavailableError(f"closed the connection ({route})", retry_at_once=True)
    return UnavailableError(f"sent an invalid response ({type(error).__name__})")


def connection_problem(error: BaseException) -> str:
    """Return why a connection could not be made, such as `connection refused`."""
    for cause in _causes(error):
        match cause:
            case socket.gaierror() if cause.errno == socket.EAI_AGAIN:
                return "host name not found now: the DNS server does not respond"
            case socket.gaierror():
                return "host name not found"
            case TimeoutError():
                return "no response"
            case OSError() if cause.errno in _OS_ERROR_TEXTS:
                return _OS_ERROR_TEXTS[cause.errno]
            case OSError() if type(cause) is OSError and cause.args:  # such as a proxy's response
                return str(cause.strerror or cause.args[0])
    return "no connection"


def _is_not_connected(error: Exception) -> bool:
    is_refused_by_proxy = isinstance(error, requests.exceptions.ProxyError)
    return is_refused_by_proxy or any(isinstance(one, NewConnectionError) for one in _causes(error))


def _tls_problem(error: Exception, route: Route) -> str:
    """Return why a TLS connection could not be made."""
    if "not yet valid" in str(error):
        return (
            "shows a certificate that is not yet valid; waiting for this device's clock to be set"
        )
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            problem = f"failed certificate verification ({route}: {cause.verify_message})"
            return problem + _next_step(cause)
    reasons = [one.reason or "unknown" for one in _causes(error) if isinstance(one, ssl.SSLError)]
    return f"failed the TLS handshake ({route}: {', '.join(reasons[:1])})"


def _next_step(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code not in _UNKNOWN_ISSUER:
        return ""
    return (
        "; a certificate authority of your own goes into the system's store "
        "(update-ca-certificates), or its file's name into REQUESTS_CA_BUNDLE"
    )


def _causes(error: BaseException) -> list[BaseException]:
    """Return an exception and those wrapped in it: requests wraps urllib3, which wraps ssl."""
    found: list[BaseException] = []
    remaining: list[object] = [error]
    while remaining:
        one = remaining.pop()
        if isinstance(one, BaseException) and not any(one is other for other in found):
            found.append(one)
            remaining += [getattr(one, "reason", None), one.__context__, *one.args]
    return found
