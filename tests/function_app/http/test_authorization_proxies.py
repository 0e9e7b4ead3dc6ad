"""The app's own address, and which headers of a proxy are trusted."""

import json

import azure.functions as func
import pytest

from function_app.auth.client_address import client_address
from function_app.http import dispatch
from function_app.http.responses import render
from function_app.services import Services
from function_app.settings import read_settings
from function_app.storage.models import Photo
from photo_wire.media import Media
from tests.support.api import MOMENT, name_of
from tests.support.handlers import ROUTE_OF
from tests.support.memory_store import memory_services

ADMIN_TOKEN, PASSWORD = "the-admin-token-of-this-test", "the first password"
SET = {
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "ADMIN_TOKEN": ADMIN_TOKEN,
    "GALLERY_PASSWORD": PASSWORD,
}
FLEX = {"WEBSITE_POD_NAME": "pod", "WEBSITE_HOSTNAME": "App.azurewebsites.net"}
DEDICATED = {"WEBSITE_INSTANCE_ID": "1", "WEBSITE_HOSTNAME": "app.azurewebsites.net"}
# CONTAINER_NAME is Azure's word, too, and that of any other container.
CORE_TOOLS = {"WEBSITE_HOSTNAME": "localhost:7071", "CONTAINER_NAME": "some-container"}
FRONT_DOOR = {**FLEX, "PUBLIC_URL": "https://Photos.example/", "TRUSTED_PROXY_COUNT": "2"}


def backend_with(environment: dict[str, str]) -> Services:
    backend = memory_services(read_settings({**SET, **environment}))
    backend.index.add(Photo(name_of("gate"), Media.JPEG, "ab" * 32, 3, MOMENT), MOMENT)
    return backend


def ask(
    backend: Services, handler: str, url: str, headers: dict[str, str], content: object = None
) -> func.HttpResponse:
    route = ROUTE_OF[handler]
    body = b"" if content is None else json.dumps(content).encode()
    request = func.HttpRequest(route.methods[0], url, headers=headers, body=body)
    reply = dispatch.handle(route, request, lambda: backend)
    return render(reply, request.method, dispatch.is_https(request))


@pytest.mark.parametrize(
    ("environment", "url", "expected"),
    [
        (FLEX, "https://evil.example/api/shares", "https://app.azurewebsites.net"),
        (DEDICATED, "https://evil.example/api/shares", "https://app.azurewebsites.net"),
        (FRONT_DOOR, "https://app.azurewebsites.net/api/shares", "https://photos.example"),
        ({"PUBLIC_URL": "http://pi.lan:8080"}, "http://127.0.0.1:7071/", "http://pi.lan:8080"),
        ({}, "http://192.168.1.9:7071/api/shares", "http://192.168.1.9:7071"),
        (CORE_TOOLS, "http://127.0.0.1:7071/api/shares", "http://127.0.0.1:7071"),
        ({**FLEX, "WEBSITE_HOSTNAME": ""}, "http://app.example/", "https://app.example"),
    ],
)
def test_a_shared_link_has_the_app_s_own_address(
    environment: dict[str, str], url: str, expected: str
) -> None:
    """Whatever the Host header says; without Azure and the setting nothing else is known."""
    bearer = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    content = {"photo": str(name_of("gate"))}
    reply = ask(backend_with(environment), "make_share", url, bearer, content)
    assert reply.status_code == 201
    link = json.loads(reply.get_body())["url"]
    assert link.rpartition("/shared/")[0] == expected


@pytest.mark.parametrize(
    ("environment", "url", "origin", "is_own"),
    [
        ({}, "https://n.example/api/session", "https://n.example", True),
        ({}, "https://n.example:443/api/session", "https://N.example", True),
        ({}, "https://n.example/api/session", "http://n.example", False),
        ({}, "http://n.example/api/session", "https://n.example", False),
        ({}, "http://127.0.0.1:7071/api/session", "http://127.0.0.1:7071", True),
        ({}, "http://127.0.0.1:7071/api/session", "http://127.0.0.1:7072", False),
        ({}, "https://n.example/api/session", "null", False),
        ({}, "https://n.example/api/session", "https://n.example.evil.example", False),
        ({}, "https://n.example/api/session", "https://[", False),
        (FLEX, "http://app.azurewebsites.net/api/session", "https://app.azurewebsites.net", True),
        (FLEX, "https://cam.example/api/session", "https://cam.example", True),
        (FLEX, "https://cam.example/api/session", "http://cam.example", False),
        (FRONT_DOOR, "https://app.azurewebsites.net/", "https://photos.example", True),
        (FRONT_DOOR, "https://app.azurewebsites.net/", "http://photos.example", False),
        (FLEX, "https://app.azurewebsites.net/", "https://photos.example", False),
    ],
)
def test_another_origin_is_refused(
    environment: dict[str, str], url: str, origin: str, is_own: bool
) -> None:
    """The scheme and the port count, too. Behind a proxy the setting has the app's origin."""
    content = {"name": "owner", "password": PASSWORD}
    reply = ask(backend_with(environment), "open_session", url, {"Origin": origin}, content)
    assert reply.status_code == (200 if is_own else 403)


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, ""),
        (CORE_TOOLS, ""),
        (FLEX, "203.0.113.9"),
        (DEDICATED, "203.0.113.9"),
        (FRONT_DOOR, "198.51.100.7"),
        ({"TRUSTED_PROXY_COUNT": "1"}, "203.0.113.9"),
        ({**FLEX, "TRUSTED_PROXY_COUNT": "0"}, ""),
    ],
)
def test_a_forwarded_address_is_trusted_from_known_proxies(
    environment: dict[str, str], address: str
) -> None:
    """Azure's front end, or as many proxies as the setting says; no other."""
    headers = {"X-Forwarded-For": "6.6.6.6, 198.51.100.7, 203.0.113.9:50123"}
    assert (
        client_address(headers, backend_with(environment).settings.network.trusted_proxies)
        == address
    )


@pytest.mark.parametrize(
    ("url", "headers", "is_https"),
    [
        ("https://n.example/api/health", {}, True),
        ("HTTPS://n.example/api/health", {}, True),
        ("http://n.example/api/health", {"X-Forwarded-Proto": "https"}, True),
        ("http://n.example/api/health", {"X-Forwarded-Proto": "https, http"}, False),
        ("http://127.0.0.1:7071/api/health", {}, False),
    ],
)
def test_responses_over_https_set_hsts(url: str, headers: dict[str, str], is_https: bool) -> None:
    """On errors, too; and never for other hosts of the domain."""
    for handler in ("get_health", "list_photos"):
        response = ask(backend_with({}), handler, url, headers)
        assert response.headers.get("Strict-Transport-Security") == (
            "max-age=31536000" if is_https else None
        )
