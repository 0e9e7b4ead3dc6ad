"""Pages of services in memory, through the local host: asked for, and their forms sent, as by a
browser without JavaScript."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from html import unescape
from urllib.parse import parse_qsl, urlencode

import azure.functions as func

from function_app import build_app
from function_app.auth import passwords, sessions, users
from function_app.auth.caller import Role
from function_app.services import Services
from function_app.storage.account_keys import USERS
from local.host import Host
from local.server import Request

SITE = "http://127.0.0.1:7071"
PASSWORD = "a good long password"
Fields = Sequence[tuple[str, str]]


class _SwitchableHost:
    """A host, which takes long to make, in front of one backend after another."""

    def __init__(self) -> None:
        self.services: Services | None = None
        self.host = Host(build_app(self._services).get_functions(), ["key"])

    def _services(self) -> Services:
        assert self.services
        return self.services


@cache
def _shared_host() -> _SwitchableHost:
    return _SwitchableHost()


@cache
def _stored_password() -> str:
    return passwords.hash_password(PASSWORD)


class Visitor:
    """A person with a session, and how they see pages."""

    def __init__(
        self,
        services: Services,
        name: str = users.OWNER,
        role: Role = Role.OWNER,
        cameras: frozenset[str] | None = None,
    ) -> None:
        self.services = services
        person = users.User(name, role, _stored_password(), cameras, "epoch")
        services.accounts.upsert(USERS, name, person.to_properties())
        self.person = person
        value = sessions.create(services.accounts, person, datetime.now(UTC))
        self.headers = {"cookie": f"nightjar_session={value}", "origin": SITE}

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> func.HttpResponse:
        """Return the response to a request."""
        host = _shared_host()
        host.services = self.services
        where, _, query = path.partition("?")
        params = dict(parse_qsl(query, keep_blank_values=True))
        sent = {**self.headers, **(headers or {})}
        return host.host.handle(Request(method, SITE + path, where, params, sent, body))

    def page(self, path: str, language: str = "en", status: int = 200) -> str:
        """Return a page as text."""
        reply = self.ask(path, headers={"accept-language": language})
        assert reply.status_code == status, reply.get_body()
        return reply.get_body().decode()

    def send(
        self, path: str, fields: Fields = (), headers: Mapping[str, str] | None = None
    ) -> func.HttpResponse:
        """Send a form."""
        return self.ask(path, "POST", urlencode(fields).encode(), headers)

    def change(self, path: str, fields: Fields = ()) -> str:
        """Send a form that is accepted, and return what the next page says was done."""
        reply = self.send(path, fields)
        assert reply.status_code == 303, reply.get_body().decode()
        cookies = [self.headers["cookie"], reply.headers["Set-Cookie"].partition(";")[0]]
        page = self.ask(reply.headers["Location"], headers={"cookie": "; ".join(cookies)})
        return status_of(page.get_body().decode())

    def problems(self, path: str, fields: Fields, status: int = 400) -> dict[str, str]:
        """Send a form that is not accepted, and return what the page says is wrong, by field."""
        reply = self.send(path, fields)
        assert reply.status_code == status, reply.get_body()
        return problems_of(reply.get_body().decode())


def status_of(page: str) -> str:
    """Return what a page says was done."""
    found = re.search(r'<p role="status"[^>]*>([^<]*)</p>', page)
    return unescape(found[1]) if found else ""


def problems_of(page: str) -> dict[str, str]:
    """Return what a page says is wrong, by field."""
    found = re.findall(r'<p id="([a-z]+)-problem" class="problem" role="alert">([^<]+)</p>', page)
    return {field: unescape(text) for field, text in found}
