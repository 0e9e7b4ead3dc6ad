"""Who may use the page: whoever knows the password, from a page of this device itself."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import logging
import socket
from collections.abc import Collection, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from pi_uploader.clock import SYSTEM_CLOCK, Clock
from pi_uploader.local_view.problems import RequestProblemError
from pi_uploader.serve.throttle import PasswordThrottle

LOCAL_DOMAINS = (".local", ".lan", ".home.arpa", ".internal")  # RFC 6762, 8375; none is public
SAFE_METHODS = ("GET", "HEAD")
LOG_SECONDS = 60.0  # between two log lines about wrong passwords
CHALLENGE = 'Basic realm="camera", charset="UTF-8"'

log = logging.getLogger("serve")


class Access:
    """Checks each request (a WSGI environment): the name by which it calls this device, the site
    that sent it, and the password, which HTTP Basic carries with any user name."""

    def __init__(self, password: str, names: Collection[str], clock: Clock = SYSTEM_CLOCK) -> None:
        self._digest = _digest(password.encode())
        own = socket.gethostname().lower()
        self._names = {"localhost", own, own.partition(".")[0], *names}
        self._clock = clock
        self._throttle = PasswordThrottle(clock)
        self._logged_at = float("-inf")

    def check(self, request: Mapping[str, str]) -> None:
        """Raise RequestProblemError if the request is not allowed."""
        host = request.get("HTTP_HOST", "")
        if not self._is_own(host):
            # Another site's name may be made to lead here (DNS rebinding).
            raise RequestProblemError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this device does not have that name: use its IP address, or set "
                "CAMERA_SERVE_NAMES",
            )
        self._check_site(request, host)
        self._check_password(request)

    def counts_wrong_passwords(self) -> bool:
        """Return whether an address has sent a wrong password lately, which counts against it."""
        return self._throttle.is_counting()

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        name = name.rstrip(".")
        try:
            ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return name in self._names or ("." in name and name.endswith(LOCAL_DOMAINS))
        return True

    def _check_site(self, request: Mapping[str, str], host: str) -> None:
        """Refuse what pages of other sites send: browsers add the password by themselves."""
        site = request.get("HTTP_SEC_FETCH_SITE", "none")
        is_link = request.get("HTTP_SEC_FETCH_MODE") == "navigate"
        is_safe = request.get("REQUEST_METHOD") in SAFE_METHODS
        is_from_here = site in ("same-origin", "none") or (is_safe and is_link)
        origin = request.get("HTTP_ORIGIN")
        if origin is not None and not is_safe:
            is_from_here = is_from_here and urlsplit(origin).netloc.lower() == host.lower()
        if not is_from_here:
            raise RequestProblemError(HTTPStatus.FORBIDDEN, "another site sent this request")

    def _check_password(self, request: Mapping[str, str]) -> None:
        address = request.get("REMOTE_ADDR", "")
        password = _password_in(request.get("HTTP_AUTHORIZATION", ""))
        if password is None:  # as a browser's first request
            raise _unauthorized("a password is needed")
        if wait := self._throttle.wait(address):
            raise RequestProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"too many wrong passwords from this address: wait {wait:.0f} s",
                {"Retry-After": str(int(wait) + 1)},
            )
        if not hmac.compare_digest(_digest(password), self._digest):
            self._throttle.count_wrong(address)
            self._log_wrong(address)
            raise _unauthorized("the password is wrong")

    def _log_wrong(self, address: str) -> None:
        now = self._clock.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            log.warning("wrong password from %s", address)


def _digest(password: bytes) -> bytes:
    return hashlib.sha256(password).digest()


def _password_in(authorization: str) -> bytes | None:
    """Return the password of HTTP Basic (RFC 7617); None if there is none."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, password = base64.b64decode(credentials.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return password if colon else None


def _unauthorized(text: str) -> RequestProblemError:
    return RequestProblemError(HTTPStatus.UNAUTHORIZED, text, {"WWW-Authenticate": CHALLENGE})
