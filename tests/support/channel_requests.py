"""People who sign in and call the routes of notifications, over services in memory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from function_app.auth import sessions, users
from function_app.auth.caller import Role
from function_app.http.responses import Response
from function_app.services import Services
from function_app.settings import Network, Settings
from tests.support.account_requests import SITE
from tests.support.handlers import ROUTE_OF, call
from tests.support.memory_store import memory_services
from tests.support.push_service import Browser

PASSWORD = "ribbon-walnut-77"
WEBHOOK = {"label": "my server", "kind": "webhook", "address": "https://hooks.example/secret-path"}


def browser(endpoint: str = "https://fcm.googleapis.com/fcm/send/secret-path") -> dict[str, str]:
    """Return the request by which a browser with this endpoint becomes a channel."""
    return {"label": "a phone", "kind": "webpush", "address": Browser(endpoint, "").subscription}


@dataclass
class People:
    """`services`, and the sessions of those who signed in. Their pages are of SITE; `site` is what
    the Host header of their requests says."""

    services: Services = field(
        default_factory=lambda: memory_services(
            Settings("", network=Network(public_origin=SITE, is_on_azure=True))
        )
    )
    site: str = SITE
    _sessions: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def add(self, name: str, *cameras: str, role: Role = Role.VIEWER) -> str:
        """Add a person who may see these cameras (none for all), and sign them in."""
        limit = frozenset(cameras) if cameras else None
        user = users.add(self.services.accounts, name, PASSWORD, role, limit)
        session = sessions.create(self.services.accounts, user, datetime.now(UTC))
        self._sessions[name] = {"Cookie": f"__Secure-nightjar_session={session}", "Origin": SITE}
        return name

    def ask(
        self,
        who: str,
        handler: str,
        body: object = None,
        status: int = 200,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **path: str,
    ) -> Any:
        """Return the JSON of the response to a person, which must have this status."""
        response = self.respond(who, handler, body, query, headers, **path)
        assert response.status == status, response.body
        return json.loads(response.body) if response.body else None

    def respond(
        self,
        who: str,
        handler: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **path: str,
    ) -> Response:
        """Return the response to a person."""
        route = ROUTE_OF[handler]
        request = func.HttpRequest(
            route.methods[0],
            f"{self.site}/{route.path}",
            headers={**self._sessions[who], **(headers or {})},
            params=dict(query or {}),
            route_params=path,
            body=b"" if body is None else json.dumps(body).encode(),
        )
        return call(handler, request, self.services)

    def make(
        self,
        who: str,
        body: Mapping[str, object] = WEBHOOK,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the channel that a person makes."""
        return self.ask(who, "make_channel", body, 201, headers=headers)

    def channels(self, who: str, **query: str) -> Any:
        """Return the channels that a person sees."""
        return self.ask(who, "list_channels", query=query)["channels"]

    def audit_log(self) -> list[tuple[str, str, str]]:
        """Return who did what to which, the newest first."""
        entries = self.services.audit_log.newest(100, "")
        return [(one.actor, one.action, one.target) for one in entries]
