"""Pages of other origins: every route, with every kind of origin and of credentials, through the
local host."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import azure.functions as func
import pytest

from function_app import build_app
from function_app.auth import passwords, sessions, users
from function_app.auth.caller import Role
from function_app.http.authorization import Access
from function_app.http.cors import MAX_AGE, REQUEST_HEADERS, RESPONSE_HEADERS
from function_app.routes import ROUTES
from function_app.services import Services
from function_app.settings import Network, Secrets, Settings
from function_app.storage import account_keys
from local.host import Host
from local.server import Request
from photo_wire.name import PhotoName
from tests.support.api import name_of, photo_headers
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg

KEY, TOKEN = "the-device-key", "the-admin-token-of-all"
SITE, APP = "http://127.0.0.1:7071", "https://app.example"
SHARED_WITH = Network(cors_origins=frozenset({APP, "http://localhost:3000"}))
TAKE_TOKENS = {
    *(Access.UPLOADER, Access.READER, Access.DELETER, Access.CONTROLLER, Access.ADMIN),
}
CALLS = [(route, method) for route in ROUTES for method in route.methods if method != "OPTIONS"]
ORIGINS = {  # of a request: whether CORS_ORIGINS has it
    "": False,
    APP: True,
    "http://localhost:3000": True,
    "https://other.example": False,
    "http://app.example": False,
    "https://app.example:8443": False,
    "https://app.example.evil.example": False,
    "https://APP.example": False,
    "https://sub.app.example": False,
    "null": False,
    "*": False,
    f"{APP}, https://other.example": False,
    SITE: False,
}
SOME_ORIGINS = ("", APP, "https://other.example", "null")  # of each request
CREDENTIALS = ("token", "wrong token", "session", "token and session", "function key", "nothing")
ALLOW = "Access-Control-Allow-Origin"
PHOTO = name_of("gate")


class Backend:
    """A backend in memory behind the local host, with a session of its owner."""

    def __init__(self, network: Network) -> None:
        settings = Settings("", secrets=Secrets(admin_token=TOKEN), network=network)
        self.services = memory_services(settings)
        self.host = Host(build_app(self._services).get_functions(), [KEY])
        self.owner = users.User("anna", Role.OWNER, kept_password(), epoch="epoch")
        self.services.accounts.upsert(account_keys.USERS, "anna", self.owner.to_properties())
        put = self.call("PUT", "/api/camera/photo", {"x-functions-key": KEY}, PHOTO, jpeg())
        assert put.status_code == 201

    def _services(self) -> Services:
        return self.services

    def credentials(self, kind: str) -> dict[str, str]:
        session = sessions.create(self.services.accounts, self.owner, datetime.now(UTC))
        cookie, token = {"cookie": f"nightjar_session={session}"}, f"Bearer {TOKEN}"
        return {
            "token": {"authorization": token},
            "wrong token": {"authorization": "Bearer wrong"},
            "session": cookie,
            "token and session": {"authorization": token, **cookie},
            "function key": {"x-functions-key": KEY},
            "nothing": {},
        }[kind]

    def call(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        photo: PhotoName | None = None,
        body: bytes = b"",
    ) -> func.HttpResponse:
        if photo:
            headers = headers | {
                name.lower(): value for name, value in photo_headers(photo).items()
            }
        return self.host.handle(Request(method, SITE + path, path, {}, headers, body))

    def preflight(self, path: str, method: str, origin: str) -> func.HttpResponse:
        asked = {"access-control-request-method": method} if method else {}
        return self.call("OPTIONS", path, {"origin": origin, **asked})


@cache
def kept_password() -> str:
    return passwords.hash_password("a good long password")


def path_of(template: str) -> str:
    path = "/" + template.replace("{id}", str(PHOTO)).replace("{*path}", "")
    for parameter in ("name", "key", "secret", "camera", "device", "command"):
        path = path.replace(f"{{{parameter}}}", "nobody")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_only_a_token_is_shared_with_a_page_of_another_origin(credentials: str) -> None:
    """And nothing else differs from an app without CORS_ORIGINS: no status, no other header."""
    shared, own = Backend(SHARED_WITH), Backend(Network())
    for route, method in CALLS:
        for origin in SOME_ORIGINS:
            is_allowed, replies = ORIGINS[origin], []
            for backend in (shared, own):
                headers = backend.credentials(credentials)
                headers |= {"origin": origin} if origin else {}
                replies.append(backend.call(method, path_of(route.path), headers))
            reply, without = replies
            what = f"{method} {route.path} from {origin!r}: {reply.status_code}"
            assert reply.status_code == without.status_code, what
            added = [one for one, _ in without.headers if one.lower().startswith("access-control")]
            assert added == [], what
            assert "origin" not in without.headers.get("vary", "").lower(), what
            takes_token = route.access in TAKE_TOKENS
            assert ("origin" in reply.headers.get("vary", "").lower()) is takes_token, what
            assert "access-control-allow-credentials" not in reply.headers, what
            is_shared = takes_token and is_allowed and "token" in credentials
            assert reply.headers.get(ALLOW) == (origin if is_shared else None), what
            exposed = reply.headers.get("access-control-expose-headers")
            assert exposed == (", ".join(RESPONSE_HEADERS) if is_shared else None), what


def test_a_preflight_is_answered_for_routes_that_take_tokens_alone() -> None:
    """With the methods that take a token at its path."""
    backend = Backend(SHARED_WITH)
    allowed: dict[str, set[str]] = {}
    for route, method in CALLS:
        if route.access in TAKE_TOKENS:
            allowed.setdefault(path_of(route.path), set()).add(method)
    for route, method in CALLS:
        path = path_of(route.path)
        reply = backend.preflight(path, method, APP)
        if not path.startswith("/api/") or path == "/":
            assert reply.status_code == 404
        elif method not in allowed.get(path, ()):
            assert (reply.status_code, reply.headers.get(ALLOW)) == (404, None), path
        else:
            assert reply.status_code == 204
            assert reply.headers[ALLOW] == APP
            assert reply.headers["Vary"] == "Origin"
            assert reply.headers["Access-Control-Max-Age"] == str(MAX_AGE)
            stated = reply.headers["Access-Control-Allow-Methods"].split(", ")
            # GET too for api/photos/delete, which is GET api/photos/{id} there
            assert allowed[path] <= set(stated) <= {"GET", "HEAD", "POST", "PUT", "DELETE"}
            assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
            assert "Access-Control-Allow-Credentials" not in reply.headers
            assert reply.get_body() == b""


@pytest.mark.parametrize("origin", [one for one, is_allowed in ORIGINS.items() if not is_allowed])
def test_a_preflight_of_another_origin_is_refused(origin: str) -> None:
    reply = Backend(SHARED_WITH).preflight("/api/photos", "GET", origin)
    assert reply.status_code == 403
    assert b"CORS_ORIGINS" in reply.get_body()
    assert ALLOW not in reply.headers


def test_without_the_setting_every_preflight_is_refused() -> None:
    """For no origin at all, too: an empty list has no empty origin."""
    backend = Backend(Network())
    for origin in ORIGINS:
        assert backend.preflight("/api/photos", "GET", origin).status_code == 403


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/photos/", "GET", 204),
        ("/API/Photos", "GET", 204),
        ("/api/photos", "", 404),
        ("/api/photos", "PUT", 404),
        ("/api/photos", "get", 404),
        ("/api/nothing", "GET", 404),
        ("/api/photos/a/b/c", "GET", 404),
        ("/api/photos/a\nb", "GET", 204),
        ("/api/camera/photo", "PUT", 404),
        ("/api/session", "GET", 204),
        ("/api/session", "POST", 404),
        ("/api/session", "DELETE", 404),
        ("/api", "GET", 404),
    ],
)
def test_paths_match_as_the_functions_host_matches_them(
    path: str, method: str, status: int
) -> None:
    assert Backend(SHARED_WITH).preflight(path, method, APP).status_code == status


def test_a_page_can_read_what_is_wrong() -> None:
    """Also that storage is unavailable, and that something failed."""
    backend = Backend(SHARED_WITH)
    backend.services = replace(backend.services, index=None)  # type: ignore[arg-type]
    headers = backend.credentials("token") | {"origin": APP}
    reply = backend.call("GET", "/api/photos", headers)
    assert (reply.status_code, reply.headers[ALLOW]) == (500, APP)


def test_a_header_that_caches_need_stays() -> None:
    backend = Backend(SHARED_WITH)
    headers = backend.credentials("token") | {"origin": APP}
    reply = backend.call("GET", f"/api/photos/{PHOTO}/content", headers)
    assert reply.headers["Vary"] == "Authorization, Cookie, Origin"


def test_the_headers_of_an_upload_may_be_sent() -> None:
    """Those of a photo, in lower case as browsers compare them."""
    allowed = {one.lower() for one in REQUEST_HEADERS}
    assert {one.lower() for one in photo_headers(PHOTO)} <= allowed
