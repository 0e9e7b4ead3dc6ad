"""Every route of the table: deny unless it says otherwise."""

import time

import pytest
from azure.functions import AuthLevel
from azure.functions.decorators.http import HttpTrigger

from function_app import build_app
from function_app.access import Access, new_session
from function_app.routes import ROUTES, Route
from tests.function_app.api import Api, name_of, photo_headers
from tests.pictures import jpeg

READER = [route for route in ROUTES if route.access is Access.READER]
CALLS = [(route, method) for route in ROUTES for method in route.methods]


def path_of(route: Route, name: str) -> str:
    return "/" + route.path.replace("{id}", name).replace("{*path}", "")


def call_id(value: object) -> str:
    return value.name if isinstance(value, Route) else str(value)


@pytest.mark.parametrize(("route", "method"), CALLS, ids=call_id)
def test_only_public_routes_answer_a_stranger(
    api: Api, camera: str, route: Route, method: str
) -> None:
    """Without credentials everything else is 401, also for a photo that exists."""
    name = name_of(camera)
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    reply = api.ask(path_of(route, str(name)), method=method)
    assert (reply.status_code == 401) is (route.access is not Access.PUBLIC)


@pytest.mark.parametrize("route", READER, ids=call_id)
def test_wrong_credentials_do_not_read(api: Api, camera: str, route: Route) -> None:
    """A wrong token, a device's key, a session that ended or that another token opened."""
    name = name_of(camera)
    api.put(jpeg(), photo_headers(name))
    token, key, now = api.backend.read_token, api.backend.function_key, time.time()
    for headers in (
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {key}"},
        {"x-functions-key": key},
        {"Cookie": f"nightjar_session={new_session(token, now - 13 * 3600)}"},
        {"Cookie": f"nightjar_session={new_session(key, now)}"},
    ):
        reply = api.ask(path_of(route, str(name)), headers)
        assert reply.status_code == 401
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert reply.headers["Content-Type"] == "application/problem+json"
    for parameter in ("code", "token"):
        reply = api.ask(f"{path_of(route, str(name))}?{parameter}={token}")
        assert reply.status_code == 401


@pytest.mark.parametrize(("route", "method"), CALLS, ids=call_id)
def test_every_reply_protects_who_reads_it(
    api: Api, camera: str, route: Route, method: str
) -> None:
    """No sniffing, no referrer, a policy, and a word on caching; on errors too."""
    key = {"x-functions-key": api.backend.function_key}
    for name in (str(name_of(camera)), "none"):
        reply = api.read(path_of(route, name), key, method)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"]


def test_the_table_is_what_the_host_gets() -> None:
    """One function for each route, with the trigger that the table says."""
    found = {}
    for function in build_app().get_functions():
        trigger = function.get_trigger()
        assert isinstance(trigger, HttpTrigger)
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
