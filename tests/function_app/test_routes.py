"""Every route of the table is protected, unless it is named here."""

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
from photo_wire.name import PhotoName
from tests.support.api import Api, name_of, new_camera, photo_headers
from tests.support.backend import Backend
from tests.support.browser import session_of
from tests.support.handlers import TIMERS
from tests.support.pictures import jpeg

CALLS = [(route, method) for route in ROUTES for method in route.methods]
PROTECTED = [
    (route, method)
    for route, method in CALLS
    if route.access not in (Access.PUBLIC, Access.DEVICE, Access.PAGE)
]
PAGES = [(route, method) for route, method in CALLS if route.access is Access.PAGE]
PHOTO_CALLS = [(route, method) for route, method in PROTECTED if "{id}" in route.path]
PARAMETER_VALUES = {"{name}": "nobody", "{key}": "0" * 32, "{secret}": "A" * 32, "{*path}": ""}
PARAMETER_VALUES |= {"{camera}": "nobody", "{device}": "nobody", "{command}": "0" * 32}
PARAMETER_VALUES |= {"{channel}": "0" * 16, "{session}": "0" * 64, "{passkey}": "0" * 64}
REQUIRED_SCOPES = {
    Access.UPLOADER: Scope.UPLOAD,
    Access.READER: Scope.READ,
    Access.DELETER: Scope.DELETE,
    Access.CONTROLLER: Scope.CONTROL,
    Access.ADMIN: Scope.ADMIN,
}


def test_a_function_is_named_after_its_handler() -> None:
    """The table says the name, so that it need not import the handler."""
    assert [route.name for route in ROUTES] == [route.handler.__name__ for route in ROUTES]


def path_of(route: Route, name: str) -> str:
    path = "/" + route.path.replace("{id}", name)
    for piece, value in PARAMETER_VALUES.items():
        path = path.replace(piece, value)
    return path


def call_id(value: object) -> str:
    return value.name if isinstance(value, Route) else str(value)


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    """A backend with few photos: the routes that list or count all of them are called often."""
    return backend_of_file


@pytest.fixture(scope="module")
def name(backend: Backend) -> PhotoName:
    """A stored photo, which no test may delete."""
    return store_photo(Api(backend))


def store_photo(api: Api) -> PhotoName:
    """Store a photo of a new camera, and return its name."""
    name = name_of(new_camera())
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    return name


@pytest.fixture(scope="module")
def invalid_credentials(backend: Backend) -> dict[str, dict[str, str]]:
    """Headers with credentials that are not valid, or no longer."""
    rows = connect(Settings(backend.connection_string)).accounts
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
def viewer(backend: Backend) -> dict[str, str]:
    """Headers of a viewer of a camera that does not exist."""
    return session_of(backend, Role.VIEWER, frozenset({"nowhere"}))


@pytest.mark.parametrize(("route", "method"), CALLS, ids=call_id)
def test_only_public_routes_accept_invalid_credentials(
    api: Api,
    name: PhotoName,
    invalid_credentials: dict[str, dict[str, str]],
    route: Route,
    method: str,
) -> None:
    """All others respond with 401, also for a photo that exists; pages have people sign in."""
    for headers in invalid_credentials.values():
        reply = api.ask(path_of(route, str(name)), headers, method, allow_redirects=False)
        if route.access is Access.PAGE:
            assert reply.status_code == 303
            assert reply.headers["Location"].startswith("/sign-in")
            assert not reply.content
            continue
        assert (reply.status_code == 401) is (route.access is not Access.PUBLIC)
        if reply.status_code == 401 and route.access is not Access.DEVICE:
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            assert reply.headers["Content-Type"] == "application/problem+json"


def test_these_routes_are_public_and_no_others() -> None:
    """A shared link has its secret in the path; the others reveal no data."""
    assert {route.name for route in ROUTES if route.access is Access.PUBLIC} == {
        "post_to_device_route",
        "list_shared",
        "get_shared",
        "get_shared_content",
        "open_session",
        "get_health",
        "get_preflight",
        "get_openapi",
        "get_docs",
        "get_page",
        "get_sign_in",
        "post_sign_in",
        "post_sign_out",
        "begin_passkey_sign_in",
        "open_session_by_passkey",
    }


@pytest.mark.parametrize(("route", "method"), PAGES, ids=call_id)
def test_pages_are_for_sessions(api: Api, name: PhotoName, route: Route, method: str) -> None:
    """No key and no token opens one, of whatever kind and wherever it is sent."""
    key, token = api.backend.function_key, api.backend.admin_token
    path = path_of(route, str(name))
    for credentials in (
        {"Authorization": f"Bearer {key}"},
        {"x-functions-key": key},
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"Bearer {token}", "Cookie": "nightjar_session=owner.secret"},
    ):
        reply = api.ask(path, credentials, method, allow_redirects=False)
        assert (reply.status_code, reply.content) == (303, b"")


@pytest.mark.parametrize(("route", "method"), PROTECTED, ids=call_id)
def test_a_key_is_not_a_token_and_no_token_counts_in_a_url(
    api: Api, name: PhotoName, route: Route, method: str
) -> None:
    """URLs are logged, and kept by browsers and proxies."""
    key, token = api.backend.function_key, api.backend.admin_token
    for headers in ({"Authorization": f"Bearer {key}"}, {"x-functions-key": key}):
        assert api.ask(path_of(route, str(name)), headers, method).status_code == 401
    for parameter in ("code", "token", "access_token"):
        path = f"{path_of(route, str(name))}?{parameter}={token}"
        assert api.ask(path, method=method).status_code == 401


@pytest.mark.parametrize(("route", "method"), PROTECTED, ids=call_id)
def test_a_viewer_may_only_read(
    api: Api, name: PhotoName, viewer: dict[str, str], route: Route, method: str
) -> None:
    """A viewer's session gets 403 where it lacks the permission."""
    headers = {**viewer, "Origin": api.backend.base_url}
    if route.access is Access.PERSON:
        return  # everyone may sign out and change their own password
    reply = api.ask(path_of(route, str(name)), headers, method)
    assert (reply.status_code == 403) is (route.access is not Access.READER)


@pytest.mark.parametrize(("route", "method"), PHOTO_CALLS, ids=call_id)
def test_a_token_for_another_camera_gets_404(
    backend: Backend, api: Api, route: Route, method: str
) -> None:
    """As for a photo that does not exist; a token for the camera is accepted."""
    rows, scope = (
        connect(Settings(backend.connection_string)).accounts,
        REQUIRED_SCOPES[route.access],
    )
    name = store_photo(api)
    path = path_of(route, str(name))
    if route.path.startswith("api/trash/"):
        admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
        assert api.ask(f"/api/photos/{name}", admin, "DELETE").status_code == 204
    for camera, is_found in (("another", False), (name.camera, True)):
        secret = tokens.create(
            rows,
            new_camera(),
            tokens.Grant(frozenset({scope}), frozenset({camera})),
            datetime.now(UTC),
        )
        reply = api.ask(path, {"Authorization": f"Bearer {secret}"}, method)
        assert (reply.status_code == 404) is not is_found


def test_lists_show_no_other_camera(backend: Backend, api: Api, name: PhotoName) -> None:
    """Photos, events, alerts, cameras, days and statistics of a token for another camera."""
    rows = connect(Settings(backend.connection_string)).accounts
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
    api.backend.count()
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
def test_every_response_has_the_security_headers(
    api: Api, camera: str, route: Route, method: str
) -> None:
    """Against sniffing and referrers, with a policy and a rule for caching; on errors, too."""
    if route.access in (Access.PERSON, Access.ADMIN) and method != "GET":
        return  # these would change what other tests need
    key = {"x-functions-key": api.backend.function_key}
    for name in (str(name_of(camera)), "none"):
        reply = api.read(path_of(route, name), key, method)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        # Under no-referrer the forms of pages would come as if from another site.
        is_page = reply.headers.get("Content-Type", "").startswith("text/html")
        assert reply.headers["Referrer-Policy"] == ("same-origin" if is_page else "no-referrer")
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"]


def test_the_host_gets_a_function_for_each_route() -> None:
    """With the trigger of the table, and the two timers."""
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
