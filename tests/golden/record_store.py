"""Record a store as a version writes it: python -m tests.golden.record_store [--code FOLDER].

The version's own backend writes it, as a process of FOLDER (a checkout; default: this one) over
Azurite, driven by HTTP alone, and at made-up times (tests/support/clocked_host.py): months pass in
it. What is in the store then, and what the version answers about it, goes to
tests/golden/store-VERSION/ (tests/golden/stores.py says how).
tests/e2e/test_store_written_before.py reads it with today's code.

All secrets in it are made up here, and open nothing else.
"""

import hashlib
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from azure.storage.blob import ContainerClient

from local.azurite import Azurite
from tests.golden.recording import main
from tests.golden.stores import Exchange, answer_of, dump, write
from tests.support.clocked_backend import ClockedBackend
from tests.support.pictures import dng_with_preview, jpeg, jpeg_with_exif, located_jpeg, mp4

BEGIN = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
LATER = BEGIN + timedelta(days=35)
RETENTION = "forever, yard=30d"
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
        """Sign in; the session's credentials are `called` so, those of its browser
        `browser-CALLED`."""
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


def write_store(old: OldBackend, photos: ContainerClient) -> list[Exchange]:
    """Have the backend write one of everything that a store can hold; return the uploads, to send
    them again."""
    sent: list[Exchange] = []
    _make_people_and_tokens(old)
    sent += _first_day(old)
    sent += _second_day(old)
    _a_month_later(old, photos)
    sent += _last_day(old)
    return sent


def _make_people_and_tokens(old: OldBackend) -> None:
    old.restart_at(BEGIN)
    old.sign_in("owner", SECRETS["password"], "owner")
    old.change_password("owner", SECRETS["password"], PASSWORDS["owner"])
    for name, role, cameras in (
        ("olga", "owner", None),
        ("vera", "viewer", ["gate"]),
        ("bert", "owner", None),
    ):
        body = {"name": name, "password": PASSWORDS[name], "role": role, "cameras": cameras}
        old.ask("owner", "POST", "/api/people", 201, json=body)
        old.sign_in(name, PASSWORDS[name], f"early-{name}")
    old.token("owner", "backup", ["read"], None)
    old.token("owner", "wall", ["read"], ["gate"])
    old.token("owner", "janitor", ["read", "delete"], None)
    old.token("early-olga", "phone", ["upload"], ["phone"])
    old.token("early-olga", "script", ["admin"], None)
    old.token("token-script", "grandchild", ["read"], ["raw", "yard"])
    old.token("early-bert", "of-bert", ["read"], None)
    old.token("owner", "revoked", ["read"], None)
    old.ask("owner", "DELETE", "/api/tokens/revoked")


def _first_day(old: OldBackend) -> list[Exchange]:
    sent = [old.photo(f"gate {number}", "gate", X_Waiting=f"{9 - number}") for number in range(6)]
    sent.append(old.photo("located", "gate", "located", X_Trigger="gpio"))
    old.wait(minutes=10)
    old.ask("owner", "GET", "/api/stats")  # the first counts are saved
    sent.append(old.photo("older", "gate", ago=timedelta(days=4), X_Clock="corrected"))
    sent.append(old.photo("without a clock", "gate", ago=timedelta(days=400), X_Clock="unsynced"))
    for number, kind in enumerate(("mp4", "mp4-without-cover", "mp4")):
        sent.append(old.photo(f"clip {number}", "yard", kind, X_Trigger="schedule"))
    for number in range(2):
        sent.append(old.photo(f"raw {number}", "raw", "dng", X_Trigger="demand"))
    for number in range(2):
        old.photo(f"shed {number}", "shed")
    post = Exchange("token-phone", "/api/photos", "POST", {"Content-Type": "image/jpeg"})
    sent.append(old.send("from a phone", post, old.picture("exif")))
    sent.append(old.send("without a time", post, old.picture()))
    path = "/api/camera/photo?cameraName=Front%20Door&websiteId=Caf%C3%A9%2012"
    sent.append(old.send("old client", Exchange("device", path, "PUT"), old.picture()))
    stated = {"X-Camera-Id": "gate", "X-Captured-At": "2026-05-04T06:00:00.000Z"}
    sent.append(
        old.send("stated", Exchange("device", "/api/camera/photo", "PUT", stated), old.picture())
    )
    old.alert("loss", old.name("lost", "gate"), "no-room", waiting=3)
    old.alert("loss", old.name("lost and found", "gate"), "torn")
    old.alert("quarantine", old.name("set aside", "raw"), "rejected-422", photos=1)
    old.alert("disk", old.name("disk", "shed"), "the device's disk is read-only")
    old.ask("owner", "GET", "/api/stats")
    for called in ("gate 0", "located", "clip 0", "raw 0"):
        old.ask("owner", "GET", f"/api/photos/{old.names[called]}/thumbnail")
    return sent


def _second_day(old: OldBackend) -> list[Exchange]:
    old.restart_at(BEGIN + timedelta(days=1, hours=2))  # no timer has run: that is an alert
    sent = [old.photo(f"gate later {number}", "gate", X_Waiting="0") for number in range(5)]
    sent.append(old.photo("last month", "gate", ago=timedelta(days=9), X_Trigger="schedule"))
    body, name = old.picture(), old.names["lost and found"]
    late = {"X-Photo-Id": name, "X-Clock": "synced", "X-Trigger": "motion"}
    request = Exchange("device", "/api/camera/photo", "PUT", late)
    sent.append(old.send("lost and found", request, body))
    old.alert(
        "spool-filling",
        old.name("filling", "yard"),
        "the photos take 83% of the room that they may take on the device",
        waiting=1204,
        bytes_used=830,
        bytes_allowed=1000,
    )
    old.alert("clock", old.name("clock", "gate"), "the clock is behind", seconds_behind=10920)
    old.alert("of-later", old.name("of later", "gate"), "a kind that nobody knows, with \u00e9")
    old.alert("loss", old.name("lost too", "raw"), "disk-error", waiting=7, sha256="ab" * 32)
    ids = [old.names["gate 1"], old.names["raw 1"], "gate-20260101T000000000Z-00000000"]
    old.ask("early-olga", "DELETE", f"/api/photos/{old.names['gate later 0']}", 204)
    old.ask("token-janitor", "POST", "/api/photos/delete", json={"ids": ids})
    old.ask("token-backup", "GET", f"/api/photos/{old.names['gate 2']}/content")
    old.link("early-olga", "expired", photo=old.names["gate 2"], hours=1)
    old.wait(minutes=10)
    old.ask("owner", "GET", "/api/stats")
    return sent


def _a_month_later(old: OldBackend, photos: ContainerClient) -> None:
    old.restart_at(LATER)
    old.ask("read-token", "GET", "/api/days")
    old.sign_in("owner", PASSWORDS["owner"], "owner", old.credentials["browser-owner"])
    old.ask("owner", "POST", "/api/cleanup/run")  # the clips of a month ago
    old.ask("owner", "DELETE", "/api/cameras/shed")
    missing = old.names["gate 3"]
    photos.delete_blob(f"gate/{BEGIN:%Y/%m/%d}/{missing}.jpg")  # the storage lost it
    old.ask("owner", "POST", "/api/repair/run")
    old.ask("device", "POST", "/api/photos/known", json={"ids": [missing, old.names["raw 0"]]})
    old.alert("missing", old.names["clip 1"], "its device has a receipt for it")
    old.backend.run_timer("hourly_cleanup")
    old.ask("owner", "GET", "/api/cameras")
    old.ask("owner", "DELETE", "/api/people/bert")  # and his token; his session is over


def _last_day(old: OldBackend) -> list[Exchange]:
    old.restart_at(LATER + timedelta(days=1, hours=4))
    for name in ("olga", "vera"):
        old.sign_in(name, PASSWORDS[name], name)
    old.sign_in("vera", PASSWORDS["vera"], "ended")
    old.ask("ended", "DELETE", "/api/session", 204)
    sent = [old.photo(f"gate today {number}", "gate", X_Waiting="1") for number in range(4)]
    sent += [old.photo(f"clip today {number}", "yard", "mp4") for number in range(2)]
    sent.append(old.photo("to come", "raw", "dng", ago=-timedelta(days=300), X_Clock="unsynced"))
    old.alert("loss", old.name("lost today", "yard"), "no-room", waiting=2)
    old.wait(minutes=30)
    old.backend.run_timer("weekly_repair")
    old.backend.run_timer("hourly_cleanup")
    old.ask("owner", "GET", "/api/stats")
    sent.append(old.photo("thumbnail today", "gate"))
    old.ask("olga", "DELETE", f"/api/photos/{old.names['gate today 0']}", 204)  # it is counted
    for called in ("gate 0", "older"):
        old.ask("vera", "GET", f"/api/photos/{old.names[called]}/content")
    old.ask("vera", "GET", f"/api/photos/{old.names['thumbnail today']}/thumbnail")
    _make_links(old)
    old.wait(minutes=20)
    sent.append(old.photo("just now", "gate", X_Waiting="0"))  # its count is not saved yet
    deleted = old.photo("just now deleted", "gate")
    old.ask("olga", "DELETE", f"/api/photos/{old.names['just now deleted']}", 204)
    _try_passwords(old)
    return [*sent, deleted]


def _make_links(old: OldBackend) -> None:
    span = {"camera": "gate", "from": "2026-05-01T00:00:00.000Z", "to": "2026-05-05T23:59:59.999Z"}
    located = old.names["located"]
    old.link("olga", "photo", photo=located, hours=2160)
    old.link("owner", "photo with location", photo=located, with_location=True)
    old.link("owner", "span", **span)
    old.link("token-script", "span with location", **span, with_location=True)
    old.link("owner", "revoked", photo=located)
    shares = old.ask("owner", "GET", "/api/shares")["shares"]
    key = hashlib.sha256(old.links["revoked"].encode()).hexdigest()[:32]
    assert key in {one["key"] for one in shares}, "the hash of a link's secret is another one"
    old.ask("owner", "DELETE", f"/api/shares/{key}", 204)


def _try_passwords(old: OldBackend) -> None:
    """Have a stranger guess olga's password, who then waits for some minutes more."""
    for wait in (*[0] * 5, 3, 5, 9, 17, 33, 65, 129, 257, 513):
        old.wait(seconds=wait)
        body = {"name": "olga", "password": "a wrong guess of a stranger"}
        headers = {"X-Forwarded-For": AWAY}
        old.ask("anonymous", "POST", "/api/session", 401, json=body, headers=headers)


def record_answers(old: OldBackend, sent: list[Exchange]) -> None:
    """Put on record what the backend answers. Nothing of it depends on the moment, but that lists
    are asked for before something is written that shows there."""
    old.topic = "accounts"
    for path in ("tokens", "people", "shares", "session"):
        old.record("owner", f"/api/{path}")
    old.record_pages("owner", "/api/accesses?limit=30")
    old.topic = "alerts"
    for path in ("alerts?limit=4", "alerts?camera=gate&limit=3"):
        old.record_pages("owner", f"/api/{path}")
    for path in ("alerts?kind=loss", "alerts?camera=raw&kind=loss", "alerts?camera=shed"):
        old.record("owner", f"/api/{path}")
    old.topic = "lists"
    old.record_pages("owner", "/api/photos?limit=4", is_brief=False)
    _record_lists(old)
    old.topic = "photos"
    _record_photos(old)
    old.topic = "rights"
    _record_rights(old)
    old.topic = "links"
    _record_links(old)
    old.topic = "sign-ins"
    _record_sign_ins(old)
    old.topic = "sent again"
    for request in sent:
        again = {name: getattr(request, name) for name in ("headers", "body")}
        old.record(request.who, request.path, request.method, **again)
    _record_devices(old)
    for path in ("photos?limit=200", "photos?limit=200&order=oldest", "stats", "days", "cameras"):
        old.record("owner", f"/api/{path}")  # nothing of this was stored a second time


def _record_lists(old: OldBackend) -> None:
    for path in (
        *("cameras?counts=none", "status", "cameras", "status", "stats", "stats?days=366"),
        *("stats?camera=gate", "stats?camera=shed", "days", "days?camera=gate"),
        "days?from=2026-05-01&to=2026-05-31",
    ):
        old.record("owner", f"/api/{path}")
    for path in (
        *("photos?limit=4&order=oldest", "photos?limit=5&camera=gate"),
        *("photos?limit=5&camera=gate&order=oldest", "photos?limit=5&trigger=schedule"),
        "photos?limit=6&from=2026-05-01T00:00:00Z&to=2026-05-05T12:00:00Z",
        "photos?limit=5&time_from=08:00&time_to=08:10&zone=UTC",
        "events?camera=gate&limit=5&gap=60",
    ):
        old.record_pages("owner", f"/api/{path}")


def _record_photos(old: OldBackend) -> None:
    for called, name in old.names.items():
        path = f"/api/photos/{name}"
        old.record("owner", f"{path}/content")
        if called in ("gate 0", "located", "clip 0", "raw 0", "thumbnail today", "gate 1"):
            old.record("owner", f"{path}/thumbnail")
    for called in ("gate 0", "gate 1", "clip 0", "raw 0", "older", "lost", "lost and found"):
        old.record("owner", f"/api/photos/{old.names[called]}")
    one = f"/api/photos/{old.names['raw 0']}/content"
    old.record("owner", one, headers={"Range": "bytes=10-99"})
    old.record("owner", one, method="HEAD")


def _record_rights(old: OldBackend) -> None:
    gate, raw = (f"/api/photos/{old.names[one]}" for one in ("gate 0", "raw 0"))
    for who in ("token-backup", "read-token"):
        for path in ("session", "photos?limit=2", "tokens"):
            old.record(who, f"/api/{path}")
        old.record(who, raw, method="DELETE")
    for who in ("vera", "token-wall", "token-grandchild"):
        for path in ("session", "photos?limit=200", "cameras", "stats", "days", "status", "alerts"):
            old.record(who, f"/api/{path}")
        for path in (gate, raw, f"{gate}/content", f"{raw}/content", "/api/events?camera=raw"):
            old.record(who, path)
        for path in ("tokens", "people", "shares", "accesses"):
            old.record(who, f"/api/{path}")
        old.record(who, raw, method="DELETE")
    strangers = ("anonymous", "early-vera", "early-bert", "ended", "token-revoked", "token-of-bert")
    others = ("browser-olga", "token-phone", "token-janitor", "token-script", "admin-token", "olga")
    for who in (*strangers, *others):
        old.record(who, "/api/session")
        old.record(who, "/api/photos?limit=1")


def _record_links(old: OldBackend) -> None:
    for called, secret in old.links.items():
        old.record("anonymous", f"/api/shared/{secret}")
        old.record("anonymous", f"/shared/{secret}")
        for one in ("located", "gate 0", "raw 0", "gate 1"):
            path = f"/api/shared/{secret}/{old.names[one]}/content"
            is_redacted = "location" not in called  # its bytes may change with the redaction
            old.record("anonymous", path, method="HEAD" if is_redacted else "GET")


def _record_sign_ins(old: OldBackend) -> None:
    def sign_in(name: str, password: str, who: str = "anonymous", address: str = HOME) -> None:
        body, headers = {"name": name, "password": password}, {"X-Forwarded-For": address}
        old.record(who, "/api/session", "POST", headers=headers, json=body)

    for name in ("owner", "olga", "vera", "bert"):
        sign_in(name, PASSWORDS[name])
    sign_in("owner", SECRETS["password"])  # it was changed
    sign_in("olga", PASSWORDS["vera"])
    sign_in("olga", PASSWORDS["olga"], address=AWAY)  # a stranger guesses from there
    sign_in("olga", PASSWORDS["olga"], "browser-olga", AWAY)  # whose own count is that of theirs
    sign_in("vera", PASSWORDS["vera"], address=AWAY)


def _record_devices(old: OldBackend) -> None:
    ids = list(old.names.values())
    old.record("device", "/api/photos/known", "POST", json={"ids": ids})
    other = hashlib.sha256(body := old.picture()).hexdigest()
    old.bodies[other] = body
    for called in ("gate 0", "gate 1", "gate later 0"):  # an id with other bytes
        headers = {"X-Photo-Id": old.names[called]}
        old.record("device", "/api/camera/photo", "PUT", headers=headers, body=other)
    for kind, called in (
        *(("loss", "lost"), ("loss", "lost and found"), ("loss", "gate 0"), ("loss", "gate 1")),
        *(("disk", "disk"), ("clock", "clock"), ("missing", "gate 3")),
    ):
        if called != "disk":  # whose camera was removed: that would be a new alert
            alert = {"id": old.names[called], "kind": kind, "reason": "repeated", "details": {}}
            old.record("device", "/api/alerts", "POST", json={"alerts": [alert]})


def record(code: Path, folder: Path) -> None:
    """Record the version in `code` into a new folder."""
    with tempfile.TemporaryDirectory() as scratch, Azurite() as azurite:
        backend = ClockedBackend(
            azurite.connection_string,
            log=Path(scratch) / "log",
            **SECRETS,  # type: ignore[arg-type]  # these are fields that are texts
            env={"RETENTION": RETENTION},
            code=code,
            folder=Path(scratch),
        )
        old = OldBackend(backend)
        photos = ContainerClient.from_connection_string(azurite.connection_string, "photos")
        try:
            sent = write_store(old, photos)
            backend.stop()
            store, now = dump(azurite.connection_string), old.now
            old.restart_at(now + timedelta(seconds=1))
            # What retention deleted would be stored again, with another moment of arrival.
            removed = {old.names[called] for called in ("clip 0", "clip 1", "clip 2", "gate 3")}
            expired = [one for one in sent if one.headers.get("X-Photo-Id") in removed]
            again = [one for one in sent if one not in expired]
            record_answers(old, again)
        finally:
            backend.stop()
    facts = {
        "now": old.now.isoformat(),
        "retention": RETENTION,
        "settings": SECRETS,
        "passwords": PASSWORDS,
        "secrets": sorted(set(old.secrets)),
        "credentials": old.credentials,
        "photos": old.names,
        "links": old.links,
        "removed": {one.headers["X-Photo-Id"]: one.body for one in expired},
    }
    bodies = {**old.bodies, **store.bodies}
    write(replace(store, bodies=bodies, exchanges=old.exchanges, facts=facts), folder)


if __name__ == "__main__":
    main("store", record)
