"""Drive a backend that is recorded: its people, photos and secrets, and its answers."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.golden.stores import Exchange, answer_of
from tests.support.clocked_backend import ClockedBackend
from tests.support.pictures import dng_with_preview, jpeg, jpeg_with_exif, located_jpeg, mp4

BEGIN = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
SECRETS = {
    "function_key": "the function key of the recorded store",
    "read_token": "the-read-token-of-the-recorded-store",
    "admin_token": "the-admin-token-of-the-recorded-store",
    "password": "first lantern over the fence",
}
PASSWORDS = {
    "owner": "second lantern over the fence",
    "olga": "seven herons by the old mill",
    "vera": "nine herons by the new mill",
    "bert": "three owls behind the barn",
}
HOME, AWAY = "203.0.113.7", "198.51.100.23"  # addresses for documentation (RFC 5737)
TINY = (32, 24)

Headers = Mapping[str, str]


class OldBackend:
    """A client of the backend that is recorded: it moves its clock, and knows all secrets."""

    def __init__(self, backend: ClockedBackend) -> None:
        self.backend = backend
        self.now = BEGIN
        self.bodies: dict[str, bytes] = {}  # all that were sent
        self.credentials: dict[str, Headers] = {
            "anonymous": {},
            "device": {"x-functions-key": backend.function_key},
            "read-token": {"Authorization": f"Bearer {backend.read_token}"},
            "admin-token": {"Authorization": f"Bearer {backend.admin_token}"},
        }
        self.secrets: list[str] = [*SECRETS.values(), *PASSWORDS.values()]
        self.names: dict[str, str] = {}  # what the recorder calls a photo -> its id
        self.links: dict[str, str] = {}
        self.exchanges: list[Exchange] = []
        self.topic = ""  # of the next exchanges
        self._pictures = 0

    def restart_at(self, moment: datetime) -> None:
        """Start it anew at this moment: it has forgotten what it kept in memory."""
        self.backend.stop()
        self.move_to(moment)
        self.backend.start()

    def move_to(self, moment: datetime) -> None:
        self.now = moment
        self.backend.set_clock(moment)

    def wait(self, **duration: float) -> None:
        self.move_to(self.now + timedelta(**duration))

    def ask(self, who: str, method: str, path: str, expected: int = 200, **more: Any) -> Any:
        """Return the JSON of the answer, or the response if it has none."""
        own = more.pop("headers", {})
        origin = {"Origin": self.backend.base_url, "X-Forwarded-For": HOME}
        response = requests.request(
            method,
            self.backend.base_url + path,
            headers={**self.credentials[who], **origin, **own},
            timeout=90,
            **more,
        )
        if response.status_code != expected:
            sys.exit(f"{who} {method} {path}: {response.status_code} {response.text}")
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return response.json() if response.content and is_json else response

    def sign_in(
        self, name: str, password: str, called: str, headers: Headers | None = None
    ) -> None:
        """Sign in. Keep the credentials of the session under the name `called`, and those of its
        browser under `browser-CALLED`."""
        body = {"name": name, "password": password}
        response = requests.post(
            f"{self.backend.base_url}/api/session",
            json=body,
            headers={"X-Forwarded-For": HOME, **(headers or {})},
            timeout=90,
        )
        if not response.ok:
            sys.exit(f"{name} cannot sign in: {response.text}")
        self._keep_cookies(called, response)

    def change_password(self, who: str, old: str, new: str) -> None:
        response = self.ask(who, "PUT", "/api/password", 204, json={"old": old, "new": new})
        self._keep_cookies(who, response)

    def _keep_cookies(self, called: str, response: requests.Response) -> None:
        cookies = response.cookies.get_dict()
        for cookie, who in (
            ("nightjar_session", called),
            ("nightjar_browser", f"browser-{called}"),
        ):
            if cookie in cookies:
                self.credentials[who] = {"Cookie": f"{cookie}={cookies[cookie]}"}
                self.secrets.append(cookies[cookie].rpartition(".")[2])

    def token(self, who: str, name: str, scopes: list[str], cameras: list[str] | None) -> None:
        body = {"name": name, "scopes": scopes, "cameras": cameras}
        secret = self.ask(who, "POST", "/api/tokens", 201, json=body)["token"]
        self.credentials[f"token-{name}"] = {"Authorization": f"Bearer {secret}"}
        self.secrets.append(secret)

    def link(self, who: str, called: str, **body: object) -> None:
        made = self.ask(who, "POST", "/api/shares", 201, json=body)
        secret = made["url"].rpartition("/")[2]
        self.links[called] = secret
        self.secrets.append(secret)

    def picture(self, kind: str = "jpeg") -> bytes:
        """Return a picture of its own."""
        self._pictures += 1
        seed = self._pictures
        match kind:
            case "mp4":
                return mp4(seed, cover=jpeg(*TINY, seed=seed))
            case "mp4-without-cover":
                return mp4(seed)
            case "dng":
                return dng_with_preview(jpeg(*TINY, seed=seed))
            case "located":
                return located_jpeg(seed)
            case "exif":
                return jpeg_with_exif({0x9003: "2026:05:04 07:30:00", 0x9011: "+02:00"}, seed=seed)
        return jpeg(*TINY, seed=seed)

    def photo(
        self,
        called: str,
        camera: str,
        kind: str = "jpeg",
        ago: timedelta = timedelta(seconds=2),
        **headers: str,
    ) -> Exchange:
        """Have a device send a photo that was taken a while ago; return the request."""
        body = self.picture(kind)
        name = self.name(called, camera, ago)
        described = {one.replace("_", "-"): value for one, value in headers.items()}
        known = {"X-Photo-Id": name, "X-Clock": "synced", "X-Trigger": "motion", **described}
        return self.send(called, Exchange("device", "/api/camera/photo", "PUT", known), body)

    def name(self, called: str, camera: str, ago: timedelta = timedelta(seconds=2)) -> str:
        """Return a new id."""
        moment = self.now - ago
        tag = hashlib.sha256(called.encode()).hexdigest()[:8]
        moment_text = f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03}Z"
        return self.names.setdefault(called, f"{camera}-{moment_text}-{tag}")

    def send(self, called: str, request: Exchange, body: bytes) -> Exchange:
        """Send a body with these headers; return the request with it."""
        self.wait(milliseconds=1500)
        sha256 = hashlib.sha256(body).hexdigest()
        self.bodies[sha256] = body
        receipt = self.ask(
            request.who, request.method, request.path, 201, data=body, headers=request.headers
        )
        self.names[called] = receipt["id"]
        return replace(request, body=sha256)

    def alert(self, kind: str, name: str, reason: str, waiting: int = 0, **details: object) -> None:
        alert = {"id": name, "kind": kind, "reason": reason, "details": details}
        headers = {"X-Waiting": f"{waiting}"}
        self.ask("device", "POST", "/api/alerts", json={"alerts": [alert]}, headers=headers)

    def record(
        self, who: str, path: str, method: str = "GET", is_brief: bool = True, **more: Any
    ) -> Any:
        """Ask, and put the exchange on record; return the answer. A brief one has photos of a list
        by their ids."""
        exchange = Exchange(who, path, method, topic=self.topic, **more)
        response = exchange.send(
            requests.Session(), self.backend.base_url, self.credentials[who], self.bodies
        )
        answer = answer_of(response)
        if path == "/api/status":
            answer.pop("version")
        if is_brief and isinstance(answer, dict) and isinstance(answer.get("photos"), list):
            answer["photos"] = [one["id"] for one in answer["photos"]]
        self.exchanges.append(replace(exchange, status=response.status_code, answer=answer))
        return answer

    def record_pages(self, who: str, path: str, is_brief: bool = True) -> None:
        """Put all pages of a list on record."""
        answer = self.record(who, path, is_brief=is_brief)
        while answer and answer["next_cursor"]:
            cursor = f"&cursor={answer['next_cursor']}"
            answer = self.record(who, path + cursor, is_brief=is_brief)
