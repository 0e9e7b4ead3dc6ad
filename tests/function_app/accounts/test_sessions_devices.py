"""A browser in which somebody signed in before, over HTTP: no stranger keeps its person out."""

from datetime import UTC, datetime, timedelta

import pytest

from function_app.auth import login_throttle, sessions
from tests.conftest import NewStore, StartBackend
from tests.function_app.api import Api
from tests.function_app.memory_store import MemoryTable
from tests.support.backend import Backend
from tests.support.browser import (
    NEW_PASSWORD,
    exhaust_attempts,
    same_origin,
    sign_in,
    until_refused,
)

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def own(new_store: NewStore, start_backend: StartBackend) -> Backend:
    """A backend with a store of its own, where nobody has signed in yet."""
    return start_backend(new_store())


def test_strangers_do_not_keep_a_person_out_of_a_browser_of_theirs(own: Backend) -> None:
    """Where somebody signed in before, they are counted alone; in another browser they wait, unless
    it has another address than the strangers."""
    api, other = Api(own), Api(own)
    assert sign_in(api, own.password).status_code == 200
    assert api.ask("/api/session", same_origin(api), "DELETE").status_code == 204
    exhaust_attempts(own)
    assert sign_in(other, own.password).status_code == 429
    assert sign_in(api, own.password).status_code == 200
    assert sign_in(other, own.password, address="192.0.2.2").status_code == 200


def test_a_known_browser_opens_nothing_and_has_no_more_tries(own: Backend) -> None:
    """Its cookie is no session, counts for nobody else, and as many wrong passwords are free."""
    api, thief = Api(own), Api(own)
    assert sign_in(api, own.password).status_code == 200
    cookie = api.http.cookies["nightjar_browser"]
    for name in ("nightjar_session", "nightjar_browser"):
        assert thief.ask("/api/photos", {"Cookie": f"{name}={cookie}"}).status_code == 401
    thief.http.cookies.set("nightjar_browser", cookie)
    statuses, _ = until_refused(lambda: sign_in(thief, "wrong password"))
    assert statuses == [401] * max(login_throttle.FREE_FAILURES + 1, len(statuses))
    for name in ("vera", "owner.", ""):
        assert sign_in(thief, "wrong password", name).status_code == 401
    assert sign_in(Api(own), own.password).status_code == 200


@pytest.mark.parametrize("end", ["password", "sessions"])
def test_a_browser_is_known_until_its_person_signs_out_everywhere(own: Backend, end: str) -> None:
    """Or changes the password. The browser in which they do that is known by a new cookie."""
    api, lost = Api(own), Api(own)
    for one in (api, lost):
        assert sign_in(one, own.password).status_code == 200
    password = own.password
    if end == "password":
        said, password = {"old": own.password, "new": NEW_PASSWORD}, NEW_PASSWORD
        assert api.ask("/api/password", same_origin(api), "PUT", json=said).status_code == 204
    else:
        assert api.ask("/api/sessions", same_origin(api), "DELETE").status_code == 200
        assert sign_in(api, own.password).status_code == 200
    exhaust_attempts(own)
    assert sign_in(lost, password).status_code == 429
    assert sign_in(api, password).status_code == 200


def test_so_many_browsers_are_known_and_for_a_year() -> None:
    """A new one takes the place of the oldest; those of another person are others."""
    rows, moments = (
        MemoryTable(),
        [NOW + timedelta(minutes=n) for n in range(sessions.MAX_DEVICE_COOKIES + 1)],
    )
    known = [sessions.remember_device(rows, "owner", moment) for moment in moments]
    found = [sessions.find_device(rows, "owner", value, moments[-1]) for value in known]
    assert found[0] is None
    assert len(set(found[1:])) == sessions.MAX_DEVICE_COOKIES
    assert None not in found[1:]
    assert sessions.find_device(rows, "vera", known[-1], NOW) is None
    expired_at = moments[-1] + sessions.DEVICE_COOKIE_TTL
    assert sessions.find_device(rows, "owner", known[-1], expired_at) is None
    sessions.remember_device(rows, "owner", expired_at)
    assert len(rows.kept) == 1
