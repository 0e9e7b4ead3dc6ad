"""The pages of problems: what they say in the language of the page."""

import html
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest

from function_app.auth import links
from function_app.auth.caller import Role
from function_app.auth.provenance import Provenance
from function_app.http.authorization import Access
from function_app.http.dispatch import handle
from function_app.http.responses import Response
from function_app.http.route import Route
from function_app.routes import ROUTES
from function_app.services import Services
from function_app.settings import Settings, SettingsError
from function_app.storage.models import Photo
from photo_wire.media import Media
from photo_wire.moment import to_milliseconds
from photo_wire.name import new_name
from photo_wire.problem import PROBLEM_TYPE
from tests.support.handlers import ROUTE_OF
from tests.support.memory_store import memory_services
from tests.support.pages import SITE, open_page, session_cookie

NOW = to_milliseconds(datetime.now(UTC))


@pytest.mark.parametrize(
    ("handler", "path", "english", "german"),
    [
        ("get_day", "/days/2026-13-41", "no such day", "Diesen Tag gibt es nicht"),
        ("get_day", "/days/2026-11-20?from=25:61", "no such time", "Diese Uhrzeit gibt es nicht"),
        ("get_day", "/days/2026-11-20?camera=A+B", "such a name", "So heißt keine Kamera"),
        ("get_day", "/days/2026-11-20?trigger=x", "no such trigger", "Diesen Auslöser gibt es"),
        (
            "get_day",
            "/days/2026-11-20?label=a%26b",
            "No label looks like this",
            "So sieht keine",
        ),
        ("get_day", "/days/2026-11-20?stubs=x", "Choose them on", "Wählen Sie sie auf"),
        ("get_days", "/days?month=2026-13", "no such month", "Diesen Monat gibt es nicht"),
        ("get_statistics", "/statistics?days=8", "so many days", "So viele Tage"),
    ],
)
def test_a_wrong_value_is_explained_in_the_language_of_the_page(
    handler: str, path: str, english: str, german: str
) -> None:
    services = memory_services(Settings(""))
    viewer = session_cookie(services)
    for language, expected in (("en", english), ("de", german)):
        page = open_page(services, handler, path, viewer, **{"Accept-Language": language})
        assert page.status == 400
        text = html.unescape(page.body.decode())
        assert expected in text
        assert "must be" not in text
        assert 'lang="en"' not in text.partition("<main")[2]


def test_the_page_of_another_site_is_named_once() -> None:
    """By the sentence that says so, in the language of the page; not beside one that guesses."""
    services = memory_services(Settings(""))
    cookie = session_cookie(services, role=Role.OWNER)
    for language, expected, guess in (
        ("en", "from another site's page: open the gallery itself", "You may not do this"),
        (
            "de",
            "von der Seite einer anderen Website: Öffnen Sie die Galerie",
            "Sie dürfen das nicht",
        ),
    ):
        headers = {"Origin": "https://evil.example", "Accept-Language": language, "Cookie": cookie}
        url = f"{SITE}/choice/correct"
        request = func.HttpRequest("POST", url, headers=headers, route_params={}, body=b"")
        reply = handle(ROUTE_OF["correct_chosen"], request, lambda: services)
        assert reply.status == 403
        text = html.unescape(reply.body.decode())
        assert text.count(expected) == 1
        assert "PUBLIC_URL" in text
        assert guess not in text


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FILES = [
    route
    for route in ROUTES
    if route.operation
    and "GET" in route.methods
    and any("/" in str(one) for one in (route.operation.responses.get(200) or "").split())
    and route.name != "get_openapi"
]


def ask(route: Route, services: Callable[[], Services], headers: Mapping[str, str]) -> Response:
    values = {"id": f"{new_name('gate', NOW, '00000000')}", "secret": "A" * 32, "camera": "gate"}
    request = func.HttpRequest(
        "GET", f"{SITE}/{route.path}", headers=headers, route_params=values, body=b""
    )
    return handle(route, request, services)


@pytest.mark.parametrize("route", FILES, ids=[route.name for route in FILES])
def test_a_problem_of_a_file_is_a_page_in_a_browser(route: Route) -> None:
    """Whatever a person may open by itself. Scripts, players and programs get what the API says."""
    services = memory_services(Settings(""))

    def unavailable() -> Services:
        raise SettingsError(["The setting is wrong."])

    page = ask(route, unavailable, BROWSER | {"Accept-Language": "de"})
    assert (page.status, page.content_type) == (503, "text/html")
    assert page.headers["Retry-After"] == "10"
    assert 'lang="de"' in page.body.decode()
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "image/avif,*/*"}):
        assert ask(route, unavailable, headers).content_type == PROBLEM_TYPE
    if route.access is Access.PUBLIC:
        return
    stranger = ask(route, lambda: services, BROWSER)
    assert (stranger.status, stranger.headers["Location"][:14]) == (303, "/sign-in?next=")
    assert ask(route, lambda: services, {}).status == 401
    program = ask(route, lambda: services, BROWSER | {"Authorization": "Bearer nj_wrong"})
    assert (program.status, program.content_type) == (401, PROBLEM_TYPE)


def test_a_script_shows_a_problem_in_the_language_of_its_page() -> None:
    """Programs, and what has no text, get the sentence of the API."""
    services = memory_services(Settings(""))
    cookie = {"Cookie": session_cookie(services, role=Role.OWNER), "Accept-Language": "de"}
    cookie |= {"Origin": SITE}
    url, values = f"{SITE}/api/cameras/barn/capture", {"camera": "barn"}
    details = []
    for headers in (cookie, cookie | {"Accept-Language": "en"}, cookie | {"Cookie": ""}):
        request = func.HttpRequest("POST", url, headers=headers, route_params=values, body=b"")
        reply = handle(ROUTE_OF["post_capture"], request, lambda: services)
        assert reply.content_type == PROBLEM_TYPE
        details.append(json.loads(reply.body)["detail"])
    assert details[0] == "Es gibt keine Kamera barn."
    assert details[1] == "There is no camera barn."
    assert details[2].startswith("Sign in")


def test_a_guest_learns_why_a_photo_is_not_shown() -> None:
    """That the link is not valid, or that the photo's place cannot be removed."""
    services = memory_services(Settings(""))
    route = ROUTE_OF["get_shared_content"]
    closed = ask(route, lambda: services, BROWSER)
    assert (closed.status, closed.content_type) == (404, "text/html")
    assert "expired, was revoked, or never existed" in closed.body.decode()
    name = new_name("gate", NOW, "00000000")
    photo = Photo(name, Media.JPEG, "cd" * 32, 8, NOW)
    services.blobs.add(photo, b"no photo")
    services.index.add(photo, NOW)
    until = datetime.now(UTC) + timedelta(hours=1)
    link = links.link_to_photo(name, until, Provenance("owner"))
    _, secret = links.store(services.accounts, link)
    values = {"id": str(name), "secret": secret}
    request = func.HttpRequest("GET", f"{SITE}/x", headers=BROWSER, route_params=values, body=b"")
    shown = handle(route, request, lambda: services)
    assert (shown.status, shown.content_type) == (404, "text/html")
    assert "Ask for a link with the place." in shown.body.decode()
    assert "<nav" not in shown.body.decode()
