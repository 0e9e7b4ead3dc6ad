"""Browsers in which a user signed in before, over HTTP: no stranger locks the user out."""

from datetime import UTC, datetime

import pytest

from function_app.auth import login_throttle
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.browser import (
    NEW_PASSWORD,
    exhaust_attempts,
    same_origin,
    sign_in,
    until_refused,
)

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_strangers_do_not_lock_a_user_out_of_a_known_browser(own: Backend) -> None:
    """Attempts there are counted alone. In another browser they wait, unless it has another address
    than the strangers."""
    api, other = Api(own), Api(own)
    assert sign_in(api, own.password).status_code == 200
    assert api.ask("/api/session", same_origin(api), "DELETE").status_code == 204
    exhaust_attempts(own)
    assert sign_in(other, own.password).status_code == 429
    assert sign_in(api, own.password).status_code == 200
    assert sign_in(other, own.password, address="192.0.2.2").status_code == 200


def test_a_device_cookie_grants_nothing_and_no_more_attempts(own: Backend) -> None:
    """It is no session, counts for no other user, and has as many free attempts."""
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
def test_a_device_is_known_until_the_user_signs_out_everywhere(own: Backend, end: str) -> None:
    """Or changes the password: the browser in which they do that gets a new cookie."""
    api, lost = Api(own), Api(own)
    for one in (api, lost):
        assert sign_in(one, own.password).status_code == 200
    password = own.password
    if end == "password":
        body, password = {"old": own.password, "new": NEW_PASSWORD}, NEW_PASSWORD
        assert api.ask("/api/password", same_origin(api), "PUT", json=body).status_code == 204
    else:
        assert api.ask("/api/sessions", same_origin(api), "DELETE").status_code == 200
        assert sign_in(api, own.password).status_code == 200
    exhaust_attempts(own)
    assert sign_in(lost, password).status_code == 429
    assert sign_in(api, password).status_code == 200
