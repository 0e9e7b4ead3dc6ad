"""Sign-ins over HTTP, as a browser sends them."""

from collections.abc import Callable

import requests

from tests.support.api import Api
from tests.support.backend import Backend

NEW_PASSWORD = "another good password"


def sign_in(
    api: Api, password: str, name: str = "owner", address: str = "192.0.2.1"
) -> requests.Response:
    """Sign in from this address."""
    body = {"name": name, "password": password}
    return api.ask("/api/session", {"X-Forwarded-For": address}, "POST", json=body)


def same_origin(api: Api) -> dict[str, str]:
    """Return the headers by which a browser says that the gallery's own page sends a request."""
    return {"Origin": api.backend.base_url}


def until_refused(attempt: Callable[[], requests.Response]) -> tuple[list[int], requests.Response]:
    """Send wrong passwords until the wait is longer than a second. Return the status of each
    attempt before, and the refusal. The wait doubles each time; on a slow machine the first ones
    are over when the next attempt is sent."""
    statuses: list[int] = []
    while (reply := attempt()).status_code != 429 or reply.headers["Retry-After"] == "1":
        statuses += [reply.status_code] if reply.status_code != 429 else []
        assert len(statuses) < 12
    return statuses, reply


def exhaust_attempts(backend: Backend) -> None:
    """Let a stranger at the owner's own address, such as a guest, try passwords until they have to
    wait."""
    until_refused(lambda: sign_in(Api(backend), "wrong password"))
