"""How a browser shows the pages: chosen by a form, kept in its cookies."""

from urllib.parse import urlencode

import pytest
import requests

from function_app.auth.caller import Role
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.browser import same_origin, session_of

PATH = "/settings/display"


@pytest.fixture(scope="module")
def session(backend: Backend) -> dict[str, str]:
    """Headers of a viewer who signed in."""
    return session_of(backend, Role.VIEWER)


def choose(api: Api, session: dict[str, str], **fields: str) -> requests.Response:
    reply = api.ask(
        PATH, session | same_origin(api), "POST", data=urlencode(fields), allow_redirects=False
    )
    api.http.cookies.clear()
    return reply


def test_what_is_chosen_is_how_pages_are_shown(api: Api, session: dict[str, str]) -> None:
    chosen = {"theme": "dark", "language": "de", "density": "compact", "zone": "Europe/Berlin"}
    reply = choose(api, session, **chosen)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{PATH}?saved")
    cookies = "; ".join(f"{name}={value}" for name, value in chosen.items())
    for name, value in chosen.items():
        assert f"{name}={value}" in reply.headers["Set-Cookie"]
    page = api.ask(PATH, {"Cookie": f"{session['Cookie']}; {cookies}"}).text
    for part in ('lang="de"', 'data-theme="dark"', 'data-density="compact"', "Europe/Berlin"):
        assert part in page


def test_what_is_left_empty_is_forgotten(api: Api, session: dict[str, str]) -> None:
    reply = choose(api, session, theme="", language="en")
    assert "theme=; Max-Age=0" in reply.headers["Set-Cookie"]
    assert "zone=; Max-Age=0" in reply.headers["Set-Cookie"]


def test_what_was_chosen_stays_beside_a_wrong_zone(api: Api, session: dict[str, str]) -> None:
    """And the page is still as the browser remembers it."""
    remembered = {"Cookie": f"{session['Cookie']}; zone=Europe/Berlin; theme=light"}
    chosen = {"theme": "dark", "language": "de", "density": "compact", "zone": "Berlin"}
    page = choose(api, session | remembered, **chosen).text
    for name in ("theme", "language", "density"):
        assert f'name="{name}" value="{chosen[name]}" checked' in page
    assert 'name="zone" value="Berlin"' in page
    assert 'data-theme="light"' in page


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "x; theme=dark", "a\r\nb: c"])
def test_a_zone_that_is_none_is_explained(api: Api, session: dict[str, str], zone: str) -> None:
    reply = choose(api, session, zone=zone)
    assert reply.status_code == 400
    assert "There is no such time zone." in reply.text
    assert "Set-Cookie" not in reply.headers
