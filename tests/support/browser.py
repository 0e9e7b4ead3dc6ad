"""Sign-ins over HTTP, as a browser sends them, and sessions of people."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import requests

from function_app.auth import sessions, users
from function_app.auth.caller import Role
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.account_keys import LOGIN_ATTEMPTS
from photo_wire.moment import EPOCH, format_time, parse_time
from tests.support.api import Api, new_camera
from tests.support.backend import Backend

NEW_PASSWORD = "another good password"


def sign_in(
    api: Api, password: str, name: str = "owner", address: str = "192.0.2.1"
) -> requests.Response:
    """Sign in from this address."""
    body = {"name": name, "password": password}
    return api.ask("/api/session", {"X-Forwarded-For": address}, "POST", json=body)


def session_of(
    backend: Backend, role: Role = Role.OWNER, cameras: frozenset[str] | None = None
) -> dict[str, str]:
    """Return the headers of a new person's session."""
    rows = connect(Settings(backend.connection_string)).accounts
    person = users.add(rows, new_camera(), "a good password", role, cameras)
    return {"Cookie": f"nightjar_session={sessions.create(rows, person, datetime.now(UTC))}"}


def same_origin(api: Api) -> dict[str, str]:
    """Return the headers by which a browser says that the gallery's own page sends a request."""
    return {"Origin": api.backend.base_url}


def until_refused(attempt: Callable[[], requests.Response]) -> tuple[list[int], requests.Response]:
    """Send wrong passwords until one has to wait. Return the status of each attempt before, and the
    refusal. The wait doubles each time; on a slow machine the first ones are over when the next
    attempt is sent. `prolong_waits` keeps the last one from being over."""
    statuses: list[int] = []
    while (reply := attempt()).status_code != 429:
        statuses.append(reply.status_code)
        assert len(statuses) < 12
    return statuses, reply


def prolong_waits(backend: Backend) -> None:
    """Make all waits after wrong passwords an hour longer, as if many more had been wrong: else one
    of two seconds may be over before a slow machine sends the next request."""
    accounts = connect(Settings(backend.connection_string)).accounts
    for row in accounts.query(LOGIN_ATTEMPTS, 1000):
        if (until := parse_time(row.properties["until"])) > EPOCH:
            longer = format_time(until + timedelta(hours=1))
            accounts.upsert(LOGIN_ATTEMPTS, row.key, {**row.properties, "until": longer})


def exhaust_attempts(backend: Backend) -> None:
    """Let a stranger at the owner's own address, such as a guest, try passwords until they have to
    wait for long."""
    until_refused(lambda: sign_in(Api(backend), "wrong password"))
    prolong_waits(backend)
