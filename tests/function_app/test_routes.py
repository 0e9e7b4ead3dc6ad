"""Every route of the table: deny unless it says otherwise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.functions import AuthLevel
from azure.functions.decorators.http import HttpTrigger

from function_app import build_app
from function_app.auth import sessions, tokens, users
from function_app.auth.caller import Role, Scope
from function_app.http.authorization import Access
from function_app.http.route import Route
from function_app.routes import ROUTES
from function_app.services import connect
from function_app.settings import Settings
from local.azurite import Azurite
from photo_wire.name import PhotoName
from tests.function_app.api import Api, name_of, new_camera, photo_headers
from tests.support.handlers import TIMERS
from tests.support.pictures import jpeg

CALLS = [(route, method) for route in ROUTES for method in route.methods]
GUARDED = [
    (route, method) for route, method in CALLS if route.access not in (Access.PUBLIC, Access.DEVICE)
]
OF_A_PHOTO = [(route, method) for route, method in GUARDED if "{id}" in route.path]
FILLED = {"{name}": "nobody", "{key}": "0" * 32, "{secret}": "A" * 32, "{*path}": ""}
ANSWERS = {
    Access.UPLOADER: Scope.UPLOAD,
    Access.READER: Scope.READ,
    Access.DELETER: Scope.DELETE,
    Access.ADMIN: Scope.ADMIN,
}


def path_of(route: Route, name: str) -> str:
    path = "/" + route.path.replace("{id}", name)
    for piece, filling in FILLED.items():
        path = path.replace(piece, filling)
    return path


def call_id(value: object) -> str:
    return value.name if isinstance(value, Route) else str(value)


@pytest.fixture
def name(api: Api, camera: str) -> PhotoName:
    """A photo that is there."""
    name = name_of(camera)
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return name


@pytest.fixture(scope="module")
def strangers(azurite: Azurite) -> dict[str, dict[str, str]]:
    """Headers of those who hold something, but not the right: by what they hold."""
    rows = connect(Settings(azurite.connection_string)).people
    now, who = datetime.now(UTC), new_camera()
    person = users.add(rows, who, "a good password", Role.VIEWER, frozenset({"nowhere"}))
    over = sessions.create(rows, person, now - sessions.SESSION_TTL - timedelta(seconds=1))
    ended = sessions.create(rows, person, now)
    sessions.end_all(rows, who)
    revoked = tokens.create(rows, f"{who}-2", tokens.Grant(frozenset(Scope)), now)
    tokens.revoke(rows, f"{who}-2")
    return {
        "nothing": {},
        "a wrong token": {"Authorization": "Bearer wrong"},
        "a revoked token": {"Authorization": f"Bearer {revoked}"},
        "an expired session": {"Cookie": f"nightjar_session={over}"},
        "a closed session": {"Cookie": f"nightjar_session={ended}"},
        "an invented session": {"Cookie": "nightjar_session=owner.secret"},
    }


@pytest.fixture(scope="module")
def viewer(azurite: Azurite) -> dict[str, str]:
    """Headers of somebody who may look at a camera that is nowhere."""
    rows = connect(Settings(azurite.connection_string)).people
    person = users.add(rows, new_camera(), "a good password", Role.VIEWER, frozenset({"nowhere"}))
    return {"Cookie": f"nightjar_session={sessions.create(rows, person, datetime.now(UTC))}"}


@pytest.mark.parametrize(("route", "method"), CALLS, ids=call_id)
def test_only_public_routes_answer_a_stranger(
    api: Api, name: PhotoName, strangers: dict[str, dict[str, str]], route: Route, method: str
) -> None:
    """Everything else is 401, also for a photo that exists. Every public route is named here."""
    for headers in strangers.values():
        reply = api.ask(path_of(route, str(name)), headers, method)
        assert (reply.status_code == 401) is (route.access is not Access.PUBLIC)
        if reply.status_code == 401 and route.access is not Access.DEVICE:
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            assert reply.headers["Content-Type"] == "application/problem+json"


def test_these_routes_are_public_and_no_others() -> None:
    """What a shared link opens has its secret in the path; the rest holds nothing of anybody."""
    assert {route.name for route in ROUTES if route.access is Access.PUBLIC} == {
        "post_to_device_route",
        "list_shared",
        "get_shared",
        "get_shared_content",
        "open_session",
        "get_health",
        "get_openapi",
        "get_docs",
        "get_page",
    }


@pytest.mark.parametrize(("route", "method"), GUARDED, ids=call_id)
def test_keys_and_tokens_of_another_kind_open_nothing(
    api: Api, name: PhotoName, route: Route, method: str
) -> None:
    """A device's key is no token, and no token counts in a URL."""
    key, token = api.backend.function_key, api.backend.admin_token
    for headers in ({"Authorization": f"Bearer {key}"}, {"x-functions-key": key}):
        assert api.ask(path_of(route, str(name)), headers, method).status_code == 401
    for parameter in ("code", "token", "access_token"):
        path = f"{path_of(route, str(name))}?{parameter}={token}"
        assert api.ask(path, method=method).status_code == 401


@pytest.mark.parametrize(("route", "method"), GUARDED, ids=call_id)
def test_a_viewer_only_looks(
    api: Api, name: PhotoName, viewer: dict[str, str], route: Route, method: str
) -> None:
    """Another role's session is 403 where it has not got the right."""
    headers = {**viewer, "Origin": api.backend.base_url}
    if route.access is Access.PERSON:
        return  # signing out and changing one's own password are everybody's
    reply = api.ask(path_of(route, str(name)), headers, method)
    assert (reply.status_code == 403) is (route.access is not Access.READER)


@pytest.mark.parametrize(("route", "method"), OF_A_PHOTO, ids=call_id)
def test_a_token_for_another_camera_sees_no_photo(
    azurite: Azurite, api: Api, name: PhotoName, route: Route, method: str
) -> None:
    """404, as for a photo that never was; the right token is let in."""
    rows, scope = connect(Settings(azurite.connection_string)).people, ANSWERS[route.access]
    path = path_of(route, str(name))
    for camera, is_found in (("another", False), (name.camera, True)):
        secret = tokens.create(
            rows,
            new_camera(),
            tokens.Grant(frozenset({scope}), frozenset({camera})),
            datetime.now(UTC),
        )
        reply = api.ask(path, {"Authorization": f"Bearer {secret}"}, method)
        assert (reply.status_code == 404) is not is_found


def test_lists_hold_no_other_camera(azurite: Azurite, api: Api, name: PhotoName) -> None:
    """Photos, events, alerts, cameras, days, statistics: what a token is not for is not there."""
    rows = connect(Settings(azurite.connection_string)).people
    secret = tokens.create(
        rows,
        new_camera(),
        tokens.Grant(frozenset({Scope.READ}), frozenset({"another"})),
        datetime.now(UTC),
    )
    lost = replace(name, tag="0000dead")
    alert = {"alerts": [{"id": str(lost), "kind": "loss", "reason": "no-room", "details": {}}]}
    key = {"x-functions-key": api.backend.function_key}
    assert api.ask("/api/alerts", key, "POST", json=alert).status_code == 200
    for path in (
        "/api/photos",
        f"/api/photos?camera={name.camera}",
        f"/api/events?camera={name.camera}",
        "/api/alerts",
        f"/api/alerts?camera={name.camera}",
        "/api/cameras",
        "/api/stats",
        f"/api/days?camera={name.camera}",
    ):
        mine = api.ask(path, {"Authorization": f"Bearer {secret}"})
        assert mine.status_code == 200
        assert name.camera not in mine.text
        if "?" in path or path in ("/api/cameras", "/api/stats"):
            assert len(api.read(path).text) > len(mine.text)  # for who may see it, it is there


@pytest.mark.parametrize(("route", "method"), CALLS, ids=call_id)
def test_every_reply_protects_who_reads_it(
    api: Api, camera: str, route: Route, method: str
) -> None:
    """No sniffing, no referrer, a policy, and a word on caching; on errors too."""
    if route.access in (Access.PERSON, Access.ADMIN) and method != "GET":
        return  # these would change what other tests need
    key = {"x-functions-key": api.backend.function_key}
    for name in (str(name_of(camera)), "none"):
        reply = api.read(path_of(route, name), key, method)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"]


def test_the_table_is_what_the_host_gets() -> None:
    """One function for each route, with the trigger that the table says, and the two timers."""
    found = {}
    for function in build_app().get_functions():
        trigger = function.get_trigger()
        if not isinstance(trigger, HttpTrigger):
            assert function.get_function_name() in TIMERS
            continue
        methods = tuple(str(method) for method in trigger.methods or ())
        found[function.get_function_name()] = (trigger.route, methods, trigger.auth_level)
    assert found == {
        route.name: (
            route.path,
            route.methods,
            AuthLevel.FUNCTION if route.access is Access.DEVICE else AuthLevel.ANONYMOUS,
        )
        for route in ROUTES
    }
