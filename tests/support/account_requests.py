"""Calls of the handlers of accounts on a store, without HTTP, and what may happen in between."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import azure.functions as func

from function_app.http.responses import Response
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage.table_store import TableStore
from tests.support.handlers import ROUTE_OF, call

FIRST_PASSWORD, PASSWORD, NEW_PASSWORD = (
    "the first password",
    "a password of eve's",
    "another good password",
)
ADMIN = {"Authorization": "Bearer the-admin-token-of-this-test"}
SECRETS = Secrets(admin_token="the-admin-token-of-this-test", gallery_password=FIRST_PASSWORD)
SETTINGS = Settings("", secrets=SECRETS)
SITE = "https://night.example"


@dataclass
class Interrupted:
    """A table to which something else happens just before the call number `at`. `calls` counts the
    calls."""

    table: TableStore
    at: int
    happens: Callable[[], object]
    calls: int = field(default=0)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.table, name)

        def interrupted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls - 1 == self.at:
                self.happens()
            return method(*args, **kwargs)

        return interrupted


def ask(
    services: Services, handler: str, headers: dict[str, str], body: object = None, **path: str
) -> Response:
    """Return the response of the route with this handler to a JSON body; `path` has the parameters
    of its path."""
    route = ROUTE_OF[handler]
    request = func.HttpRequest(
        route.methods[0],
        f"{SITE}/{route.path}",
        headers=headers,
        route_params=path,
        body=b"" if body is None else json.dumps(body).encode(),
    )
    return call(handler, request, services)


def sign_in(services: Services, name: str, password: str) -> dict[str, str]:
    """Sign in and return the session's headers; none if it was refused."""
    response = ask(services, "open_session", {}, {"name": name, "password": password})
    return session_headers(response) if response.status == 200 else {}


def session_headers(response: Response) -> dict[str, str]:
    """Return the headers that a browser sends after this response to a sign-in."""
    (cookie,) = SimpleCookie(response.cookies[0]).values()
    return {"Cookie": f"{cookie.key}={cookie.value}", "Origin": SITE}
